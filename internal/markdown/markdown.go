package markdown

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Labels are the words that rendered text needs, in the text's language.
type Labels struct {
	Note, Tip, Caution, Term, Story, Case, Example, Myth string // callouts without a title of their own
	Try, Answer                                          string // above a try-first question; what opens its answer
	Table                                                string // before the column names, for screen readers
	Transcript                                           string // what opens a film's transcript
	Captions                                             string // name of the captions in the film's menu
	Back                                                 string // from a footnote to its place
}

// Media is a file of the course, resolved.
type Media struct {
	URL           string
	Width, Height int // of a picture, 0 when not known
}

// What a place wants of a media file; the argument of Options.Media.
const (
	WantImage    = "image"
	WantVideo    = "video"
	WantCaptions = "captions"
)

// Options are the places where rendered course text meets the course. A nil function refuses what it would answer for.
// Errors of these functions are shown to the author as the fault; they are a phrase like "there is no file x".
type Options struct {
	Labels Labels
	Lang   string // of the text, for captions
	Prefix string // for ids: letters and digits; must differ between the texts of one page
	// Link resolves an own link (not https, not mailto).
	Link func(dest string) (href string, err error)
	// Media resolves the path of a picture, film or caption file.
	Media func(path, want string) (Media, error)
	// Cite resolves the id of a source; href may be empty.
	Cite func(id string) (text, href string, err error)
	// Transcript renders a Markdown file named in a video block.
	Transcript func(path string) (HTML, error)
}

// Issue is one thing to mend in a text. What and Remedy are phrases without full stop.
type Issue struct {
	Line         int // in the text, from 1
	Warning      bool
	What, Remedy string
}

// Course renders course text. Issues come in the order of their lines; the markup is usable even with issues.
func Course(src string, o Options) (HTML, []Issue) {
	doc, c := parseCourse(src, o)
	return sanitise(renderNode(courseMarkdown, c.src, doc)), c.sorted()
}

// CourseInline renders one paragraph of course text without its p element. Anything else than one paragraph is an issue.
func CourseInline(src string, o Options) (HTML, []Issue) {
	doc, c := parseCourse(src, o)
	first := doc.FirstChild()
	if first == nil {
		return "", c.sorted()
	}
	para, ok := first.(*ast.Paragraph)
	if !ok || first.NextSibling() != nil {
		n := first
		if ok {
			n = first.NextSibling()
		}
		c.report(n, "only one paragraph of plain text can stand here", "take out lists, headings, pictures and empty lines")
		if !ok {
			return trimmed(renderNode(courseMarkdown, c.src, doc)), c.sorted()
		}
	}
	inline := ast.NewTextBlock()
	for n := para.FirstChild(); n != nil; n = para.FirstChild() {
		inline.AppendChild(inline, n)
	}
	return trimmed(renderNode(courseMarkdown, c.src, inline)), c.sorted()
}

func trimmed(s string) HTML { return HTML(strings.TrimSpace(string(sanitise(s)))) }

// User renders what a learner wrote: no pictures, no HTML, no own ids; headings two levels lower; links only to https, mailto and
// our own pages, marked as not ours.
func User(src string) HTML {
	if tooDeep.MatchString(src) {
		return sanitise("<p>" + esc(src) + "</p>")
	}
	b := []byte(src)
	pc := parser.NewContext()
	doc := userMarkdown.Parser().Parse(text.NewReader(b), parser.WithContext(pc))
	return sanitise(renderNode(userMarkdown, b, doc))
}

// tooDeep is a line of quotations within quotations: the parser needs time by the square of their depth.
var tooDeep = regexp.MustCompile(`(?m)^(?:[ \t]*(?:>|[-+*][ \t]|[0-9]{1,9}[.)][ \t])){21,}`)

func parseCourse(src string, o Options) (ast.Node, *checker) {
	c := &checker{src: []byte(src), o: o}
	if at := tooDeep.FindStringIndex(src); at != nil {
		c.issues = append(c.issues, Issue{Line: 1 + strings.Count(src[:at[0]], "\n"), What: "quotations and lists more than 20 deep", Remedy: "take some of the marks at the start of the line away"})
		c.src = nil
	}
	pc := parser.NewContext()
	pc.Set(checkerKey, c)
	doc := courseMarkdown.Parser().Parse(text.NewReader(c.src), parser.WithContext(pc))
	return doc, c
}

func renderNode(md *dialect, src []byte, n ast.Node) string {
	var b sheet
	b.Grow(len(src) + len(src)/4)
	if err := md.Renderer().Render(&b, src, n); err != nil {
		return "" // a buffer does not fail
	}
	return b.String()
}

// sheet is a buffer that goldmark writes to as it is, without a second one of 4 KB in between.
type sheet struct{ bytes.Buffer }

var _ util.BufWriter = (*sheet)(nil)

func (*sheet) Buffered() int { return 0 }
func (*sheet) Flush() error  { return nil }
