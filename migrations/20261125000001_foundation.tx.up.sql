-- The oldest program that may run on this schema.
CREATE TABLE schema_info (
  id {{.Int}} PRIMARY KEY CHECK (id = 1),
  min_binary {{.Int}} NOT NULL
){{.Strict}};

--bun:split
INSERT INTO schema_info (id, min_binary) VALUES (1, 1);

--bun:split
-- Facts: what happened, recorded in the transaction that made it so, delivered to reactors after it.
CREATE TABLE fact (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
-- One row for each reactor that has still to hear of a fact.
CREATE TABLE fact_delivery (
  fact_id TEXT NOT NULL REFERENCES fact (id) ON DELETE CASCADE,
  reactor TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('due', 'done', 'dead')),
  attempt {{.Int}} NOT NULL,
  due_at {{.Time}} NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (fact_id, reactor)
){{.Strict}};

--bun:split
CREATE INDEX fact_delivery_due ON fact_delivery (state, due_at);

--bun:split
-- Numbered streams: head is the number of the newest event. The epoch changes when history was replaced (restore).
CREATE TABLE stream (
  id TEXT PRIMARY KEY,
  head {{.Int}} NOT NULL,
  epoch {{.Int}} NOT NULL
){{.Strict}};

--bun:split
CREATE TABLE stream_event (
  stream_id TEXT NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
  n {{.Int}} NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  at {{.Time}} NOT NULL,
  PRIMARY KEY (stream_id, n)
){{.Strict}};
