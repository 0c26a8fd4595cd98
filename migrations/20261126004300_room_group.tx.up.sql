-- Groups of a breakout in a live workshop. A row here says that the groups of an item were made.
CREATE TABLE room_breakout (
  item_id TEXT NOT NULL PRIMARY KEY REFERENCES room_item (id) ON DELETE CASCADE,
  way     TEXT NOT NULL CHECK (way IN ('random', 'hand', 'self')),
  message TEXT NOT NULL,                 -- to all groups
  called  {{.Bool}} NOT NULL             -- they were called back; the room's timer says until when
){{.Strict}};
--bun:split
CREATE TABLE room_group (
  id      TEXT NOT NULL PRIMARY KEY,
  item_id TEXT NOT NULL REFERENCES room_breakout (item_id) ON DELETE CASCADE,
  n       {{.Int}} NOT NULL,             -- from 1
  note    TEXT NOT NULL,                 -- what they write down together
  version {{.Int}} NOT NULL,             -- rises with every saving of the note
  UNIQUE (item_id, n)
){{.Strict}};
--bun:split
CREATE TABLE room_member (
  item_id        TEXT NOT NULL REFERENCES room_breakout (item_id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL REFERENCES room_participant (id) ON DELETE CASCADE,
  group_id       TEXT NOT NULL REFERENCES room_group (id) ON DELETE CASCADE,
  PRIMARY KEY (item_id, participant_id)
){{.Strict}};
--bun:split
CREATE INDEX room_member_participant ON room_member (participant_id);
--bun:split
CREATE INDEX room_member_group ON room_member (group_id);
