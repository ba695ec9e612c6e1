CREATE TABLE "drift_checks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"checked_at" timestamp(3) with time zone NOT NULL,
	"total" integer NOT NULL,
	"findings" jsonb NOT NULL,
	"unreadable" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drift_mends" (
	"finding_id" text PRIMARY KEY NOT NULL,
	"finding" jsonb NOT NULL,
	"state" text NOT NULL,
	"waiting" text,
	"requested_by" text NOT NULL,
	"request_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "drift_checks_checked_at_idx" ON "drift_checks" USING btree ("checked_at" DESC NULLS LAST);