ALTER TABLE "project_operations" ADD COLUMN "waiting_for" text;--> statement-breakpoint
ALTER TABLE "project_operations" ADD COLUMN "waiting_since" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "project_operations" ADD COLUMN "waiting_reason" text;--> statement-breakpoint
CREATE INDEX "project_operations_project_id_idx" ON "project_operations" USING btree ("project_id","created_at");