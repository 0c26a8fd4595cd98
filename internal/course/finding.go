package course

import (
	"fmt"
	"sort"
	"strings"
)

// Severity says whether a finding stops a course from being published.
type Severity string

// The severities.
const (
	SevError   Severity = "error"   // the course cannot be published
	SevWarning Severity = "warning" // worth a look; publishing goes on
)

// Finding is one thing to mend in the course tree. What and Remedy are English sentences for authors.
type Finding struct {
	File     string   `json:"file"` // from the courses folder, with slashes
	Line     int      `json:"line"` // from 1; 0 when the finding is about the whole file or folder
	Severity Severity `json:"severity"`
	What     string   `json:"what"`   // the fault, without full stop
	Remedy   string   `json:"remedy"` // how to mend it, without full stop
}

// String writes a finding the way compilers do, so that editors can jump to it:
// "using-x/course.yaml:3: error: unknown field "titel"; did you mean "title"?".
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	fmt.Fprintf(&b, ": %s: %s", f.Severity, f.What)
	if f.Remedy != "" {
		b.WriteString("; " + f.Remedy)
	}
	return b.String()
}

// Findings are all things to mend in a tree, sorted by file and line.
type Findings []Finding

// Errors counts the findings that stop publishing.
func (fs Findings) Errors() int {
	n := 0
	for _, f := range fs {
		if f.Severity == SevError {
			n++
		}
	}
	return n
}

// Warnings counts the findings that do not stop publishing.
func (fs Findings) Warnings() int { return len(fs) - fs.Errors() }

// Broken says whether anything stops publishing.
func (fs Findings) Broken() bool { return fs.Errors() > 0 }

// String writes one finding a line.
func (fs Findings) String() string {
	var b strings.Builder
	for _, f := range fs {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func (fs Findings) sort() {
	sort.SliceStable(fs, func(i, j int) bool {
		a, b := fs[i], fs[j]
		if a.File != b.File {
			return a.File < b.File
		}
		return a.Line < b.Line
	})
}

// Broken is the error of Publish when the tree has faults; nothing was changed then.
type Broken struct{ Findings Findings }

// Error counts the faults; the findings themselves say what they are.
func (b *Broken) Error() string {
	return fmt.Sprintf("the courses have %d faults; nothing was published", b.Findings.Errors())
}
