package course

import "greenroom/internal/markdown"

// Reporter collects the findings of one file while a Kind parses it, and renders its texts. It belongs to one file and one
// goroutine.
type Reporter struct {
	file     string
	findings Findings
}

// Error notes a fault that stops publishing. line is the file's, from 1 (0: the whole file); what and remedy are phrases
// without full stop: Error(12, `option 2 has no feedback`, `say why it is wrong and how to tell next time`).
func (r *Reporter) Error(line int, what, remedy string) {}

// Warn notes something worth a look.
func (r *Reporter) Warn(line int, what, remedy string) {}

// Failed says whether there was an error in this file so far.
func (r *Reporter) Failed() bool { return r.findings.Broken() }

// Markdown renders a text with the course's links, pictures and citations, and reports what is wrong in it at the right lines.
// Ids in it are unique in the file, so several rendered texts may stand on one page.
func (r *Reporter) Markdown(t Text) markdown.HTML { return "" }

// Inline is Markdown for a text of one paragraph: emphasis, code, links, citations; without the p element.
func (r *Reporter) Inline(t Text) markdown.HTML { return "" }

// Source finds a source of course.yaml. The caller reports when there is none.
func (r *Reporter) Source(id string) (Source, bool) { return Source{}, false }

// After runs check when all files of the course were parsed, for rules across files; Error and Warn in it count to this file.
// An activity whose own file has faults is in the revision with nil Content: say nothing about it then.
func (r *Reporter) After(check func(rev *Revision)) {}
