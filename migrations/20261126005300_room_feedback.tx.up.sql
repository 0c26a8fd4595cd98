-- What people say about a workshop afterwards. As with anonymous items, that somebody has answered and what was said are kept
-- apart, without times, and written anew in no order with each answer (internal/room/feedback.go).
CREATE TABLE room_feedback (
  room_id        TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  PRIMARY KEY (room_id, participant_id)
){{.Strict}};
--bun:split
CREATE INDEX room_feedback_participant ON room_feedback (participant_id);
--bun:split
-- How many gave a question each value.
CREATE TABLE room_rating (
  room_id  TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  question TEXT NOT NULL,
  value    {{.Int}} NOT NULL CHECK (value BETWEEN 1 AND 5),
  n        {{.Int}} NOT NULL,
  PRIMARY KEY (room_id, question, value)
){{.Strict}};
--bun:split
CREATE TABLE room_remark (
  id      TEXT NOT NULL PRIMARY KEY,     -- random
  room_id TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  body    TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX room_remark_room ON room_remark (room_id);
