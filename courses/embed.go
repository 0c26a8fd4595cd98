// Package courses carries the shipped courses in the binary. The folders beside this file are the source: see
// docs/course-format.md. glossary.yaml and pathways.yaml belong to all of them.
package courses

import "embed"

// Files are the shipped courses, one folder each.
//
//go:embed glossary.yaml pathways.yaml using-social-media managing-social-media working-with-the-public
var Files embed.FS
