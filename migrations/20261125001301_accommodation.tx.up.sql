-- What one person is allowed beyond the limits of every activity. Rows are kept; of those that hold the newest counts.
CREATE TABLE accommodation (
  id             TEXT NOT NULL PRIMARY KEY,
  person_id      TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  time_percent   {{.Int}} NOT NULL CHECK (time_percent = 0 OR time_percent BETWEEN 100 AND 1000), -- 0: no time limit
  extra_attempts {{.Int}} NOT NULL CHECK (extra_attempts >= 0),
  extra_days     {{.Int}} NOT NULL CHECK (extra_days >= 0),
  reason         TEXT NOT NULL,
  from_at        {{.Time}} NOT NULL,
  until_at       {{.Time}},
  granted_by     TEXT NOT NULL, -- no foreign key: it outlives who granted it
  granted_at     {{.Time}} NOT NULL,
  ended_at       {{.Time}},
  ended_by       TEXT NOT NULL DEFAULT '',
  ended_reason   TEXT NOT NULL DEFAULT ''
){{.Strict}};
--bun:split
CREATE INDEX accommodation_person ON accommodation (person_id, granted_at);
