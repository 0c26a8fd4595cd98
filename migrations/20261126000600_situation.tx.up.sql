-- Situations that learners write themselves: what is in the form, what of it is shared, and what others think of it.
CREATE TABLE situation (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  course_key TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  body TEXT NOT NULL,
  version {{.Int}} NOT NULL,
  page TEXT NOT NULL,
  n {{.Int}} NOT NULL,
  created_at {{.Time}} NOT NULL,
  saved_at {{.Time}} NOT NULL,
  shared TEXT NOT NULL,
  shared_at {{.Time}},
  named {{.Bool}} NOT NULL,
  may_adopt {{.Bool}} NOT NULL,
  given_back TEXT NOT NULL,
  adopted_at {{.Time}},
  adopted_by TEXT REFERENCES person (id) ON DELETE SET NULL
){{.Strict}};

--bun:split
CREATE INDEX situation_person ON situation (person_id, delivery_id);

--bun:split
CREATE INDEX situation_delivery ON situation (delivery_id, shared_at);

--bun:split
CREATE INDEX situation_course ON situation (course_key, adopted_at);

--bun:split
CREATE INDEX situation_adopted_by ON situation (adopted_by);

--bun:split
CREATE TABLE situation_review (
  id TEXT PRIMARY KEY,
  situation_id TEXT NOT NULL REFERENCES situation (id) ON DELETE CASCADE,
  reviewer_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  kind TEXT NOT NULL,
  marks TEXT NOT NULL,
  comment TEXT NOT NULL,
  done_at {{.Time}} NOT NULL,
  UNIQUE (situation_id, reviewer_id)
){{.Strict}};

--bun:split
CREATE INDEX situation_review_reviewer ON situation_review (reviewer_id);
