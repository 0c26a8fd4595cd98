-- Courses that were changed on the site since they were published from files: a start leaves them alone.
ALTER TABLE course ADD COLUMN amended {{.Bool}} NOT NULL DEFAULT FALSE;
