-- Live workshop rooms: a run sheet, set up for a day and run with people.
CREATE TABLE room (
  id         TEXT NOT NULL PRIMARY KEY,
  code       TEXT NOT NULL UNIQUE,       -- what people type to come in
  course_key TEXT NOT NULL,
  sheet_key  TEXT NOT NULL,              -- module/workshop
  title      TEXT NOT NULL,
  day        TEXT NOT NULL,              -- local date, time of day and zone
  clock      TEXT NOT NULL,
  zone       TEXT NOT NULL,
  place      TEXT NOT NULL,              -- where, or the address of the call
  nameless   {{.Bool}} NOT NULL,         -- people may come in without a name
  state      TEXT NOT NULL CHECK (state IN ('planned', 'running', 'ended')),
  item_id    TEXT NOT NULL,              -- the current item, or ''
  ends_at    {{.Time}},                  -- of the timer
  created_at {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE TABLE room_item (
  id      TEXT NOT NULL PRIMARY KEY,
  room_id TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  n       {{.Int}} NOT NULL,             -- from 1
  kind    TEXT NOT NULL,
  title   TEXT NOT NULL,
  minutes {{.Int}} NOT NULL,
  phase   TEXT NOT NULL CHECK (phase IN ('waiting', 'open', 'closed', 'revealed')),
  answers {{.Int}} NOT NULL,             -- how many have answered
  content TEXT NOT NULL,                 -- JSON, copied from the run sheet
  UNIQUE (room_id, n)
){{.Strict}};
--bun:split
-- Who runs it. One of them drives.
CREATE TABLE room_host (
  room_id   TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  drives    {{.Bool}} NOT NULL,
  seen_at   {{.Time}},                   -- when the driver's page was last heard of; NULL while it sends nothing
  PRIMARY KEY (room_id, person_id)
){{.Strict}};
--bun:split
CREATE UNIQUE INDEX room_host_driver ON room_host (room_id) WHERE drives;
--bun:split
CREATE INDEX room_host_person ON room_host (person_id);
--bun:split
CREATE TABLE room_participant (
  id        TEXT NOT NULL PRIMARY KEY,
  room_id   TEXT NOT NULL REFERENCES room (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  name      TEXT NOT NULL,               -- '' without a name
  joined_at {{.Time}} NOT NULL,
  seen_at   {{.Time}} NOT NULL,
  UNIQUE (room_id, person_id)
){{.Strict}};
--bun:split
CREATE INDEX room_participant_person ON room_participant (person_id);
--bun:split
-- That somebody has answered and, unless the item is anonymous, what. No time, no order: see the package's comment.
CREATE TABLE room_answer (
  item_id        TEXT NOT NULL REFERENCES room_item (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  choice         TEXT NOT NULL,          -- numbers of options; '' of an anonymous item
  PRIMARY KEY (item_id, participant_id)
){{.Strict}};
--bun:split
CREATE INDEX room_answer_participant ON room_answer (participant_id);
--bun:split
-- How many chose each option.
CREATE TABLE room_tally (
  item_id TEXT NOT NULL REFERENCES room_item (id) ON DELETE CASCADE,
  choice  {{.Int}} NOT NULL,             -- from 0
  n       {{.Int}} NOT NULL,
  PRIMARY KEY (item_id, choice)
){{.Strict}};
--bun:split
-- What people wrote.
CREATE TABLE room_entry (
  id             TEXT NOT NULL PRIMARY KEY,
  item_id        TEXT NOT NULL REFERENCES room_item (id) ON DELETE CASCADE,
  participant_id TEXT REFERENCES room_participant (id) ON DELETE SET NULL,
  body           TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('pending', 'shown', 'hidden', 'answered')),
  votes          {{.Int}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX room_entry_item ON room_entry (item_id, state);
--bun:split
CREATE INDEX room_entry_participant ON room_entry (participant_id);
--bun:split
CREATE TABLE room_vote (
  entry_id       TEXT NOT NULL REFERENCES room_entry (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  PRIMARY KEY (entry_id, participant_id)
){{.Strict}};
--bun:split
CREATE INDEX room_vote_participant ON room_vote (participant_id);
--bun:split
-- Forms that have arrived: what is sent twice counts once.
CREATE TABLE room_sent (
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  client_id      TEXT NOT NULL,
  PRIMARY KEY (participant_id, client_id)
){{.Strict}};
