ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_action_words" CHECK ("audit_events"."action" ~ '^[a-z_]+[.][a-z_]+$') NOT VALID;--> statement-breakpoint
ALTER TABLE "drift_mends" ADD CONSTRAINT "drift_mends_state_known" CHECK ("drift_mends"."state" in ('requested', 'written', 'done')) NOT VALID;--> statement-breakpoint
ALTER TABLE "project_events" ADD CONSTRAINT "project_events_kind_known" CHECK ("project_events"."kind" in ('reserved', 'resizing', 'decommissioning', 'committed', 'removed', 'syncing', 'waiting', 'healthy', 'resized', 'failing', 'failed', 'restored', 'decommissioned')) NOT VALID;--> statement-breakpoint
ALTER TABLE "project_operations" ADD CONSTRAINT "project_operations_kind_known" CHECK ("project_operations"."kind" in ('provision', 'resize', 'decommission')) NOT VALID;--> statement-breakpoint
ALTER TABLE "project_operations" ADD CONSTRAINT "project_operations_state_known" CHECK ("project_operations"."state" in ('requested', 'committed', 'syncing', 'undoing', 'undone', 'succeeded', 'failed')) NOT VALID;--> statement-breakpoint
ALTER TABLE "project_operations" ADD CONSTRAINT "project_operations_waiting_for_known" CHECK ("project_operations"."waiting_for" in ('git', 'values_file', 'argocd', 'sync_window', 'operation')) NOT VALID;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_sla_type_known" CHECK ("projects"."sla_type" in ('bronze', 'silver', 'gold')) NOT VALID;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_performance_tier_known" CHECK ("projects"."performance_tier" in ('regular', 'high_performance')) NOT VALID;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_status_known" CHECK ("projects"."status" in ('provisioning', 'active', 'updating', 'rolling_back', 'failed', 'decommissioning', 'decommissioned')) NOT VALID;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_namespace_name_label" CHECK ("projects"."namespace_name" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$') NOT VALID;--> statement-breakpoint
ALTER TABLE "quota_ledger" ADD CONSTRAINT "quota_ledger_kind_known" CHECK ("quota_ledger"."kind" in ('reserve', 'adjust', 'release')) NOT VALID;--> statement-breakpoint
ALTER TABLE "quota_ledger" ADD CONSTRAINT "quota_ledger_reserve_takes" CHECK ("quota_ledger"."kind" <> 'reserve' or ("quota_ledger"."cpu" >= 0 and "quota_ledger"."ram_gb" >= 0)) NOT VALID;--> statement-breakpoint
ALTER TABLE "quota_ledger" ADD CONSTRAINT "quota_ledger_release_gives_back" CHECK ("quota_ledger"."kind" <> 'release' or ("quota_ledger"."cpu" <= 0 and "quota_ledger"."ram_gb" <= 0)) NOT VALID;--> statement-breakpoint
ALTER TABLE "usage_snapshots" ADD CONSTRAINT "usage_snapshots_level_known" CHECK ("usage_snapshots"."level" in ('field', 'department', 'team')) NOT VALID;--> statement-breakpoint
ALTER TABLE "servers" ADD CONSTRAINT "servers_performance_tier_known" CHECK ("servers"."performance_tier" in ('regular', 'high_performance')) NOT VALID;--> statement-breakpoint
ALTER TABLE "servers" ADD CONSTRAINT "servers_status_known" CHECK ("servers"."status" in ('online', 'offline')) NOT VALID;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_trigger_known" CHECK ("sync_runs"."trigger" in ('schedule', 'manual', 'confirmation')) NOT VALID;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_outcome_known" CHECK ("sync_runs"."outcome" in ('running', 'succeeded', 'withheld', 'failed')) NOT VALID;--> statement-breakpoint
-- Not those of the tables that only grow: the next version validates them, in a migration of its own that locks nobody out.
ALTER TABLE "drift_mends" VALIDATE CONSTRAINT "drift_mends_state_known";--> statement-breakpoint
ALTER TABLE "project_operations" VALIDATE CONSTRAINT "project_operations_kind_known";--> statement-breakpoint
ALTER TABLE "project_operations" VALIDATE CONSTRAINT "project_operations_state_known";--> statement-breakpoint
ALTER TABLE "project_operations" VALIDATE CONSTRAINT "project_operations_waiting_for_known";--> statement-breakpoint
ALTER TABLE "projects" VALIDATE CONSTRAINT "projects_sla_type_known";--> statement-breakpoint
ALTER TABLE "projects" VALIDATE CONSTRAINT "projects_performance_tier_known";--> statement-breakpoint
ALTER TABLE "projects" VALIDATE CONSTRAINT "projects_status_known";--> statement-breakpoint
ALTER TABLE "projects" VALIDATE CONSTRAINT "projects_namespace_name_label";--> statement-breakpoint
ALTER TABLE "servers" VALIDATE CONSTRAINT "servers_performance_tier_known";--> statement-breakpoint
ALTER TABLE "servers" VALIDATE CONSTRAINT "servers_status_known";--> statement-breakpoint
ALTER TABLE "sync_runs" VALIDATE CONSTRAINT "sync_runs_trigger_known";--> statement-breakpoint
ALTER TABLE "sync_runs" VALIDATE CONSTRAINT "sync_runs_outcome_known";