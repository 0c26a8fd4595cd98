-- The house rules, each edition once. Nobody changes an edition.
CREATE TABLE moderation_rules (
  version      {{.Int}} NOT NULL PRIMARY KEY,
  body         TEXT NOT NULL,            -- Markdown
  published_at {{.Time}} NOT NULL,
  published_by TEXT NOT NULL             -- person id
){{.Strict}};
--bun:split
CREATE TABLE moderation_accepted (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  version   {{.Int}} NOT NULL,
  at        {{.Time}} NOT NULL,
  PRIMARY KEY (person_id, version)
){{.Strict}};
--bun:split
-- What holds for the whole site; one row.
CREATE TABLE moderation_site (
  id             {{.Int}} NOT NULL PRIMARY KEY CHECK (id = 1),
  words          TEXT NOT NULL,          -- a word or phrase on each line: posts with one are held
  newcomer_hours {{.Int}} NOT NULL,      -- how long the limits of new members hold; 0 is none
  newcomer_posts {{.Int}} NOT NULL,      -- posts of theirs in a day
  newcomer_links {{.Int}} NOT NULL,      -- links in a post of theirs
  caretaker      TEXT NOT NULL CHECK (caretaker IN ('', 'hold', 'read')),
  caretaker_from {{.Time}},
  caretaker_to   {{.Time}},
  caretaker_text TEXT NOT NULL,
  updated_at     {{.Time}} NOT NULL
){{.Strict}};
--bun:split
-- How a board is looked after; a board without a row is moderated after posting, at any speed.
CREATE TABLE moderation_board (
  delivery_id  TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  board        TEXT NOT NULL,
  hold         {{.Bool}} NOT NULL,       -- posts are shown once a moderator let them through
  staffed      TEXT NOT NULL,            -- when moderators are there, in words
  slow_seconds {{.Int}} NOT NULL,        -- between two posts of one person; 0 is none
  updated_at   {{.Time}} NOT NULL,
  PRIMARY KEY (delivery_id, board)
){{.Strict}};
--bun:split
-- One matter: a post that was reported or held, or a report about something else.
CREATE TABLE moderation_case (
  id           TEXT NOT NULL PRIMARY KEY,
  origin       TEXT NOT NULL CHECK (origin IN ('report', 'held', 'staff')),
  post_id      TEXT NOT NULL,            -- '' when it is about no post that could be found
  thread_id    TEXT NOT NULL,
  delivery_id  TEXT REFERENCES delivery (id) ON DELETE CASCADE,
  author_id    TEXT REFERENCES person (id) ON DELETE SET NULL,
  kind         TEXT NOT NULL,            -- the gravest kind that was reported, or why it was held
  state        TEXT NOT NULL CHECK (state IN ('open', 'claimed', 'decided', 'appealed', 'closed')),
  opened_at    {{.Time}} NOT NULL,
  due_at       {{.Time}} NOT NULL,
  claimed_by   TEXT NOT NULL,            -- person id, or ''
  claimed_at   {{.Time}},
  snapshot     TEXT NOT NULL,            -- what the post said when the matter was opened and when it was decided
  action       TEXT NOT NULL,            -- none, release, note, hide, warn, suspend; '' until decided
  rule         TEXT NOT NULL,
  reason       TEXT NOT NULL,
  until        {{.Time}},                -- of a suspension
  decided_by   TEXT NOT NULL,
  decided_at   {{.Time}},
  appeal       TEXT NOT NULL,
  appealed_at  {{.Time}},
  outcome      TEXT NOT NULL,            -- upheld, overturned; '' without or before
  outcome_why  TEXT NOT NULL,
  outcome_by   TEXT NOT NULL,
  outcome_at   {{.Time}},
  version      {{.Int}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX moderation_case_queue ON moderation_case (state, due_at, id);
--bun:split
CREATE INDEX moderation_case_delivery ON moderation_case (delivery_id);
--bun:split
CREATE INDEX moderation_case_author ON moderation_case (author_id);
--bun:split
CREATE INDEX moderation_case_of_post ON moderation_case (post_id, decided_at);
--bun:split
-- A post has one matter that is not over.
CREATE UNIQUE INDEX moderation_case_post ON moderation_case (post_id) WHERE post_id <> '' AND state IN ('open', 'claimed');
--bun:split
CREATE TABLE moderation_report (
  id          TEXT NOT NULL PRIMARY KEY,
  case_id     TEXT NOT NULL REFERENCES moderation_case (id) ON DELETE CASCADE,
  reporter_id TEXT REFERENCES person (id) ON DELETE SET NULL,
  name        TEXT NOT NULL,             -- of somebody without an account
  email       TEXT NOT NULL,
  place       TEXT NOT NULL,             -- the address that they gave
  kind        TEXT NOT NULL,
  text        TEXT NOT NULL,
  at          {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX moderation_report_case ON moderation_report (case_id);
--bun:split
CREATE UNIQUE INDEX moderation_report_once ON moderation_report (case_id, reporter_id) WHERE reporter_id IS NOT NULL;
--bun:split
CREATE INDEX moderation_report_person ON moderation_report (reporter_id);
--bun:split
-- Who may not write in a delivery for a while.
CREATE TABLE moderation_suspension (
  id          TEXT NOT NULL PRIMARY KEY,
  case_id     TEXT NOT NULL REFERENCES moderation_case (id) ON DELETE CASCADE,
  person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  from_at     {{.Time}} NOT NULL,
  until       {{.Time}} NOT NULL,
  lifted_at   {{.Time}}
){{.Strict}};
--bun:split
CREATE INDEX moderation_suspension_person ON moderation_suspension (person_id, delivery_id);
--bun:split
CREATE INDEX moderation_suspension_case ON moderation_suspension (case_id);
--bun:split
CREATE INDEX moderation_suspension_delivery ON moderation_suspension (delivery_id);
--bun:split
-- Everything that moderators did, in order; each line seals the one before.
CREATE TABLE moderation_log (
  seq         {{.Int}} NOT NULL PRIMARY KEY,
  at          {{.Time}} NOT NULL,
  actor       TEXT NOT NULL,             -- person id; '' the program
  action      TEXT NOT NULL,
  case_id     TEXT NOT NULL,
  post_id     TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  detail      TEXT NOT NULL,             -- JSON; names nobody
  previous    TEXT NOT NULL,
  seal        TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX moderation_log_case ON moderation_log (case_id);
--bun:split
{{if .SQLite}}
CREATE TRIGGER moderation_log_no_update BEFORE UPDATE ON moderation_log
BEGIN
  SELECT RAISE(ABORT, 'moderation_log is append-only');
END;

--bun:split
CREATE TRIGGER moderation_log_no_delete BEFORE DELETE ON moderation_log
BEGIN
  SELECT RAISE(ABORT, 'moderation_log is append-only');
END;
{{else}}
CREATE FUNCTION moderation_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'moderation_log is append-only';
END;
$$;

--bun:split
CREATE TRIGGER moderation_log_guard BEFORE UPDATE OR DELETE ON moderation_log
FOR EACH ROW EXECUTE FUNCTION moderation_log_guard();

--bun:split
CREATE TRIGGER moderation_log_no_truncate BEFORE TRUNCATE ON moderation_log
FOR EACH STATEMENT EXECUTE FUNCTION moderation_log_guard();
{{end}}
