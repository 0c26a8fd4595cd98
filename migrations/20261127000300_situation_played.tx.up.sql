-- Who has played a learner's situation to its end; nothing else is kept of it.
CREATE TABLE situation_played (
  situation_id TEXT NOT NULL REFERENCES situation (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  played_at {{.Time}} NOT NULL,
  PRIMARY KEY (situation_id, person_id)
){{.Strict}};

--bun:split
CREATE INDEX situation_played_person ON situation_played (person_id);
