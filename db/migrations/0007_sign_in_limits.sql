CREATE TABLE "sign_in_limits" (
	"account" text NOT NULL,
	"address" text NOT NULL,
	"tries" integer NOT NULL,
	"tried_at" timestamp(3) with time zone NOT NULL,
	"next_at" timestamp(3) with time zone,
	"refused" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "sign_in_limits_pkey" PRIMARY KEY("account","address")
);
