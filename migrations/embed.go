// Package migrations holds the schema's steps: one SQL file each, named YYYYMMDDhhmmss_<what>.tx.up.sql, run in
// that order and each in a transaction. A file serves both databases; the few words that differ are template
// variables (see internal/db). A step only adds; what is no longer used goes two releases later.
package migrations

import "embed"

// Files are the steps.
//
//go:embed *.sql
var Files embed.FS

// Schema is schema.txt: the tables as they stand after all steps.
//
//go:embed schema.txt
var Schema string

// MinBinary is what the newest step demands of a program that runs on the schema. A step that an older program
// cannot live with raises it.
const MinBinary = 1
