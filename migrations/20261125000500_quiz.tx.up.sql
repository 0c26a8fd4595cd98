-- One row an attempt at a quiz, from its start to its result. Attempts are kept as long as their person.
CREATE TABLE quiz_attempt (
  id            TEXT NOT NULL PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key    TEXT NOT NULL,
  activity_key  TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  activity_hash TEXT NOT NULL,
  client        TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('open', 'submitted', 'aside')),
  seed          {{.Int}} NOT NULL,
  answers       TEXT NOT NULL,
  saves         {{.Int}} NOT NULL,
  started_at    {{.Time}} NOT NULL,
  saved_at      {{.Time}},
  submitted_at  {{.Time}},
  score         {{.Int}} NOT NULL,
  total         {{.Int}} NOT NULL,
  passed        {{.Bool}} NOT NULL,
  UNIQUE (person_id, client),
  CHECK (score >= 0 AND score <= total),
  CHECK ((state = 'submitted') = (submitted_at IS NOT NULL))
){{.Strict}};
--bun:split
-- The start of every list of a person's attempts.
CREATE INDEX quiz_attempt_place ON quiz_attempt (person_id, course_key, activity_key, started_at);
--bun:split
-- One open attempt for a person and a quiz, on however many devices.
CREATE UNIQUE INDEX quiz_attempt_open ON quiz_attempt (person_id, course_key, activity_key) WHERE state = 'open';
