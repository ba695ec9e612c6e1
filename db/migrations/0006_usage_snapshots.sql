CREATE TABLE "usage_snapshots" (
	"day" date NOT NULL,
	"level" text NOT NULL,
	"node_id" uuid NOT NULL,
	"site" text NOT NULL,
	"parent_id" uuid NOT NULL,
	"cpu_limit" bigint NOT NULL,
	"cpu_granted" bigint NOT NULL,
	"cpu_used" bigint NOT NULL,
	"ram_gb_limit" bigint NOT NULL,
	"ram_gb_granted" bigint NOT NULL,
	"ram_gb_used" bigint NOT NULL,
	CONSTRAINT "usage_snapshots_pkey" PRIMARY KEY("level","day","node_id","site")
);
--> statement-breakpoint
CREATE INDEX "usage_snapshots_node_id_day_idx" ON "usage_snapshots" USING btree ("node_id","day");