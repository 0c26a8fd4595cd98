-- Counts that trainers made by hand, beside those of the phones.
CREATE TABLE room_hand (
  item_id TEXT NOT NULL REFERENCES room_item (id) ON DELETE CASCADE,
  choice  {{.Int}} NOT NULL,             -- from 0
  n       {{.Int}} NOT NULL CHECK (n > 0),
  PRIMARY KEY (item_id, choice)
){{.Strict}};
