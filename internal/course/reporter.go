package course

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"sort"
	"strings"

	"greenroom/internal/markdown"
)

// Reporter collects the findings of one file while a Kind parses it, and renders its texts. It belongs to one file and one
// goroutine.
type Reporter struct {
	file     string // from the courses folder
	findings Findings
	in       *parse
	texts    int             // rendered so far, for ids
	used     map[string]bool // media shown by this file
	afters   []func(*Revision)
	said     []Text // what people read in this file, for its level
	heard    map[Text]bool
}

// Error notes a fault that stops publishing. line is the file's, from 1 (0: the whole file); what and remedy are phrases
// without full stop: Error(12, `option 2 has no feedback`, `say why it is wrong and how to tell next time`).
func (r *Reporter) Error(line int, what, remedy string) { r.add(SevError, line, what, remedy) }

// Warn notes something worth a look.
func (r *Reporter) Warn(line int, what, remedy string) { r.add(SevWarning, line, what, remedy) }

// maxFindings a file; a file of random bytes should not make a million.
const maxFindings = 200

func (r *Reporter) add(s Severity, line int, what, remedy string) {
	if len(r.findings) < maxFindings {
		r.findings = append(r.findings, Finding{File: r.file, Line: line, Severity: s, What: what, Remedy: remedy})
	}
}

// Failed says whether there was an error in this file so far.
func (r *Reporter) Failed() bool { return r.findings.Broken() }

// Stored says whether the file was published before: it was checked then, and needs only to be read.
func (r *Reporter) Stored() bool { return r.in.stored }

// Readings longer or harder than this get a warning.
const (
	maxWords   = 450
	maxGrade   = 10.0
	maxMinutes = 12
)

// Markdown renders a text with the course's links, pictures and citations, and reports what is wrong in it at the right lines.
// Ids in it are unique in the file, so several rendered texts may stand on one page. The body of a reading also gets the
// warnings about length and reading level.
func (r *Reporter) Markdown(t Text) markdown.HTML {
	if t.Empty() {
		return ""
	}
	r.hear(t)
	h, issues := markdown.Course(t.Value, r.options())
	r.issues(t, issues)
	if r.in.stored {
		return h
	}
	m := markdown.Read(t.Value)
	if m.Grade > maxGrade {
		r.Warn(t.Line, fmt.Sprintf("the text reads at school year %.0f", m.Grade), "shorter sentences and plainer words; aim for year 9")
	}
	if strings.HasSuffix(r.file, ".md") && m.Words > maxWords {
		r.Warn(t.Line, fmt.Sprintf("the text has %d words", m.Words), fmt.Sprintf("split it: a step reads best under %d", maxWords))
	}
	return h
}

// Inline is Markdown for a text of one paragraph: emphasis, code, links, citations; without the p element.
func (r *Reporter) Inline(t Text) markdown.HTML {
	if t.Empty() {
		return ""
	}
	r.hear(t)
	h, issues := markdown.CourseInline(t.Value, r.options())
	r.issues(t, issues)
	return h
}

func (r *Reporter) issues(t Text, issues []markdown.Issue) {
	for _, i := range issues {
		s := SevError
		if i.Warning {
			s = SevWarning
		}
		r.add(s, t.Line+i.Line-1, i.What, i.Remedy)
	}
}

// Source finds a source of course.yaml. The caller reports when there is none.
func (r *Reporter) Source(id string) (Source, bool) {
	if r.in.noSources { // course.yaml could not be read, and that is reported
		return Source{ID: id}, true
	}
	s, ok := r.in.sources[id]
	if ok {
		r.in.cited[id] = true
	}
	return s, ok
}

// After runs check when all files of the course were parsed, for rules across files; Error and Warn in it count to this file.
// An activity whose own file has faults is in the revision with nil Content: say nothing about it then.
func (r *Reporter) After(check func(rev *Revision)) { r.afters = append(r.afters, check) }

func (r *Reporter) options() markdown.Options {
	r.texts++
	prefix := ""
	if r.texts > 1 || !strings.HasSuffix(r.file, ".md") {
		prefix = fmt.Sprintf("t%d", r.texts)
	}
	return markdown.Options{
		Labels: r.in.labels, Lang: r.in.lang, Prefix: prefix,
		Link: r.link, Media: r.media, Cite: r.cite, Transcript: r.transcript,
	}
}

// local makes a path that is relative to this file one from the course folder.
func (r *Reporter) local(rel string) (string, bool) {
	p := path.Join(path.Dir(r.file), rel)
	return strings.CutPrefix(p, r.in.folder.key+"/")
}

func (r *Reporter) link(dest string) (string, error) {
	p, ok := r.local(dest)
	if ok {
		if href, ok := r.in.steps[p]; ok {
			return href, nil
		}
		if _, ok := r.in.folder.media[p]; ok {
			return r.url(p), nil
		}
	}
	return "", fmt.Errorf("the link %q leads to no file", dest)
}

func (r *Reporter) url(p string) string {
	r.used[p], r.in.used[p] = true, true
	return "/courses/" + r.in.folder.key + "/media/" + r.in.folder.hash + "/" + p
}

var wanted = map[string]string{
	markdown.WantImage:    ".svg .png .jpg .jpeg .gif",
	markdown.WantVideo:    ".mp4",
	markdown.WantCaptions: ".vtt",
}

func (r *Reporter) media(rel, want string) (markdown.Media, error) {
	p, ok := r.local(rel)
	var m *medium
	if ok {
		m = r.in.folder.media[p]
	}
	if m == nil {
		return markdown.Media{}, fmt.Errorf("there is no file %q", rel)
	}
	if !strings.Contains(wanted[want]+" ", path.Ext(p)+" ") {
		return markdown.Media{}, fmt.Errorf("%q is not for a place that wants %s", rel, wanted[want])
	}
	return markdown.Media{URL: r.url(p), Width: m.Width, Height: m.Height}, nil
}

func (r *Reporter) cite(id string) (text, href string, err error) {
	s, ok := r.Source(id)
	if !ok {
		return "", "", fmt.Errorf("there is no source %q", id)
	}
	text = s.Publisher
	if text == "" {
		text = s.Title
	}
	if s.Year > 0 {
		text += fmt.Sprintf(", %d", s.Year)
	}
	return text, s.URL, nil
}

func (r *Reporter) transcript(rel string) (markdown.HTML, error) {
	p, ok := r.local(rel)
	data, there := r.in.folder.texts[p]
	if !ok || !there || path.Ext(p) != ".md" || !inMedia(p) {
		return "", fmt.Errorf("there is no transcript %q", rel)
	}
	r.in.used[p], r.used[p] = true, true
	// The transcript's faults belong to its own file, with its own lines.
	t := &Reporter{file: r.in.folder.key + "/" + p, in: r.in, used: map[string]bool{}}
	o := t.options()
	r.texts++
	o.Transcript, o.Prefix = nil, fmt.Sprintf("t%d", r.texts)
	h, issues := markdown.Course(string(data), o)
	t.issues(Text{Line: 1}, issues)
	r.findings = append(r.findings, t.findings...)
	return h, nil
}

// mark is the hash of an activity: its file and what it shows.
func (r *Reporter) mark(data []byte) string {
	h := sha256.New()
	h.Write(data)
	shown := make([]string, 0, len(r.used))
	for p := range r.used {
		shown = append(shown, p)
	}
	sort.Strings(shown)
	for _, p := range shown {
		if m := r.in.folder.media[p]; m != nil {
			fmt.Fprintf(h, "\x00%s %s", p, m.Sum)
		} else {
			fmt.Fprintf(h, "\x00%s %s", p, sum(r.in.folder.texts[p]))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
