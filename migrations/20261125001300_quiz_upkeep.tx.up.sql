-- Limits of a quiz (minutes and attempts), decisions about questions, and attempts judged again by them.
ALTER TABLE quiz_attempt ADD COLUMN minutes_limit {{.Int}} NOT NULL DEFAULT 0; -- of the file, without what the person is allowed beyond it
--bun:split
ALTER TABLE quiz_attempt ADD COLUMN due_at {{.Time}}; -- when the time is up; NULL without limit
--bun:split
ALTER TABLE quiz_attempt ADD COLUMN ended_by TEXT NOT NULL DEFAULT ''; -- 'time' when the clock submitted it
--bun:split
ALTER TABLE quiz_attempt ADD COLUMN rulings {{.Int}} NOT NULL DEFAULT 0; -- the quiz_upkeep.generation it was last judged under
--bun:split
-- The result as it was before the first decision changed it; NULL while none has.
ALTER TABLE quiz_attempt ADD COLUMN first_score {{.Int}};
--bun:split
ALTER TABLE quiz_attempt ADD COLUMN first_total {{.Int}};
--bun:split
ALTER TABLE quiz_attempt ADD COLUMN first_passed {{.Bool}};
--bun:split
CREATE INDEX quiz_attempt_quiz ON quiz_attempt (course_key, activity_key, rulings) WHERE state = 'submitted';
--bun:split
CREATE INDEX quiz_attempt_due ON quiz_attempt (due_at) WHERE state = 'open' AND due_at IS NOT NULL;
--bun:split
-- One decision about one question. Rows are kept; a reversed one has no effect.
CREATE TABLE quiz_ruling (
  id             TEXT NOT NULL PRIMARY KEY,
  course_key     TEXT NOT NULL,
  activity_key   TEXT NOT NULL,
  question_key   TEXT NOT NULL,
  version        TEXT NOT NULL, -- hash of the question's version it is about; '' all
  kind           TEXT NOT NULL CHECK (kind IN ('accept', 'key', 'credit', 'leave-out')),
  answer         TEXT NOT NULL, -- accept: the option's text, or what is typed; key: hash of the revision that has the right key
  downwards      {{.Bool}} NOT NULL, -- whether scores may fall by it
  reason         TEXT NOT NULL,
  decided_by     TEXT NOT NULL, -- no foreign key: the decision outlives who made it
  decided_at     {{.Time}} NOT NULL,
  generation     {{.Int}} NOT NULL,
  reversed_at    {{.Time}},
  reversed_by    TEXT NOT NULL DEFAULT '',
  reverse_reason TEXT NOT NULL DEFAULT ''
){{.Strict}};
--bun:split
CREATE INDEX quiz_ruling_quiz ON quiz_ruling (course_key, activity_key, generation);
--bun:split
-- How often decisions about a quiz have changed. An attempt with a smaller number waits to be judged again.
CREATE TABLE quiz_upkeep (
  course_key   TEXT NOT NULL,
  activity_key TEXT NOT NULL,
  generation   {{.Int}} NOT NULL,
  updated_at   {{.Time}} NOT NULL,
  PRIMARY KEY (course_key, activity_key)
){{.Strict}};
--bun:split
-- What judging again changed in one attempt.
CREATE TABLE quiz_change (
  attempt_id    TEXT NOT NULL REFERENCES quiz_attempt (id) ON DELETE CASCADE,
  generation    {{.Int}} NOT NULL,
  score_before  {{.Int}} NOT NULL,
  total_before  {{.Int}} NOT NULL,
  passed_before {{.Bool}} NOT NULL,
  score_after   {{.Int}} NOT NULL,
  total_after   {{.Int}} NOT NULL,
  passed_after  {{.Bool}} NOT NULL,
  at            {{.Time}} NOT NULL,
  PRIMARY KEY (attempt_id, generation)
){{.Strict}};
