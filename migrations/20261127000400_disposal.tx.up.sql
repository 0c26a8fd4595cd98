-- How long a kind of record is kept; a kind without a row is kept until somebody decides.
CREATE TABLE retention_class (
  series     TEXT NOT NULL PRIMARY KEY CHECK (series IN ('discussion', 'moderation', 'audit')),
  name       TEXT NOT NULL,              -- as the agency's records authority has it
  years      {{.Int}} NOT NULL,          -- 0: for good
  from_event TEXT NOT NULL,              -- what the years are counted from
  updated_at {{.Time}} NOT NULL,
  updated_by TEXT NOT NULL               -- person id
){{.Strict}};
--bun:split
-- What must not be removed while a matter is open: everything about one person, one cohort or one case.
CREATE TABLE legal_hold (
  id          TEXT NOT NULL PRIMARY KEY,
  matter      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  person_id   TEXT,                      -- one of the three; no foreign key, since a hold outlives whom it is about
  delivery_id TEXT,
  case_id     TEXT,
  placed_by   TEXT NOT NULL,
  placed_at   {{.Time}} NOT NULL,
  lifted_by   TEXT NOT NULL,
  lifted_at   {{.Time}},
  lifted_why  TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX legal_hold_person ON legal_hold (person_id);
--bun:split
CREATE INDEX legal_hold_delivery ON legal_hold (delivery_id);
--bun:split
CREATE INDEX legal_hold_case ON legal_hold (case_id);
--bun:split
-- What a hold covers although nothing in the record itself says so any more, since the person has gone.
CREATE TABLE legal_hold_item (
  hold_id TEXT NOT NULL REFERENCES legal_hold (id) ON DELETE CASCADE,
  series  TEXT NOT NULL,
  item_id TEXT NOT NULL,
  PRIMARY KEY (hold_id, series, item_id)
){{.Strict}};
--bun:split
CREATE INDEX legal_hold_item_item ON legal_hold_item (item_id);
--bun:split
-- What was kept of somebody who deleted their account while a hold covered them.
CREATE TABLE legal_kept (
  id        TEXT NOT NULL PRIMARY KEY,
  hold_id   TEXT NOT NULL REFERENCES legal_hold (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL,
  name      TEXT NOT NULL,
  lines     {{.Int}} NOT NULL,
  at        {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX legal_kept_hold ON legal_kept (hold_id);
--bun:split
CREATE TABLE legal_kept_line (
  kept_id TEXT NOT NULL REFERENCES legal_kept (id) ON DELETE CASCADE,
  n       {{.Int}} NOT NULL,
  source  TEXT NOT NULL,                 -- the table it was a row of
  data    TEXT NOT NULL,                 -- that row as JSON
  PRIMARY KEY (kept_id, n)
){{.Strict}};
--bun:split
-- A removal of records: proposed by one administrator, approved by another, carried out by the program.
CREATE TABLE disposal (
  id          TEXT NOT NULL PRIMARY KEY,
  series      TEXT NOT NULL,
  class_name  TEXT NOT NULL,             -- the class as it was when it was proposed
  years       {{.Int}} NOT NULL,
  from_event  TEXT NOT NULL,
  due_before  {{.Time}} NOT NULL,        -- what the years are counted from lies before this
  items       {{.Int}} NOT NULL,
  oldest      {{.Time}} NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('proposed', 'refused', 'approved', 'done')),
  proposed_by TEXT NOT NULL,
  proposed_at {{.Time}} NOT NULL,
  proposed_why TEXT NOT NULL,
  decided_by  TEXT NOT NULL,
  decided_at  {{.Time}},
  decided_why TEXT NOT NULL,
  removed     {{.Int}} NOT NULL,
  kept        {{.Int}} NOT NULL,         -- not removed after all
  done_at     {{.Time}}
){{.Strict}};
--bun:split
-- One removal of a kind is open at a time.
CREATE UNIQUE INDEX disposal_open ON disposal (series) WHERE state IN ('proposed', 'approved');
--bun:split
-- What it is about, and what became of it: numbers and dates, never what it said.
CREATE TABLE disposal_item (
  disposal_id TEXT NOT NULL REFERENCES disposal (id) ON DELETE CASCADE,
  item_id     TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  at          {{.Time}} NOT NULL,        -- what the years are counted from
  outcome     TEXT NOT NULL CHECK (outcome IN ('', 'removed', 'kept')),
  PRIMARY KEY (disposal_id, item_id)
){{.Strict}};
--bun:split
CREATE INDEX disposal_item_open ON disposal_item (disposal_id, outcome, item_id);
