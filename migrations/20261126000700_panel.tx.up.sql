-- People who were invited to rate the choices of a scenario, and their ratings.
CREATE TABLE panel_seat (
  id TEXT PRIMARY KEY,
  course_key TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  invited_at {{.Time}} NOT NULL,
  expires_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
CREATE INDEX panel_seat_scenario ON panel_seat (course_key, activity_key);

--bun:split
CREATE INDEX panel_seat_email ON panel_seat (email_folded);

--bun:split
CREATE TABLE panel_rating (
  seat_id TEXT NOT NULL REFERENCES panel_seat (id) ON DELETE CASCADE,
  decision TEXT NOT NULL,
  print TEXT NOT NULL,
  ratings TEXT NOT NULL,
  reasons TEXT NOT NULL,
  rated_at {{.Time}} NOT NULL,
  PRIMARY KEY (seat_id, decision)
){{.Strict}};
