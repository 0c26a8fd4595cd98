-- An event that goes with a letter, for calendars (iCalendar); emptied with the text.
ALTER TABLE mail ADD COLUMN calendar TEXT NOT NULL DEFAULT '';
