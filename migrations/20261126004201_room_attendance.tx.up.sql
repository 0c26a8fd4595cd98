-- Attendance of live workshops: when people were in the room, what trainers corrected, and what counts.
ALTER TABLE room ADD COLUMN cohort_id TEXT NOT NULL DEFAULT ''; -- whose people are expected; '' nobody's
--bun:split
ALTER TABLE room ADD COLUMN need {{.Int}} NOT NULL DEFAULT 75 CHECK (need BETWEEN 1 AND 100); -- percent of the minutes
--bun:split
ALTER TABLE room ADD COLUMN entered_at {{.Time}}; -- when attendance was entered into the record first
--bun:split
ALTER TABLE room_participant ADD COLUMN span_id TEXT NOT NULL DEFAULT ''; -- the span that goes on
--bun:split
ALTER TABLE room_participant ADD COLUMN how TEXT NOT NULL DEFAULT 'page'; -- of the last sign of life
--bun:split
CREATE TABLE room_span (
  id             TEXT NOT NULL PRIMARY KEY,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  how            TEXT NOT NULL CHECK (how IN ('socket', 'poll', 'page')), -- of its last sign of life
  came_at        {{.Time}} NOT NULL,
  left_at        {{.Time}} NOT NULL -- the last sign of life
){{.Strict}};
--bun:split
CREATE INDEX room_span_participant ON room_span (participant_id);
--bun:split
-- What a trainer says instead of the spans, which stay. The newest counts. Who said it is in the audit log.
CREATE TABLE room_correction (
  id             TEXT NOT NULL PRIMARY KEY,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  at             {{.Time}} NOT NULL,
  minutes        {{.Int}} NOT NULL,
  reason         TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX room_correction_participant ON room_correction (participant_id);
