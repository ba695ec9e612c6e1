-- Half of each page stays free, so that a sync that changes every server writes no index: the new row fits beside the old one.
ALTER TABLE "servers" SET (fillfactor = 50);
