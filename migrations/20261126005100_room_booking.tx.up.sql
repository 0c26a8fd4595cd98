-- Booking a live workshop: seats, a waiting list, an invitation, calling it off.
ALTER TABLE room ADD COLUMN booking TEXT NOT NULL DEFAULT 'closed' CHECK (booking IN ('closed', 'link', 'open'));
--bun:split
ALTER TABLE room ADD COLUMN seats {{.Int}} NOT NULL DEFAULT 0; -- 0 without limit
--bun:split
ALTER TABLE room ADD COLUMN invite TEXT NOT NULL DEFAULT ''; -- what the invitation link carries
--bun:split
ALTER TABLE room ADD COLUMN version {{.Int}} NOT NULL DEFAULT 1; -- rises with day, time, place: SEQUENCE of calendars
--bun:split
ALTER TABLE room ADD COLUMN off_at {{.Time}}; -- when it was called off
--bun:split
ALTER TABLE room ADD COLUMN off_why TEXT NOT NULL DEFAULT '';
--bun:split
CREATE INDEX room_day ON room (day);
--bun:split
CREATE TABLE room_booking (
  id         TEXT NOT NULL PRIMARY KEY,  -- in the order of the queue
  room_id    TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  person_id  TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  state      TEXT NOT NULL CHECK (state IN ('booked', 'waiting', 'cancelled')),
  changed_at {{.Time}} NOT NULL,
  version    {{.Int}} NOT NULL,          -- rises with every change of the state
  told_day   {{.Bool}} NOT NULL,         -- the reminder of the day before was sent, or is not needed
  told_hour  {{.Bool}} NOT NULL,
  UNIQUE (room_id, person_id)
){{.Strict}};
--bun:split
CREATE INDEX room_booking_person ON room_booking (person_id);
