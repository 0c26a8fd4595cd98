ALTER TABLE mail ADD COLUMN unsubscribe TEXT NOT NULL DEFAULT ''; -- address that stops letters of this kind
--bun:split
CREATE TABLE notify_choice (
  person_id TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  weekly TEXT NOT NULL CHECK (weekly IN ('on', 'off')),
  announcements TEXT NOT NULL CHECK (announcements IN ('now', 'weekly', 'off')),
  updated_at {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE TABLE notify_sent (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  letter TEXT NOT NULL, -- what was sent, named so that it is sent once: week:<delivery>:<module>
  at {{.Time}} NOT NULL,
  PRIMARY KEY (person_id, letter)
){{.Strict}};
--bun:split
CREATE INDEX notify_sent_at ON notify_sent (at);
