-- A published state of a course: its text files and the list of its media. Rows never change and never go.
CREATE TABLE revision (
    hash         TEXT NOT NULL PRIMARY KEY, -- SHA-256 over the list of files
    course_key   TEXT NOT NULL,
    title        TEXT NOT NULL,
    archive      {{.Blob}} NOT NULL,        -- gzip: one line of JSON, then the texts (see internal/course/archive.go)
    size         {{.Int}} NOT NULL,         -- bytes of all files, media too
    published_at {{.Time}} NOT NULL
){{.Strict}}
--bun:split
CREATE INDEX revision_by_course ON revision (course_key, published_at)
--bun:split
-- Which revision of a course is the current one.
CREATE TABLE course (
    key           TEXT NOT NULL PRIMARY KEY,
    revision_hash TEXT NOT NULL REFERENCES revision (hash),
    position      {{.Int}} NOT NULL,        -- in the catalogue
    updated_at    {{.Time}} NOT NULL,
    retired_at    {{.Time}}
){{.Strict}}
--bun:split
-- Pictures, films and documents, once each however many revisions show them.
CREATE TABLE course_media (
    sum  TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of data
    size {{.Int}} NOT NULL,
    data {{.Blob}} NOT NULL
){{.Strict}}
