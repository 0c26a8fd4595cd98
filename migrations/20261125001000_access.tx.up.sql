CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at {{.Time}} NOT NULL,
  actor_id TEXT NOT NULL, -- no foreign key: the log outlives people
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  person_id TEXT NOT NULL,
  person_name TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  data TEXT NOT NULL
){{.Strict}};
--bun:split
CREATE INDEX audit_at ON audit (at, id);
--bun:split
CREATE INDEX audit_person ON audit (person_id, at);
--bun:split
CREATE INDEX audit_delivery ON audit (delivery_id, at);
--bun:split
CREATE TABLE role_grant (
  person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  delivery_id TEXT NOT NULL, -- '' is the whole site
  granted_by TEXT NOT NULL,  -- '' is an operator at the command line
  granted_at {{.Time}} NOT NULL,
  reason TEXT NOT NULL,
  expires_at {{.Time}},
  PRIMARY KEY (person_id, role, delivery_id)
){{.Strict}};
--bun:split
CREATE INDEX role_grant_delivery ON role_grant (delivery_id, role);
--bun:split
INSERT INTO role_grant (person_id, role, delivery_id, granted_by, granted_at, reason)
  SELECT id, role, '', '', created_at, 'had this role before grants were kept' FROM person WHERE role IN ('trainer', 'moderator', 'author', 'admin');
