-- Letters that those who lead a cohort wrote to some of its people, and who got them.
CREATE TABLE desk_message (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  author_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  sent_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
CREATE INDEX desk_message_delivery ON desk_message (delivery_id, sent_at);

--bun:split
CREATE TABLE desk_message_to (
  message_id TEXT NOT NULL REFERENCES desk_message (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  PRIMARY KEY (message_id, person_id)
){{.Strict}};

--bun:split
CREATE INDEX desk_message_to_person ON desk_message_to (person_id);
