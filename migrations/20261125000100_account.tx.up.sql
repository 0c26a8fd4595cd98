CREATE TABLE person (
    id            TEXT NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL, -- person | guest
    email         TEXT,
    email_folded  TEXT UNIQUE,   -- lower case, NFC; NULL for guests
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL, -- argon2id; '' until one is set
    role          TEXT NOT NULL, -- learner | trainer | moderator | author | admin
    lang          TEXT NOT NULL,
    theme         TEXT NOT NULL,
    text_size     TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    verified_at   {{.Time}},
    failed_count  {{.Int}} NOT NULL, -- wrong passwords in a row
    failed_at     {{.Time}},
    locked_until  {{.Time}},
    created_at    {{.Time}} NOT NULL,
    updated_at    {{.Time}} NOT NULL,
    disabled_at   {{.Time}}
){{.Strict}}
--bun:split
CREATE TABLE session (
    token_hash  TEXT NOT NULL PRIMARY KEY,
    data        {{.Blob}} NOT NULL,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    user_agent  TEXT NOT NULL,
    created_at  {{.Time}} NOT NULL,
    seen_at     {{.Time}} NOT NULL, -- written at most once an hour
    expires_at  {{.Time}} NOT NULL  -- never later than 7 days after created_at
){{.Strict}}
--bun:split
CREATE INDEX session_person ON session (person_id, created_at)
--bun:split
CREATE INDEX session_expires ON session (expires_at)
--bun:split
CREATE TABLE device (
    token_hash  TEXT NOT NULL PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, -- the guest; once claimed, who claimed
    created_at  {{.Time}} NOT NULL,
    seen_at     {{.Time}} NOT NULL, -- written at most once a day
    claimed_at  {{.Time}}           -- from then on the token means nothing
){{.Strict}}
--bun:split
CREATE INDEX device_person ON device (person_id)
--bun:split
CREATE INDEX device_seen ON device (seen_at)
--bun:split
CREATE TABLE account_token (
    token_hash  TEXT NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL, -- verify | reset | change | undo
    person_id   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    email       TEXT NOT NULL, -- the address that it was sent to, or that it restores
    created_at  {{.Time}} NOT NULL,
    expires_at  {{.Time}} NOT NULL,
    used_at     {{.Time}}      -- spent or overtaken
){{.Strict}}
--bun:split
CREATE INDEX account_token_person ON account_token (person_id, kind, created_at)
