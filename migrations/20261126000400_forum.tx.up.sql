-- What was decided about a board of a delivery. A board without a row is as the course and the product have it.
CREATE TABLE forum_board (
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  board       TEXT NOT NULL,             -- general, introductions, help, or module.activity of a prompt, or g.<group>
  pseudonyms  {{.Bool}} NOT NULL,        -- people may choose to write under a name that only staff can resolve
  updated_at  {{.Time}} NOT NULL,
  PRIMARY KEY (delivery_id, board)
){{.Strict}};
--bun:split
-- Parts of a cohort. Everybody is in at most one that was made by itself.
CREATE TABLE forum_group (
  id          TEXT NOT NULL PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL CHECK (kind IN ('discussion', 'private')),
  number      {{.Int}} NOT NULL,         -- of a discussion group, from 1
  name        TEXT NOT NULL,
  created_at  {{.Time}} NOT NULL,
  closed_at   {{.Time}},
  UNIQUE (delivery_id, kind, number)
){{.Strict}};
--bun:split
CREATE TABLE forum_member (
  group_id    TEXT NOT NULL REFERENCES forum_group (id) ON DELETE CASCADE,
  person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('discussion', 'private')),
  joined_at   {{.Time}} NOT NULL,
  PRIMARY KEY (group_id, person_id)
){{.Strict}};
--bun:split
CREATE UNIQUE INDEX forum_member_one ON forum_member (delivery_id, person_id) WHERE kind = 'discussion';
--bun:split
CREATE INDEX forum_member_person ON forum_member (person_id);
--bun:split
CREATE TABLE forum_thread (
  id           TEXT NOT NULL PRIMARY KEY,
  delivery_id  TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  course_key   TEXT NOT NULL,
  board        TEXT NOT NULL,
  activity_key TEXT NOT NULL,            -- of a prompt; '' on other boards
  group_id     TEXT NOT NULL,            -- whose discussion it is; '' is everybody's
  title        TEXT NOT NULL,            -- '' of a prompt: the course has it
  author_id    TEXT REFERENCES person (id) ON DELETE SET NULL,
  state        TEXT NOT NULL CHECK (state IN ('visible', 'hidden', 'merged')),
  merged_into  TEXT NOT NULL,            -- id of the thread that has its posts now, or ''
  pinned       {{.Bool}} NOT NULL,
  locked       {{.Bool}} NOT NULL,
  posts        {{.Int}} NOT NULL,        -- visible ones
  answered     {{.Bool}} NOT NULL,       -- somebody else than its author has written in it
  created_at   {{.Time}} NOT NULL,
  last_at      {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE UNIQUE INDEX forum_thread_prompt ON forum_thread (delivery_id, activity_key, group_id) WHERE activity_key <> '';
--bun:split
CREATE INDEX forum_thread_board ON forum_thread (delivery_id, board, pinned, last_at, id);
--bun:split
CREATE INDEX forum_thread_author ON forum_thread (author_id);
--bun:split
CREATE TABLE forum_post (
  id           TEXT NOT NULL PRIMARY KEY,
  thread_id    TEXT NOT NULL REFERENCES forum_thread (id) ON DELETE CASCADE,
  root_id      TEXT NOT NULL,            -- the response that it belongs to; of a response its own id
  level        {{.Int}} NOT NULL CHECK (level IN (1, 2, 3)), -- what opens a thread, response, comment
  parent_id    TEXT NOT NULL,            -- the post that it answers, or ''
  author_id    TEXT REFERENCES person (id) ON DELETE SET NULL,
  client_id    TEXT NOT NULL,            -- made by the form or the script that sent it
  digest       TEXT NOT NULL,            -- of what was sent under that id
  pseudonym    TEXT NOT NULL,            -- the name it is shown under, or '' for the author's own
  body         TEXT NOT NULL,
  html         TEXT NOT NULL,
  html_version {{.Int}} NOT NULL,
  words        {{.Int}} NOT NULL,
  unlocks      {{.Bool}} NOT NULL,       -- an answer long enough to show its author the others'
  late         {{.Bool}} NOT NULL,       -- after its author's date for it
  state        TEXT NOT NULL CHECK (state IN ('visible', 'hidden', 'deleted', 'held')),
  state_reason TEXT NOT NULL,
  state_at     {{.Time}},
  state_by     TEXT NOT NULL,            -- person id; '' while visible and when the author did it
  rev          {{.Int}} NOT NULL,        -- rises with each change of text or state
  edited_at    {{.Time}},
  endorsed_at  {{.Time}},
  useful       {{.Int}} NOT NULL,        -- how many found it so
  files        {{.Int}} NOT NULL,
  flags        {{.Int}} NOT NULL,        -- open reports
  created_at   {{.Time}} NOT NULL,
  UNIQUE (author_id, client_id)
){{.Strict}};
--bun:split
-- The order of a thread's page.
CREATE INDEX forum_post_place ON forum_post (thread_id, root_id, level, id);
--bun:split
-- What is new since somebody looked.
CREATE INDEX forum_post_new ON forum_post (thread_id, id);
--bun:split
CREATE INDEX forum_post_author ON forum_post (author_id, created_at);
--bun:split
{{if .SQLite}}SELECT 1{{else}}CREATE INDEX forum_post_words ON forum_post USING gin (to_tsvector('english', body)){{end}};
--bun:split
-- What a post said before it was edited.
CREATE TABLE forum_edit (
  post_id TEXT NOT NULL REFERENCES forum_post (id) ON DELETE CASCADE,
  rev     {{.Int}} NOT NULL,
  body    TEXT NOT NULL,
  reason  TEXT NOT NULL,                 -- of the edit that replaced it
  staff   {{.Bool}} NOT NULL,            -- somebody else than the author edited it
  at      {{.Time}} NOT NULL,
  PRIMARY KEY (post_id, rev)
){{.Strict}};
--bun:split
CREATE TABLE forum_file (
  id      TEXT NOT NULL PRIMARY KEY,
  post_id TEXT NOT NULL REFERENCES forum_post (id) ON DELETE CASCADE,
  name    TEXT NOT NULL,
  type    TEXT NOT NULL,
  size    {{.Int}} NOT NULL,
  data    {{.Blob}} NOT NULL,
  at      {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX forum_file_post ON forum_file (post_id);
--bun:split
CREATE TABLE forum_useful (
  post_id   TEXT NOT NULL REFERENCES forum_post (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  at        {{.Time}} NOT NULL,
  PRIMARY KEY (post_id, person_id)
){{.Strict}};
--bun:split
CREATE INDEX forum_useful_person ON forum_useful (person_id);
--bun:split
CREATE TABLE forum_mention (
  post_id   TEXT NOT NULL REFERENCES forum_post (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  PRIMARY KEY (post_id, person_id)
){{.Strict}};
--bun:split
CREATE INDEX forum_mention_person ON forum_mention (person_id);
--bun:split
-- How far somebody has read a thread, and whether they follow it.
CREATE TABLE forum_mark (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  thread_id TEXT NOT NULL REFERENCES forum_thread (id) ON DELETE CASCADE,
  read_to   TEXT NOT NULL,               -- id of the newest post seen, or ''; it only rises
  follow    TEXT NOT NULL CHECK (follow IN ('', 'follow', 'mute')),
  at        {{.Time}} NOT NULL,
  PRIMARY KEY (person_id, thread_id)
){{.Strict}};
--bun:split
CREATE INDEX forum_mark_thread ON forum_mark (thread_id);
--bun:split
-- A text that somebody has begun. Place is the id of a thread, or new:<delivery>:<board>.
CREATE TABLE forum_draft (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  place     TEXT NOT NULL,
  title     TEXT NOT NULL,
  body      TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  version   {{.Int}} NOT NULL,
  page      TEXT NOT NULL,
  n         {{.Int}} NOT NULL,
  saved_at  {{.Time}} NOT NULL,
  PRIMARY KEY (person_id, place)
){{.Strict}};
--bun:split
-- The name that somebody has on one board where they chose not to show their own.
CREATE TABLE forum_alias (
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  board       TEXT NOT NULL,
  person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  PRIMARY KEY (delivery_id, board, person_id),
  UNIQUE (delivery_id, board, name)
){{.Strict}};
--bun:split
-- What a facilitator thinks of somebody's part in one prompt: 0, 1 or 2 for each of three.
CREATE TABLE forum_grade (
  delivery_id  TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  activity_key TEXT NOT NULL,
  person_id    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  course_key   TEXT NOT NULL,
  answer       {{.Int}} NOT NULL,
  replies      {{.Int}} NOT NULL,
  moves        {{.Int}} NOT NULL,
  excused      {{.Bool}} NOT NULL,
  feedback     TEXT NOT NULL,
  marked_by    TEXT NOT NULL,            -- person id
  marked_at    {{.Time}} NOT NULL,
  version      {{.Int}} NOT NULL,
  PRIMARY KEY (delivery_id, activity_key, person_id)
){{.Strict}};
--bun:split
CREATE INDEX forum_grade_person ON forum_grade (person_id);
--bun:split
-- Sentences of feedback that a facilitator uses again.
CREATE TABLE forum_phrase (
  id        TEXT NOT NULL PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  text      TEXT NOT NULL,
  at        {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX forum_phrase_person ON forum_phrase (person_id);
--bun:split
-- What somebody is told of on the site. What it says is looked up when it is read.
CREATE TABLE inbox (
  id        TEXT NOT NULL PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  name      TEXT NOT NULL,               -- unique for the person: told twice, it is there once
  kind      TEXT NOT NULL,               -- which sentence it is
  subject   TEXT NOT NULL,               -- words of the thing it is about, such as a title
  href      TEXT NOT NULL,               -- where it leads
  post_id   TEXT NOT NULL,               -- of a post, or ''
  at        {{.Time}} NOT NULL,
  read_at   {{.Time}},
  mailed_at {{.Time}},                   -- in a letter, or never to be
  UNIQUE (person_id, name)
){{.Strict}};
--bun:split
CREATE INDEX inbox_person ON inbox (person_id, id);
--bun:split
CREATE INDEX inbox_post ON inbox (post_id);
--bun:split
ALTER TABLE notify_choice ADD COLUMN discussion TEXT NOT NULL DEFAULT 'daily'; -- now, daily, weekly or off
