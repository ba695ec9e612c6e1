-- Tells every replica that something happened, and where, when the transaction commits. What happened is then read.
CREATE FUNCTION notify_project_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('infrahub', json_build_object(
    'on', 'project_event', 'project_id', p.id,
    'field_id', d.field_id, 'department_id', d.id, 'team_id', t.id)::text)
  FROM (SELECT DISTINCT project_id FROM added) a
  JOIN projects p ON p.id = a.project_id
  JOIN teams t ON t.id = p.team_id
  JOIN departments d ON d.id = t.department_id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER project_events_notify AFTER INSERT ON project_events
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION notify_project_events();
--> statement-breakpoint
CREATE FUNCTION notify_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('infrahub', json_build_object(
    'on', 'audit_event', 'target_type', a.target_type,
    'field_id', a.field_id, 'department_id', a.department_id, 'team_id', a.team_id)::text)
  FROM (SELECT DISTINCT target_type, field_id, department_id, team_id FROM added) a;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_events_notify AFTER INSERT ON audit_events
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION notify_audit_events();
