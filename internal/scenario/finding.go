package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Finding is one thing that a checker has to say. Message and Remedy are plain English for authors, without full stop.
type Finding struct {
	Code    string `json:"code"` // E stops publication, W is worth a look, I is information
	Line    int    `json:"line"` // from 1
	Passage string `json:"passage"`
	At      string `json:"at,omitempty"` // more exactly: "passage.choice", a meter, a flag; what accept names
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
	// Accepted says why the author means it so; such a finding is not shown among the warnings.
	Accepted string `json:"accepted,omitempty"`
}

// Error says whether it stops publication.
func (f Finding) Error() bool { return strings.HasPrefix(f.Code, "E") }

// Warning says whether it wants a look: a W that the author has not accepted.
func (f Finding) Warning() bool { return strings.HasPrefix(f.Code, "W") && f.Accepted == "" }

// String writes a finding on one line, after the line number.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s", f.Line, f.Code)
	if f.Passage != "" {
		fmt.Fprintf(&b, " [%s]", f.Passage)
	}
	b.WriteString(" " + f.Message)
	if f.Remedy != "" {
		b.WriteString("; " + f.Remedy)
	}
	if f.Accepted != "" {
		b.WriteString(" (accepted: " + f.Accepted + ")")
	}
	return b.String()
}

// Findings is everything found in one file.
type Findings []Finding

// Broken says whether anything stops publication.
func (fs Findings) Broken() bool { return slices.ContainsFunc(fs, Finding.Error) }

// Has says whether a code was found that is not accepted.
func (fs Findings) Has(code string) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Code == code && f.Accepted == "" })
}

func (fs Findings) sort() {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code))
	})
}

// maxFindings bounds a report: a file of nonsense should not make a million.
const maxFindings = 200

// report collects the findings of one file.
type report struct {
	all   Findings
	lines int // of the file
}

func (r *report) add(code string, line int, at, what, remedy string) {
	if len(r.all) >= maxFindings {
		return
	}
	passage, _, _ := strings.Cut(at, ".")
	r.all = append(r.all, Finding{Code: code, Line: max(1, min(line, r.lines)), Passage: passage, At: at, Message: what, Remedy: remedy})
}

func (r *report) addf(code string, line int, at, remedy, format string, args ...any) {
	r.add(code, line, at, fmt.Sprintf(format, args...), remedy)
}

// nearest guesses which of the names was meant, as a remedy.
func nearest(wrong string, names []string, otherwise string) string {
	best, far := "", 3
	for _, n := range names {
		if d := distance(strings.ToLower(wrong), strings.ToLower(n)); d < far {
			best, far = n, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return otherwise
}

// distance is Levenshtein's, on short words.
func distance(a, b string) int {
	if len(a) > 60 || len(b) > 60 {
		return 60
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return row[len(b)]
}
