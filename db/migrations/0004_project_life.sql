ALTER TABLE "project_operations" ADD COLUMN "before" jsonb;--> statement-breakpoint
ALTER TABLE "project_operations" ADD COLUMN "after" jsonb;--> statement-breakpoint
-- Until now every operation provisioned, and two of its states had names that fit nothing else.
UPDATE "project_operations" o SET
  "after" = jsonb_build_object('sla', p."sla_type", 'tier', p."performance_tier", 'cpu', p."cpu", 'ram_gb', p."ram_gb"),
  "state" = CASE o."state" WHEN 'reserved' THEN 'requested' WHEN 'removed' THEN 'undone' ELSE o."state" END
FROM "projects" p WHERE p."id" = o."project_id";--> statement-breakpoint
ALTER TABLE "project_operations" ADD CONSTRAINT "project_operations_before_and_after" CHECK (("project_operations"."kind" = 'provision') = ("project_operations"."before" is null) and ("project_operations"."kind" = 'decommission') = ("project_operations"."after" is null));
