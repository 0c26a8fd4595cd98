-- Files that all courses of a site share: the glossary and the pathways. Every published state is kept, as those of courses are.
CREATE TABLE shared_revision (
    hash         TEXT PRIMARY KEY, -- SHA-256 of name and bytes
    name         TEXT NOT NULL,    -- the file's name: glossary.yaml
    data         {{.Blob}} NOT NULL,
    published_at {{.Time}} NOT NULL
){{.Strict}};

--bun:split
-- Which state is shown.
CREATE TABLE shared_file (
    name          TEXT PRIMARY KEY,
    revision_hash TEXT NOT NULL REFERENCES shared_revision (hash),
    updated_at    {{.Time}} NOT NULL
){{.Strict}};
