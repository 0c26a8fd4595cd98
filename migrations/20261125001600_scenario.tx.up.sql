-- One row a run of a scenario, from its start to its ending. It stays on the revision it began with.
CREATE TABLE scenario_run (
  id            TEXT NOT NULL PRIMARY KEY,
  person_id     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key    TEXT NOT NULL,
  activity_key  TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  delivery_id   TEXT NOT NULL,          -- '' when it began in none
  client        TEXT NOT NULL,          -- id of the form that began it
  state         TEXT NOT NULL CHECK (state IN ('open', 'finished', 'aside')),
  seed          {{.Int}} NOT NULL,
  timing        TEXT NOT NULL CHECK (timing IN ('on', 'long', 'off')),
  first         {{.Bool}} NOT NULL,     -- the person's first: what others may be told of
  replay_of     TEXT NOT NULL,          -- the run whose first moves it took over, or ''
  ending        TEXT NOT NULL,          -- '' while open
  started_at    {{.Time}} NOT NULL,
  finished_at   {{.Time}},
  UNIQUE (person_id, client),
  CHECK ((state = 'finished') = (finished_at IS NOT NULL))
){{.Strict}};
--bun:split
-- The start of every look at a person's runs.
CREATE INDEX scenario_run_place ON scenario_run (person_id, course_key, activity_key, started_at);
--bun:split
-- One open run for a person and a scenario, on however many devices.
CREATE UNIQUE INDEX scenario_run_open ON scenario_run (person_id, course_key, activity_key) WHERE state = 'open';
--bun:split
-- One first run, so that nobody counts twice in what others chose.
CREATE UNIQUE INDEX scenario_run_first ON scenario_run (person_id, course_key, activity_key) WHERE first;
--bun:split
CREATE INDEX scenario_run_others ON scenario_run (course_key, activity_key, finished_at);
--bun:split
-- Every move of a run, in order; append-only. Where a run stands is what its moves make of its seed.
CREATE TABLE scenario_event (
  run_id  TEXT NOT NULL REFERENCES scenario_run (id) ON DELETE CASCADE,
  number  {{.Int}} NOT NULL,            -- from 1
  kind    TEXT NOT NULL,                -- chose, silent, replied, continued, back
  passage TEXT NOT NULL,
  choice  TEXT NOT NULL,
  points  {{.Int}} NOT NULL,
  meters  TEXT NOT NULL,                -- after the move, as JSON
  at      {{.Time}} NOT NULL,
  PRIMARY KEY (run_id, number)
){{.Strict}};
--bun:split
-- A text written at a reply. It is a draft until it is sent, then its writer marks it.
CREATE TABLE scenario_reply (
  id           TEXT NOT NULL PRIMARY KEY,
  run_id       TEXT NOT NULL REFERENCES scenario_run (id) ON DELETE CASCADE,
  person_id    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key   TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  delivery_id  TEXT NOT NULL,
  passage      TEXT NOT NULL,
  number       {{.Int}} NOT NULL,       -- moves made before it
  state        TEXT NOT NULL CHECK (state IN ('draft', 'sent', 'marked')),
  body         TEXT NOT NULL,
  words        {{.Int}} NOT NULL,
  marks        TEXT NOT NULL,           -- the writer's own, as JSON: criterion, level
  total        {{.Int}} NOT NULL,
  peers        {{.Int}} NOT NULL,       -- how many others are asked; 0: nobody
  version      {{.Int}} NOT NULL,
  page         TEXT NOT NULL,
  n            {{.Int}} NOT NULL,
  saved_at     {{.Time}} NOT NULL,
  marked_at    {{.Time}},
  due_at       {{.Time}},               -- then nobody waits for others any more
  closed_at    {{.Time}},               -- a trainer closed it earlier
  reported_at  {{.Time}},               -- somebody thinks that others should not see it
  UNIQUE (run_id, number)
){{.Strict}};
--bun:split
CREATE INDEX scenario_reply_pool ON scenario_reply (course_key, activity_key, passage, delivery_id, marked_at);
--bun:split
CREATE INDEX scenario_reply_person ON scenario_reply (person_id);
--bun:split
-- What somebody else thinks of a reply. Who has gone leaves their review without a name.
CREATE TABLE scenario_review (
  id          TEXT NOT NULL PRIMARY KEY,
  reply_id    TEXT NOT NULL REFERENCES scenario_reply (id) ON DELETE CASCADE,
  reviewer_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('peer', 'trainer')),
  marks       TEXT NOT NULL,
  total       {{.Int}} NOT NULL,
  comment     TEXT NOT NULL,
  assigned_at {{.Time}} NOT NULL,
  due_at      {{.Time}} NOT NULL,       -- an unfinished peer's place is free again then
  done_at     {{.Time}},
  UNIQUE (reply_id, reviewer_id, kind)
){{.Strict}};
--bun:split
CREATE INDEX scenario_review_reviewer ON scenario_review (reviewer_id);
