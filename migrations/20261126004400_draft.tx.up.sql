-- Scenarios that authors write on the site.
CREATE TABLE scenario_draft (
  id           TEXT NOT NULL PRIMARY KEY,
  owner_id     TEXT REFERENCES person (id) ON DELETE SET NULL, -- NULL when they have left: those who write along go on
  title        TEXT NOT NULL,
  course_key   TEXT NOT NULL,            -- where it comes from or was published, or ''
  activity_key TEXT NOT NULL,
  source       TEXT NOT NULL,            -- the file, as of the newest revision
  version      {{.Int}} NOT NULL,        -- the newest revision's number
  page         TEXT NOT NULL,            -- the page load that wrote it, see internal/draft
  n            {{.Int}} NOT NULL,
  created_at   {{.Time}} NOT NULL,
  saved_at     {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX scenario_draft_owner ON scenario_draft (owner_id);
--bun:split
-- Who writes along.
CREATE TABLE scenario_draft_author (
  draft_id  TEXT NOT NULL REFERENCES scenario_draft (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  PRIMARY KEY (draft_id, person_id)
){{.Strict}};
--bun:split
CREATE INDEX scenario_draft_author_person ON scenario_draft_author (person_id);
--bun:split
CREATE TABLE scenario_draft_revision (
  draft_id  TEXT NOT NULL REFERENCES scenario_draft (id) ON DELETE CASCADE,
  number    {{.Int}} NOT NULL,           -- from 1
  source    TEXT NOT NULL,
  author_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  note      TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('saved', 'restored', 'aside', 'published')),
  page      TEXT NOT NULL,               -- the page load that wrote it
  came_from {{.Int}} NOT NULL,           -- restored and aside: the revision that it was made from; else 0
  saved_at  {{.Time}} NOT NULL,
  PRIMARY KEY (draft_id, number)
){{.Strict}};
--bun:split
CREATE INDEX scenario_draft_revision_author ON scenario_draft_revision (author_id);
