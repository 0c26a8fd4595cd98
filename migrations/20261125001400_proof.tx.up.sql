ALTER TABLE certificate ADD COLUMN version {{.Int}} NOT NULL DEFAULT 1;
--bun:split
ALTER TABLE certificate ADD COLUMN reissued_at {{.Time}};
--bun:split
ALTER TABLE certificate ADD COLUMN revoke_reason TEXT NOT NULL DEFAULT '';
--bun:split
ALTER TABLE certificate ADD COLUMN revoke_shown TEXT NOT NULL DEFAULT ''; -- what the public page says of the reason
--bun:split
CREATE INDEX certificate_issued ON certificate (issued_at, id);
--bun:split
-- Codes that were printed before the certificate was issued again under another name.
CREATE TABLE certificate_past (
  code TEXT PRIMARY KEY,
  certificate_id TEXT NOT NULL REFERENCES certificate (id) ON DELETE CASCADE,
  version {{.Int}} NOT NULL,
  name TEXT NOT NULL,
  replaced_at {{.Time}} NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX certificate_past_of ON certificate_past (certificate_id);
--bun:split
-- What stays of a certificate when its holder has deleted the account and wanted it to be checkable still.
CREATE TABLE certificate_kept (
  code TEXT PRIMARY KEY,
  course_title TEXT NOT NULL, -- '' with name and day for a code that was replaced
  name TEXT NOT NULL,
  issued_on TEXT NOT NULL,
  replaced_by TEXT NOT NULL,
  replaced_on TEXT NOT NULL,
  kept_at {{.Time}} NOT NULL,
  revoked_at {{.Time}},
  revoke_reason TEXT NOT NULL,
  revoke_shown TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX certificate_kept_at ON certificate_kept (kept_at, code);
--bun:split
-- That somebody completed mandatory training, after their account is gone: no name, no address, until kept_until.
CREATE TABLE kept_fact (
  id TEXT PRIMARY KEY,
  pseudonym TEXT NOT NULL, -- keyed digest of the proven address; the key is not in the database
  course_key TEXT NOT NULL,
  course_title TEXT NOT NULL,
  revision_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  cycle {{.Int}} NOT NULL,
  happened_on TEXT NOT NULL,
  kept_until {{.Time}} NOT NULL,
  UNIQUE (pseudonym, course_key, kind, cycle, happened_on)
){{.Strict}};
--bun:split
CREATE INDEX kept_fact_until ON kept_fact (kept_until);
