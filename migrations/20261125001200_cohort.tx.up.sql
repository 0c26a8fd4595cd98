-- Cohorts: deliveries with dates. New columns for what a cohort has, and wider CHECKs for kind and status. SQLite
-- cannot change a CHECK, so there both tables are copied. No other table refers to them, so the old ones can go
-- without a cascade; renaming takes the reference from enrolment to delivery along.
{{if .SQLite}}
CREATE TABLE delivery_new (
  id TEXT PRIMARY KEY,
  course_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('self-paced', 'cohort')),
  created_at {{.Time}} NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  about TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('draft', 'open', 'closed', 'cancelled')),
  starts_on TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  release_at TEXT NOT NULL DEFAULT '',
  late_policy TEXT NOT NULL DEFAULT 'open' CHECK (late_policy IN ('open', 'shifted', 'closed')),
  join_policy TEXT NOT NULL DEFAULT 'open' CHECK (join_policy IN ('open', 'invitation', 'closed')),
  capacity {{.Int}} NOT NULL DEFAULT 0 CHECK (capacity >= 0),
  schedule TEXT NOT NULL DEFAULT '{}',
  version {{.Int}} NOT NULL DEFAULT 0,
  created_by TEXT NOT NULL DEFAULT '',
  updated_at {{.Time}}
){{.Strict}};

--bun:split
INSERT INTO delivery_new (id, course_key, kind, created_at) SELECT id, course_key, kind, created_at FROM delivery;

--bun:split
CREATE TABLE enrolment_new (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery_new (id),
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'withdrawn', 'waiting')),
  last_activity TEXT NOT NULL,
  last_seen_at {{.Time}} NOT NULL,
  created_at {{.Time}} NOT NULL,
  updated_at {{.Time}} NOT NULL,
  source TEXT NOT NULL DEFAULT 'self' CHECK (source IN ('self', 'invitation', 'trainer', 'import', 'moved')),
  shift_weeks {{.Int}} NOT NULL DEFAULT 0,
  extended_days {{.Int}} NOT NULL DEFAULT 0,
  pauses TEXT NOT NULL DEFAULT '[]',
  version {{.Int}} NOT NULL DEFAULT 0,
  act TEXT NOT NULL DEFAULT '',
  joined_at {{.Time}},
  queued_at {{.Time}},
  UNIQUE (person_id, delivery_id)
){{.Strict}};

--bun:split
INSERT INTO enrolment_new (id, delivery_id, person_id, course_key, revision_hash, status, last_activity, last_seen_at, created_at, updated_at)
  SELECT id, delivery_id, person_id, course_key, revision_hash, status, last_activity, last_seen_at, created_at, updated_at FROM enrolment;

--bun:split
DROP TABLE enrolment;

--bun:split
DROP TABLE delivery;

--bun:split
ALTER TABLE delivery_new RENAME TO delivery;

--bun:split
ALTER TABLE enrolment_new RENAME TO enrolment;

--bun:split
CREATE UNIQUE INDEX delivery_self_paced ON delivery (course_key) WHERE kind = 'self-paced';

--bun:split
CREATE INDEX enrolment_delivery ON enrolment (delivery_id);
{{else}}
ALTER TABLE delivery
  DROP CONSTRAINT delivery_kind_check,
  ADD CONSTRAINT delivery_kind_check CHECK (kind IN ('self-paced', 'cohort')),
  ADD COLUMN title TEXT NOT NULL DEFAULT '',
  ADD COLUMN about TEXT NOT NULL DEFAULT '',
  ADD COLUMN status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('draft', 'open', 'closed', 'cancelled')),
  ADD COLUMN starts_on TEXT NOT NULL DEFAULT '',
  ADD COLUMN zone TEXT NOT NULL DEFAULT '',
  ADD COLUMN release_at TEXT NOT NULL DEFAULT '',
  ADD COLUMN late_policy TEXT NOT NULL DEFAULT 'open' CHECK (late_policy IN ('open', 'shifted', 'closed')),
  ADD COLUMN join_policy TEXT NOT NULL DEFAULT 'open' CHECK (join_policy IN ('open', 'invitation', 'closed')),
  ADD COLUMN capacity {{.Int}} NOT NULL DEFAULT 0 CHECK (capacity >= 0),
  ADD COLUMN schedule TEXT NOT NULL DEFAULT '{}',
  ADD COLUMN version {{.Int}} NOT NULL DEFAULT 0,
  ADD COLUMN created_by TEXT NOT NULL DEFAULT '',
  ADD COLUMN updated_at {{.Time}};

--bun:split
ALTER TABLE enrolment
  DROP CONSTRAINT enrolment_status_check,
  ADD CONSTRAINT enrolment_status_check CHECK (status IN ('active', 'paused', 'withdrawn', 'waiting')),
  ADD COLUMN source TEXT NOT NULL DEFAULT 'self' CHECK (source IN ('self', 'invitation', 'trainer', 'import', 'moved')),
  ADD COLUMN shift_weeks {{.Int}} NOT NULL DEFAULT 0,
  ADD COLUMN extended_days {{.Int}} NOT NULL DEFAULT 0,
  ADD COLUMN pauses TEXT NOT NULL DEFAULT '[]',
  ADD COLUMN version {{.Int}} NOT NULL DEFAULT 0,
  ADD COLUMN act TEXT NOT NULL DEFAULT '',
  ADD COLUMN joined_at {{.Time}},
  ADD COLUMN queued_at {{.Time}};
{{end}}

--bun:split
CREATE INDEX delivery_course ON delivery (course_key, kind);

--bun:split
CREATE INDEX enrolment_queue ON enrolment (delivery_id, queued_at) WHERE status = 'waiting';

--bun:split
CREATE TABLE announcement (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  author_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  audience TEXT NOT NULL CHECK (audience IN ('all', 'unfinished')),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
CREATE INDEX announcement_delivery ON announcement (delivery_id, created_at);

--bun:split
CREATE TABLE calendar_feed (
  person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  created_at {{.Time}} NOT NULL
){{.Strict}};
