-- Rehearsals of live workshops: rooms with simulated people, who are guests without a device and go with them.
CREATE TABLE room_rehearsal (
  room_id TEXT NOT NULL PRIMARY KEY REFERENCES room (id) ON DELETE CASCADE,
  of_id   TEXT NOT NULL UNIQUE,          -- the workshop that is rehearsed: one at a time
  seed    {{.Int}} NOT NULL,             -- what the simulated people do follows from it
  item_id TEXT NOT NULL,                 -- the item at which they are, or ''
  since   {{.Time}} NOT NULL,            -- when they found it open
  done    {{.Int}} NOT NULL              -- how much of what they do there is done
){{.Strict}};
--bun:split
CREATE TABLE room_extra (
  person_id TEXT NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
  room_id   TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  n         {{.Int}} NOT NULL            -- from 0
){{.Strict}};
--bun:split
CREATE INDEX room_extra_room ON room_extra (room_id);
