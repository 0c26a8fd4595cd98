CREATE TABLE identity (
    issuer       TEXT NOT NULL, -- who vouches
    subject      TEXT NOT NULL, -- how the issuer calls the person; never used again for another
    id           TEXT NOT NULL UNIQUE,
    person_id    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    provider     TEXT NOT NULL, -- the name in the settings when it was last used
    account      TEXT NOT NULL, -- what the person calls it: the address or the name there
    created_at   {{.Time}} NOT NULL,
    used_at      {{.Time}} NOT NULL,
    PRIMARY KEY (issuer, subject)
){{.Strict}}
--bun:split
CREATE INDEX identity_person ON identity (person_id, created_at)
--bun:split
CREATE TABLE passkey (
    id            TEXT NOT NULL PRIMARY KEY,
    credential_id TEXT NOT NULL UNIQUE, -- base64url
    person_id     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    data          TEXT NOT NULL, -- JSON: public key, counter, flags
    created_at    {{.Time}} NOT NULL,
    used_at       {{.Time}},
    cloned_at     {{.Time}}      -- its counter went backwards: it is refused from then on
){{.Strict}}
--bun:split
CREATE INDEX passkey_person ON passkey (person_id, created_at)
--bun:split
CREATE TABLE signon_spent (
    hash     TEXT NOT NULL PRIMARY KEY, -- of a state or a challenge that has been used
    until    {{.Time}} NOT NULL         -- when it would have been too old anyway
){{.Strict}}
