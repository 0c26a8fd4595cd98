-- Situations that learners answer before a course and after it.
CREATE TABLE check_run (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  delivery_id TEXT NOT NULL REFERENCES delivery (id),
  occasion TEXT NOT NULL,
  sequence TEXT NOT NULL,
  started_at {{.Time}} NOT NULL,
  submitted_at {{.Time}},
  UNIQUE (person_id, course_key, occasion)
){{.Strict}};

--bun:split
CREATE INDEX check_run_delivery ON check_run (course_key, delivery_id);

--bun:split
CREATE TABLE check_answer (
  run_id TEXT NOT NULL REFERENCES check_run (id) ON DELETE CASCADE,
  family TEXT NOT NULL,
  choice {{.Int}} NOT NULL,
  points {{.Int}} NOT NULL,
  PRIMARY KEY (run_id, family)
){{.Strict}};
