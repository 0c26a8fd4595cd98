-- What a learner writes for themselves: one row a person and a reflection. Nobody else reads it.
CREATE TABLE reflection (
  id            TEXT NOT NULL PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key    TEXT NOT NULL,
  activity_key  TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  body          TEXT NOT NULL,
  words         {{.Int}} NOT NULL,
  answer        TEXT NOT NULL,
  submitted_at  {{.Time}},
  version       {{.Int}} NOT NULL,
  page          TEXT NOT NULL,
  n             {{.Int}} NOT NULL,
  created_at    {{.Time}} NOT NULL,
  saved_at      {{.Time}} NOT NULL,
  kept_at       {{.Time}} NOT NULL,
  UNIQUE (person_id, course_key, activity_key),
  CHECK (version > 0)
){{.Strict}};
--bun:split
-- Older texts, and texts of a page that another one had overtaken.
CREATE TABLE reflection_kept (
  id            TEXT NOT NULL PRIMARY KEY,
  reflection_id TEXT NOT NULL REFERENCES reflection (id) ON DELETE CASCADE,
  why           TEXT NOT NULL CHECK (why IN ('submitted', 'replaced', 'clash', 'claimed')),
  body          TEXT NOT NULL,
  words         {{.Int}} NOT NULL,
  page          TEXT NOT NULL,
  at            {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX reflection_kept_of ON reflection_kept (reflection_id, at);
--bun:split
-- A page that goes on autosaving after it was overtaken keeps one text, not hundreds.
CREATE UNIQUE INDEX reflection_kept_clash ON reflection_kept (reflection_id, page) WHERE why = 'clash';
