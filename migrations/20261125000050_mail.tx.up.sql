-- Letters on their way. The text is emptied once a letter has left or been given up: it may hold a secret link.
CREATE TABLE mail (
    id          TEXT NOT NULL PRIMARY KEY,
    to_address  TEXT NOT NULL,
    subject     TEXT NOT NULL,
    body_text   TEXT NOT NULL,
    body_html   TEXT NOT NULL,
    state       TEXT NOT NULL, -- queued | sent | dead | kept (development mailbox)
    attempts    {{.Int}} NOT NULL,
    due_at      {{.Time}} NOT NULL, -- when it is next tried; while it is being sent, when another node may take it over
    created_at  {{.Time}} NOT NULL,
    done_at     {{.Time}},
    last_error  TEXT NOT NULL  -- SMTP code and stage, never an address
){{.Strict}}
--bun:split
CREATE INDEX mail_due ON mail (state, due_at)
