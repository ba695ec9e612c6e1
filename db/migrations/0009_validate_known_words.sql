-- Reads the tables that only grow, and keeps nobody from reading or writing them: VALIDATE takes SHARE UPDATE EXCLUSIVE.
ALTER TABLE "audit_events" VALIDATE CONSTRAINT "audit_events_action_words";--> statement-breakpoint
ALTER TABLE "project_events" VALIDATE CONSTRAINT "project_events_kind_known";--> statement-breakpoint
ALTER TABLE "quota_ledger" VALIDATE CONSTRAINT "quota_ledger_kind_known", VALIDATE CONSTRAINT "quota_ledger_reserve_takes", VALIDATE CONSTRAINT "quota_ledger_release_gives_back";--> statement-breakpoint
ALTER TABLE "usage_snapshots" VALIDATE CONSTRAINT "usage_snapshots_level_known";
