CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  course_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('self-paced')),
  created_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
CREATE UNIQUE INDEX delivery_self_paced ON delivery (course_key) WHERE kind = 'self-paced';

--bun:split
CREATE TABLE enrolment (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id),
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'withdrawn')),
  last_activity TEXT NOT NULL,
  last_seen_at {{.Time}} NOT NULL,
  created_at {{.Time}} NOT NULL,
  updated_at {{.Time}} NOT NULL,
  UNIQUE (person_id, delivery_id)
){{.Strict}};

--bun:split
CREATE INDEX enrolment_delivery ON enrolment (delivery_id);
