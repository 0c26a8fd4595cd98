-- Decisions about a person's record (seen to be done, waived, recognised; taken back) are events of kinds of their own.
-- Which kinds there are is the record's business, so the CHECK goes. SQLite cannot drop one, so there the table is
-- copied; no other table refers to it, and dropping a table runs no trigger.
{{if .SQLite}}
CREATE TABLE learning_event_new (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind <> ''),
  cycle {{.Int}} NOT NULL CHECK (cycle >= 1),
  delivery_id TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  data TEXT NOT NULL,
  at {{.Time}} NOT NULL,
  UNIQUE (person_id, course_key, activity_key, kind, cycle)
){{.Strict}};

--bun:split
INSERT INTO learning_event_new (id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at)
  SELECT id, person_id, course_key, activity_key, kind, cycle, delivery_id, revision_hash, data, at FROM learning_event;

--bun:split
DROP TABLE learning_event;

--bun:split
ALTER TABLE learning_event_new RENAME TO learning_event;

--bun:split
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
ALTER TABLE learning_event
  DROP CONSTRAINT learning_event_kind_check,
  ADD CONSTRAINT learning_event_kind_check CHECK (kind <> '');
{{end}}

--bun:split
-- Which steps count by a decision, and how many events are no step of their own: what a desk counts by.
ALTER TABLE progress ADD COLUMN decided TEXT NOT NULL DEFAULT '{}';

--bun:split
ALTER TABLE progress ADD COLUMN beside {{.Int}} NOT NULL DEFAULT 0;

--bun:split
UPDATE progress SET beside = 1 WHERE completed_at IS NOT NULL;
