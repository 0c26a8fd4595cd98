CREATE TABLE certificate (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  course_title TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  cycle {{.Int}} NOT NULL,
  minutes {{.Int}} NOT NULL,
  outcomes TEXT NOT NULL,
  facts_as_at {{.Time}},
  issued_at {{.Time}} NOT NULL,
  issued_on TEXT NOT NULL, -- the day of it where the holder is, 2026-12-04
  revoked_at {{.Time}},
  UNIQUE (person_id, course_key, cycle)
){{.Strict}};
