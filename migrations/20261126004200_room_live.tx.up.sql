-- Rooms over the socket: whether the room was told that its driver is away, what was shown, when it was run.
ALTER TABLE room_host ADD COLUMN away {{.Bool}} NOT NULL DEFAULT FALSE;
--bun:split
ALTER TABLE room_item ADD COLUMN shown {{.Bool}} NOT NULL DEFAULT FALSE; -- it was the current item: who wanders may look at it
--bun:split
UPDATE room_item SET shown = TRUE WHERE phase <> 'waiting' OR id IN (SELECT item_id FROM room);
--bun:split
ALTER TABLE room ADD COLUMN began_at {{.Time}}; -- when the first item was shown
--bun:split
ALTER TABLE room ADD COLUMN ended_at {{.Time}}; -- when it ended last
