-- How rooms, or each of their tables, have played a scenario: its moves in their order. No person is named.
CREATE TABLE room_move (
  item_id  TEXT NOT NULL REFERENCES room_item (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL,                -- the table; '' the whole room
  n        {{.Int}} NOT NULL,            -- from 1
  kind     TEXT NOT NULL,
  passage  TEXT NOT NULL,
  choice   TEXT NOT NULL,                -- of a decision, or the message that was sent
  points   {{.Int}} NOT NULL,            -- of a reply
  counts   TEXT NOT NULL,                -- how many voted for each choice on offer, such as 3,0,9; '' without a vote
  PRIMARY KEY (item_id, group_id, n)
){{.Strict}};
