-- Entries of a wall, and questions, that say the same are joined into one by who runs the room.
ALTER TABLE room_entry ADD COLUMN into_id TEXT NOT NULL DEFAULT ''; -- the entry that it was joined into; '' none
--bun:split
ALTER TABLE room_entry ADD COLUMN joined {{.Int}} NOT NULL DEFAULT 0; -- how many were joined into it
