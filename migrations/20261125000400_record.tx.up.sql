CREATE TABLE learning_event (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('done', 'completed')),
  cycle {{.Int}} NOT NULL CHECK (cycle >= 1),
  delivery_id TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  data TEXT NOT NULL,
  at {{.Time}} NOT NULL,
  UNIQUE (person_id, course_key, activity_key, kind, cycle)
){{.Strict}};

--bun:split
-- Events are append-only. They go only with their person: the cascade runs after the person's row is gone.
{{if .SQLite}}
CREATE TRIGGER learning_event_no_update BEFORE UPDATE ON learning_event
BEGIN
  SELECT RAISE(ABORT, 'learning_event is append-only');
END;

--bun:split
CREATE TRIGGER learning_event_no_delete BEFORE DELETE ON learning_event
WHEN EXISTS (SELECT 1 FROM person WHERE id = OLD.person_id)
BEGIN
  SELECT RAISE(ABORT, 'learning_event is append-only');
END;
{{else}}
CREATE FUNCTION learning_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM person WHERE id = OLD.person_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'learning_event is append-only';
END;
$$;

--bun:split
CREATE TRIGGER learning_event_guard BEFORE UPDATE OR DELETE ON learning_event
FOR EACH ROW EXECUTE FUNCTION learning_event_guard();

--bun:split
CREATE TRIGGER learning_event_no_truncate BEFORE TRUNCATE ON learning_event
FOR EACH STATEMENT EXECUTE FUNCTION learning_event_guard();
{{end}}

--bun:split
CREATE TABLE progress (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  states TEXT NOT NULL,
  events {{.Int}} NOT NULL,
  completed_at {{.Time}},
  updated_at {{.Time}} NOT NULL,
  PRIMARY KEY (person_id, course_key)
){{.Strict}};
