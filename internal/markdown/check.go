package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	relOutside = "nofollow noopener"
	relUser    = "nofollow noopener ugc"
)

// checker looks over one course text.
type checker struct {
	src    []byte
	o      Options
	issues []Issue
	level  int // of the last heading
	ids    map[string]bool
	alike  map[string]int // headings that had the same words, by id
	frags  []fragment
	tables int
}

type fragment struct {
	a  *anchor
	at ast.Node
}

func (c *checker) report(at ast.Node, what, remedy string) {
	c.issues = append(c.issues, Issue{Line: c.line(at), What: what, Remedy: remedy})
}

func (c *checker) warn(at ast.Node, what, remedy string) {
	c.issues = append(c.issues, Issue{Line: c.line(at), Warning: true, What: what, Remedy: remedy})
}

func (c *checker) sorted() []Issue {
	sort.SliceStable(c.issues, func(i, j int) bool { return c.issues[i].Line < c.issues[j].Line })
	return c.issues
}

func (c *checker) line(n ast.Node) int {
	return 1 + bytes.Count(c.src[:min(max(offset(n), 0), len(c.src))], []byte{'\n'})
}

// offset finds where a node begins: by itself, by what is in it, by what stands before it, or by what holds it.
func offset(n ast.Node) int {
	for p := n; p != nil; p = p.Parent() {
		if at, ok := start(p); ok {
			return at
		}
		for s := p.PreviousSibling(); s != nil; s = s.PreviousSibling() {
			if at, ok := start(s); ok {
				return at
			}
		}
	}
	return 0
}

func start(n ast.Node) (int, bool) {
	switch n := n.(type) {
	case *ast.Text:
		return n.Segment.Start, true
	case *ast.RawHTML:
		if n.Segments.Len() > 0 {
			return n.Segments.At(0).Start, true
		}
	case *cite:
		return n.Start, true
	case *calloutTitle:
		return n.Start, true
	case *ast.FencedCodeBlock:
		if n.Info != nil {
			return n.Info.Segment.Start, true
		}
	}
	if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
		return n.Lines().At(0).Start, true
	}
	for ch := n.FirstChild(); ch != nil; ch = ch.NextSibling() {
		if at, ok := start(ch); ok {
			return at, true
		}
	}
	return 0, false
}

// nodeText is the plain text within a node.
func nodeText(src []byte, n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				b.Write(util.UnescapePunctuations(n.Segment.Value(src)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			case *ast.String:
				b.Write(n.Value)
			case *ast.AutoLink:
				b.Write(n.Label(src))
			case *picture:
				b.WriteString(n.alt)
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

type checkTransformer struct{}

// Transform checks a whole course text and puts our own nodes into it. The tree is read first and changed after, because goldmark's
// walk does not bear changes under way.
func (checkTransformer) Transform(doc *ast.Document, _ text.Reader, pc parser.Context) {
	c, ok := pc.Get(checkerKey).(*checker)
	if !ok {
		return
	}
	c.ids, c.alike = map[string]bool{}, map[string]int{}
	doc.Meta()[prefixMeta] = c.o.Prefix
	doc.Meta()[backMeta] = c.o.Labels.Back
	var nodes []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			nodes = append(nodes, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range nodes {
		c.node(n)
	}
	for _, f := range c.frags {
		if !c.ids[f.a.href[1:]] {
			c.report(f.at, fmt.Sprintf("no heading of this text has the address %q", "#"+strings.TrimPrefix(f.a.href, "#"+c.headingPrefix())),
				"use a heading's words in small letters with hyphens, or take the link out")
		}
	}
}

func (c *checker) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.HTMLBlock, *ast.RawHTML:
		c.report(n, "HTML is not allowed", "write it in Markdown; put code between backquotes, and a backslash before a plain <")
	case *ast.Heading:
		c.heading(n)
	case *ast.Blockquote:
		c.quote(n)
	case *ast.Image:
		c.image(n)
	case *ast.Link:
		c.link(n)
	case *ast.AutoLink:
		c.autoLink(n)
	case *cite:
		c.cite(n)
	case *east.Table:
		c.table(n)
	case *ast.FencedCodeBlock:
		if lang := string(n.Language(c.src)); lang == "video" {
			c.video(n)
		}
	case *ast.Paragraph, *ast.TextBlock:
		c.leftovers(n)
	}
}

func (c *checker) headingPrefix() string { return "h" + c.o.Prefix + "-" }

func (c *checker) heading(h *ast.Heading) {
	name := nodeText(c.src, h)
	switch {
	case name == "":
		c.report(h, "a heading without text", "give it words or take the # away")
	case h.Level == 1:
		c.report(h, "a heading of level 1 (#)", "begin with ##: the page's title is the only heading of level 1")
	case c.level == 0 && h.Level > 2:
		c.report(h, fmt.Sprintf("the first heading has level %d", h.Level), "begin with ##")
	case c.level > 0 && h.Level > c.level+1:
		c.report(h, fmt.Sprintf("the heading jumps from level %d to %d", c.level, h.Level), fmt.Sprintf("use %s", strings.Repeat("#", c.level+1)))
	}
	c.level = max(h.Level, 2)
	if h.Level == 1 {
		h.Level = 2
	}
	base := c.headingPrefix() + slug(name)
	id := base
	for c.ids[id] {
		c.alike[base]++
		id = fmt.Sprintf("%s-%d", base, c.alike[base]+1)
	}
	c.ids[id] = true
	h.SetAttributeString("id", []byte(id))
}

var notSlug = regexp.MustCompile(`[^\p{L}\p{N}]+`)

func slug(s string) string {
	s = strings.Trim(notSlug.ReplaceAllString(strings.ToLower(s), "-"), "-")
	if s == "" {
		return "section"
	}
	if r := []rune(s); len(r) > 60 {
		s = strings.Trim(string(r[:60]), "-")
	}
	return s
}

// callouts is every mark with its class, its element and where its label is.
var callouts = map[string]struct {
	class string
	label func(Labels) string
}{
	"NOTE":    {"note", func(l Labels) string { return l.Note }},
	"TIP":     {"note note-tip", func(l Labels) string { return l.Tip }},
	"CAUTION": {"note note-caution", func(l Labels) string { return l.Caution }},
	"TERM":    {"note note-term", func(l Labels) string { return l.Term }},
	"STORY":   {"note note-story", func(l Labels) string { return l.Story }},
	"CASE":    {"note note-case", func(l Labels) string { return l.Case }},
	"EXAMPLE": {"note note-example", func(l Labels) string { return l.Example }},
	"MYTH":    {"note note-myth", func(l Labels) string { return l.Myth }},
}

func (c *checker) quote(q *ast.Blockquote) {
	title, ok := q.FirstChild().(*calloutTitle)
	if !ok {
		return
	}
	if title.Mark == "TRY" {
		c.try(q, title)
		return
	}
	kind, known := callouts[title.Mark]
	if !known {
		c.report(title, fmt.Sprintf("unknown callout [!%s]", title.Mark),
			"use NOTE, TIP, CAUTION, TERM, STORY, CASE, EXAMPLE, MYTH or TRY")
		kind = callouts["NOTE"]
	}
	if title.NextSibling() == nil {
		c.report(title, "a callout without text", "write its text on the next lines, each with > in front")
	}
	title.class, title.Kind_ = "note-title", kind.label(c.o.Labels)
	box := &callout{class: kind.class}
	moveAll(q, box)
	replace(q, box)
}

func (c *checker) try(q *ast.Blockquote, title *calloutTitle) {
	title.class = "try-question"
	if title.Empty {
		c.report(title, "a [!TRY] without question", "write the question on the same line: > [!TRY] What would you do?")
	}
	var rule ast.Node
	for n := title.NextSibling(); n != nil && rule == nil; n = n.NextSibling() {
		if n.Kind() == ast.KindThematicBreak {
			rule = n
		}
	}
	if rule == nil || rule.NextSibling() == nil {
		c.report(title, "a [!TRY] without answer", "after the question write a line > --- and then the answer")
	}
	box, answer := &tryFirst{label: c.o.Labels.Try}, &tryAnswer{label: c.o.Labels.Answer}
	for n := q.FirstChild(); n != nil && n != rule; n = q.FirstChild() {
		box.AppendChild(box, n)
	}
	if rule != nil {
		q.RemoveChild(q, rule)
		moveAll(q, answer)
		box.AppendChild(box, answer)
	}
	replace(q, box)
}

func moveAll(from, to ast.Node) {
	for n := from.FirstChild(); n != nil; n = from.FirstChild() {
		to.AppendChild(to, n)
	}
}

func replace(old, with ast.Node) { old.Parent().ReplaceChild(old.Parent(), old, with) }

func (c *checker) table(t *east.Table) {
	c.tables++
	var heads []string
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		_, isHead := row.(*east.TableHeader)
		for n := row.FirstChild(); n != nil; n = n.NextSibling() {
			cell, ok := n.(*east.TableCell)
			if !ok {
				continue
			}
			if isHead {
				cell.SetAttributeString("scope", []byte("col"))
				if s := nodeText(c.src, cell); s != "" {
					heads = append(heads, s)
				}
			}
			alignCell(cell)
		}
	}
	if len(heads) == 0 {
		c.report(t, "a table without column names", "fill the first row")
	}
	label := strings.TrimSpace(fmt.Sprintf("%s %d: %s", c.o.Labels.Table, c.tables, strings.Join(heads, ", ")))
	if r := []rune(label); len(r) > 100 {
		label = string(r[:99]) + "…"
	}
	wrap := &tableWrap{label: label}
	replace(t, wrap)
	wrap.AppendChild(wrap, t)
}

func alignCell(cell *east.TableCell) {
	switch cell.Alignment {
	case east.AlignRight:
		cell.SetAttributeString("class", []byte("end"))
	case east.AlignCenter:
		cell.SetAttributeString("class", []byte("centre"))
	}
	cell.Alignment = east.AlignNone
}

// What Markdown leaves as plain text although the author surely meant something else.
var (
	lostFootnote = regexp.MustCompile(`\[\^[^\]\s]+\]`)
	lostCite     = regexp.MustCompile(`\[@[^\]]*\]?`)
	lostLink     = regexp.MustCompile(`\[[^\]\[]+\]\[[^\]]*\]`)
	lostMark     = regexp.MustCompile(`(?m)^\[![A-Za-z]+\]`)
)

func (c *checker) leftovers(n ast.Node) {
	var b strings.Builder
	for ch := n.FirstChild(); ch != nil; ch = ch.NextSibling() {
		if t, ok := ch.(*ast.Text); ok {
			b.Write(t.Segment.Value(c.src))
			if t.SoftLineBreak() {
				b.WriteByte('\n')
			}
		} else {
			b.WriteByte(0)
		}
	}
	s := b.String()
	if !strings.Contains(s, "[") {
		return
	}
	at := func(found string) ast.Node {
		for ch := n.FirstChild(); ch != nil; ch = ch.NextSibling() {
			if t, ok := ch.(*ast.Text); ok && strings.Contains(found, string(t.Segment.Value(c.src))) {
				return t
			}
		}
		return n
	}
	if m := lostFootnote.FindString(s); m != "" {
		c.report(at(m), fmt.Sprintf("the footnote %s has no text", m), fmt.Sprintf("add a line %s: with the note's text", m))
	}
	if m := lostCite.FindString(s); m != "" {
		c.report(at(m), fmt.Sprintf("%q is not a citation", m), "write one source in square brackets: [@S30]")
	}
	if m := lostLink.FindString(s); m != "" {
		c.report(at(m), fmt.Sprintf("%q is not a link", m), "write [text](address)")
	}
	if m := lostMark.FindString(s); m != "" {
		c.report(at(m), fmt.Sprintf("%s is not at the start of a quotation", m), "put it on the first line of its own quotation, with > in front")
	}
}
