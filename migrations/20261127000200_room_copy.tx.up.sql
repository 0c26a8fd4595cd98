-- Copies and templates of live workshops, and until when seats are booked.
ALTER TABLE room ADD COLUMN purpose TEXT NOT NULL DEFAULT 'workshop' CHECK (purpose IN ('workshop', 'template', 'rehearsal'));
--bun:split
ALTER TABLE room ADD COLUMN shared {{.Bool}} NOT NULL DEFAULT FALSE; -- a template that everybody may use who runs workshops
--bun:split
ALTER TABLE room ADD COLUMN close_days {{.Int}} NOT NULL DEFAULT 0; -- booking closes so many days before, at close_clock of the place
--bun:split
ALTER TABLE room ADD COLUMN close_clock TEXT NOT NULL DEFAULT ''; -- '' is when it begins
