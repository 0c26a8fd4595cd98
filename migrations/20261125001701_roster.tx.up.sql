CREATE TABLE invitation (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  domains TEXT NOT NULL,
  max_uses {{.Int}} NOT NULL CHECK (max_uses >= 0),
  uses {{.Int}} NOT NULL DEFAULT 0 CHECK (uses >= 0),
  expires_at {{.Time}},
  created_by TEXT NOT NULL,
  created_at {{.Time}} NOT NULL,
  revoked_at {{.Time}}
){{.Strict}};

--bun:split
CREATE INDEX invitation_delivery ON invitation (delivery_id, created_at);

--bun:split
-- Who used an invitation, once for a person. A row with joined_at NULL waits for the person's address to be proven.
CREATE TABLE invitation_use (
  invitation_id TEXT NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  asked_at {{.Time}} NOT NULL,
  joined_at {{.Time}},
  PRIMARY KEY (invitation_id, person_id)
){{.Strict}};

--bun:split
CREATE INDEX invitation_use_person ON invitation_use (person_id);

--bun:split
-- People whom a trainer added by an address that nobody has proven yet. person_id is who has proven it and could not
-- come in; why says what is missing then.
CREATE TABLE pending_enrolment (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  person_id TEXT REFERENCES person (id) ON DELETE CASCADE,
  why TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL,
  created_at {{.Time}} NOT NULL,
  UNIQUE (delivery_id, email_folded)
){{.Strict}};

--bun:split
CREATE INDEX pending_enrolment_email ON pending_enrolment (email_folded);

--bun:split
CREATE INDEX pending_enrolment_person ON pending_enrolment (person_id);

--bun:split
CREATE TABLE prerequisite_bypass (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  granted_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  granted_at {{.Time}} NOT NULL,
  revoked_at {{.Time}}
){{.Strict}};

--bun:split
CREATE UNIQUE INDEX prerequisite_bypass_live ON prerequisite_bypass (person_id, delivery_id) WHERE revoked_at IS NULL;

--bun:split
CREATE TABLE roster_import (
  id TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  file_name TEXT NOT NULL,
  encoding TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('preview', 'queued', 'done', 'stopped')),
  letters {{.Bool}} NOT NULL,
  total {{.Int}} NOT NULL,
  reached {{.Int}} NOT NULL,
  failures {{.Int}} NOT NULL DEFAULT 0,
  why TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL,
  created_at {{.Time}} NOT NULL,
  applied_at {{.Time}},
  done_at {{.Time}}
){{.Strict}};

--bun:split
CREATE INDEX roster_import_delivery ON roster_import (delivery_id, created_at);

--bun:split
CREATE INDEX roster_import_queued ON roster_import (applied_at) WHERE state = 'queued';

--bun:split
CREATE TABLE roster_import_row (
  import_id TEXT NOT NULL REFERENCES roster_import (id) ON DELETE CASCADE,
  n {{.Int}} NOT NULL,
  line {{.Int}} NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  name TEXT NOT NULL,
  outcome TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (import_id, n)
){{.Strict}};

--bun:split
CREATE INDEX roster_import_row_outcome ON roster_import_row (import_id, outcome, n);
