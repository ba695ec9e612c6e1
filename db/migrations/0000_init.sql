CREATE TABLE "audit_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target_type" text NOT NULL,
	"target_id" text NOT NULL,
	"target_name" text NOT NULL,
	"field_id" uuid,
	"department_id" uuid,
	"team_id" uuid,
	"before" jsonb,
	"after" jsonb,
	"request_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"subject" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"ends_at" timestamp(3) with time zone NOT NULL,
	"revoked_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "centers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "centers_name_key" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "departments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"field_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "departments_field_id_name_key" UNIQUE("field_id","name")
);
--> statement-breakpoint
CREATE TABLE "fields" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"center_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "fields_center_id_name_key" UNIQUE("center_id","name")
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"department_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "teams_department_id_name_key" UNIQUE("department_id","name")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"actor" text NOT NULL,
	"procedure" text NOT NULL,
	"key" text NOT NULL,
	"input_hash" text NOT NULL,
	"result" jsonb,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("actor","procedure","key")
);
--> statement-breakpoint
CREATE TABLE "replicas" (
	"id" uuid PRIMARY KEY NOT NULL,
	"worker_ids" text[] NOT NULL,
	"seen_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "project_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"seq" bigserial NOT NULL,
	"project_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"message" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"request_id" uuid NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "project_events_seq_key" UNIQUE("seq")
);
--> statement-breakpoint
CREATE TABLE "project_operations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"commit_sha" text,
	"reason" text,
	"request_id" uuid NOT NULL,
	"asked_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"team_id" uuid NOT NULL,
	"name" text NOT NULL,
	"namespace_name" text NOT NULL,
	"site" text NOT NULL,
	"sla_type" text NOT NULL,
	"performance_tier" text NOT NULL,
	"cpu" integer NOT NULL,
	"ram_gb" integer NOT NULL,
	"status" text NOT NULL,
	"status_reason" text,
	"created_by" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_size_positive" CHECK ("projects"."cpu" > 0 and "projects"."ram_gb" > 0)
);
--> statement-breakpoint
CREATE TABLE "department_quota_allocations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"department_id" uuid NOT NULL,
	"site" text NOT NULL,
	"cpu_limit" integer NOT NULL,
	"ram_gb_limit" integer NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "department_quota_allocations_department_id_site_key" UNIQUE("department_id","site"),
	CONSTRAINT "department_quota_allocations_limit_not_negative" CHECK ("department_quota_allocations"."cpu_limit" >= 0 and "department_quota_allocations"."ram_gb_limit" >= 0)
);
--> statement-breakpoint
CREATE TABLE "quota_ledger" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"team_quota_id" uuid NOT NULL,
	"project_id" uuid NOT NULL,
	"operation_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"cpu" integer NOT NULL,
	"ram_gb" integer NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "quota_ledger_operation_id_kind_key" UNIQUE("operation_id","kind")
);
--> statement-breakpoint
CREATE TABLE "team_quota_allocations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"team_id" uuid NOT NULL,
	"site" text NOT NULL,
	"cpu_limit" integer NOT NULL,
	"ram_gb_limit" integer NOT NULL,
	"cpu_used" integer DEFAULT 0 NOT NULL,
	"ram_gb_used" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "team_quota_allocations_team_id_site_key" UNIQUE("team_id","site"),
	CONSTRAINT "team_quota_allocations_cpu_not_overdrawn" CHECK (0 <= "team_quota_allocations"."cpu_used" and "team_quota_allocations"."cpu_used" <= "team_quota_allocations"."cpu_limit"),
	CONSTRAINT "team_quota_allocations_ram_not_overdrawn" CHECK (0 <= "team_quota_allocations"."ram_gb_used" and "team_quota_allocations"."ram_gb_used" <= "team_quota_allocations"."ram_gb_limit")
);
--> statement-breakpoint
CREATE TABLE "field_server_allocations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"field_id" uuid NOT NULL,
	"server_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "field_server_allocations_server_id_key" UNIQUE("server_id")
);
--> statement-breakpoint
CREATE TABLE "servers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"site" text NOT NULL,
	"cpu" integer NOT NULL,
	"ram_gb" integer NOT NULL,
	"performance_tier" text NOT NULL,
	"status" text NOT NULL,
	"last_seen_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "servers_name_key" UNIQUE("name"),
	CONSTRAINT "servers_size_positive" CHECK ("servers"."cpu" > 0 and "servers"."ram_gb" > 0)
);
--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"trigger" text NOT NULL,
	"requested_by" text NOT NULL,
	"request_id" uuid NOT NULL,
	"outcome" text NOT NULL,
	"synced" integer DEFAULT 0 NOT NULL,
	"updated" integer DEFAULT 0 NOT NULL,
	"marked_offline" integer DEFAULT 0 NOT NULL,
	"withheld_offline" integer DEFAULT 0 NOT NULL,
	"quarantined" integer DEFAULT 0 NOT NULL,
	"quarantined_rows" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" text,
	"confirmed_at" timestamp(3) with time zone,
	"confirmed_by" text,
	"started_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp(3) with time zone,
	"duration_ms" integer
);
--> statement-breakpoint
ALTER TABLE "departments" ADD CONSTRAINT "departments_field_id_fields_id_fk" FOREIGN KEY ("field_id") REFERENCES "public"."fields"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fields" ADD CONSTRAINT "fields_center_id_centers_id_fk" FOREIGN KEY ("center_id") REFERENCES "public"."centers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_department_id_departments_id_fk" FOREIGN KEY ("department_id") REFERENCES "public"."departments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_events" ADD CONSTRAINT "project_events_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_operations" ADD CONSTRAINT "project_operations_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "department_quota_allocations" ADD CONSTRAINT "department_quota_allocations_department_id_departments_id_fk" FOREIGN KEY ("department_id") REFERENCES "public"."departments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_quota_allocations" ADD CONSTRAINT "team_quota_allocations_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "field_server_allocations" ADD CONSTRAINT "field_server_allocations_field_id_fields_id_fk" FOREIGN KEY ("field_id") REFERENCES "public"."fields"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "field_server_allocations" ADD CONSTRAINT "field_server_allocations_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_at_idx" ON "audit_events" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_events_field_id_idx" ON "audit_events" USING btree ("field_id","at");--> statement-breakpoint
CREATE INDEX "audit_events_department_id_idx" ON "audit_events" USING btree ("department_id","at");--> statement-breakpoint
CREATE INDEX "audit_events_team_id_idx" ON "audit_events" USING btree ("team_id","at");--> statement-breakpoint
CREATE INDEX "audit_events_target_id_idx" ON "audit_events" USING btree ("target_id","at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "project_events_project_id_seq_idx" ON "project_events" USING btree ("project_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "project_operations_one_open_key" ON "project_operations" USING btree ("project_id") WHERE "project_operations"."state" not in ('succeeded', 'failed');--> statement-breakpoint
CREATE INDEX "project_operations_open_idx" ON "project_operations" USING btree ("state","created_at") WHERE "project_operations"."state" not in ('succeeded', 'failed');--> statement-breakpoint
CREATE UNIQUE INDEX "projects_namespace_name_key" ON "projects" USING btree ("namespace_name") WHERE "projects"."status" <> 'decommissioned';--> statement-breakpoint
CREATE UNIQUE INDEX "projects_team_id_name_key" ON "projects" USING btree ("team_id","name") WHERE "projects"."status" <> 'decommissioned';--> statement-breakpoint
CREATE INDEX "projects_team_id_site_idx" ON "projects" USING btree ("team_id","site");--> statement-breakpoint
CREATE INDEX "projects_created_at_idx" ON "projects" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "quota_ledger_team_quota_id_idx" ON "quota_ledger" USING btree ("team_quota_id","at","id");--> statement-breakpoint
CREATE INDEX "field_server_allocations_field_id_idx" ON "field_server_allocations" USING btree ("field_id");--> statement-breakpoint
CREATE INDEX "servers_site_name_idx" ON "servers" USING btree ("site","name");--> statement-breakpoint
CREATE INDEX "sync_runs_started_at_idx" ON "sync_runs" USING btree ("started_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_running_key" ON "sync_runs" USING btree ("outcome") WHERE "sync_runs"."outcome" = 'running';