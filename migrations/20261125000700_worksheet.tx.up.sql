-- A form that a learner fills for their own work: one row a person and a worksheet. Answers and checks are JSON.
CREATE TABLE worksheet (
  id            TEXT NOT NULL PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key    TEXT NOT NULL,
  activity_key  TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  answers       TEXT NOT NULL,
  checks        TEXT NOT NULL,
  named         {{.Bool}} NOT NULL,
  finished_at   {{.Time}},
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
-- Older states, and states of a page that another one had overtaken.
CREATE TABLE worksheet_kept (
  id           TEXT NOT NULL PRIMARY KEY,
  worksheet_id TEXT NOT NULL REFERENCES worksheet (id) ON DELETE CASCADE,
  why          TEXT NOT NULL CHECK (why IN ('finished', 'replaced', 'clash', 'claimed')),
  answers      TEXT NOT NULL,
  page         TEXT NOT NULL,
  at           {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX worksheet_kept_of ON worksheet_kept (worksheet_id, at);
--bun:split
-- A page that goes on autosaving after it was overtaken keeps one state, not hundreds.
CREATE UNIQUE INDEX worksheet_kept_clash ON worksheet_kept (worksheet_id, page) WHERE why = 'clash';
