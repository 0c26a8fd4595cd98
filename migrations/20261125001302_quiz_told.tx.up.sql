-- When a person was told of a changed result; NULL while they have not been.
ALTER TABLE quiz_change ADD COLUMN told_at {{.Time}};
