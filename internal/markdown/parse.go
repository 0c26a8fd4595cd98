package markdown

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

type dialect struct{ goldmark.Markdown }

// checkerKey finds the checker of the text being parsed; the parsers themselves are shared by all texts.
var checkerKey = parser.NewContextKey()

var (
	courseMarkdown = newCourseMarkdown()
	userMarkdown   = newUserMarkdown()
)

// blockParsers is CommonMark without underlined headings: a line of hyphens under a text is always a rule, which the try-first
// block needs. HTML blocks are known to the course dialect only so that they can be reported.
func blockParsers(withHTML bool) []util.PrioritizedValue {
	ps := []util.PrioritizedValue{
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	}
	if withHTML {
		ps = append(ps, util.Prioritized(parser.NewHTMLBlockParser(), 900))
	}
	return ps
}

func inlineParsers(withHTML bool) []util.PrioritizedValue {
	ps := []util.PrioritizedValue{
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
	}
	if withHTML {
		ps = append(ps, util.Prioritized(parser.NewRawHTMLParser(), 400), util.Prioritized(citeParser{}, 99))
	}
	return ps
}

// linkify leaves plain www. addresses alone: they would become http links.
func linkify() goldmark.Extender {
	return extension.NewLinkify(
		extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"}),
		extension.WithLinkifyWWWRegexp(regexp.MustCompile(`\A[^\s\S]`)),
	)
}

func newCourseMarkdown() *dialect {
	ps := parser.NewParser(
		parser.WithBlockParsers(blockParsers(true)...),
		parser.WithInlineParsers(inlineParsers(true)...),
		parser.WithParagraphTransformers(append(parser.DefaultParagraphTransformers(),
			util.Prioritized(calloutTransformer{}, 50))...),
		parser.WithASTTransformers(util.Prioritized(checkTransformer{}, 10_000)),
	)
	return &dialect{goldmark.New(
		goldmark.WithParser(ps),
		goldmark.WithExtensions(table(), extension.Strikethrough, linkify(),
			extension.NewFootnote(extension.WithFootnoteIDPrefixFunction(footnotePrefix))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(ownRenderer{}, 100))),
	)}
}

func newUserMarkdown() *dialect {
	ps := parser.NewParser(
		parser.WithBlockParsers(blockParsers(false)...),
		parser.WithInlineParsers(inlineParsers(false)...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithASTTransformers(util.Prioritized(userTransformer{}, 10_000)),
	)
	return &dialect{goldmark.New(
		goldmark.WithParser(ps),
		goldmark.WithExtensions(table(), extension.Strikethrough, linkify()),
		goldmark.WithRendererOptions(html.WithHardWraps(),
			renderer.WithNodeRenderers(util.Prioritized(ownRenderer{}, 100))),
	)}
}

func table() goldmark.Extender {
	return extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))
}

const prefixMeta = "greenroom-prefix"

func footnotePrefix(n ast.Node) []byte {
	if d := n.OwnerDocument(); d != nil {
		if p, ok := d.Meta()[prefixMeta].(string); ok {
			return []byte(p)
		}
	}
	return nil
}

// calloutMark is the first line of a callout: [!TIP] and a title.
var calloutMark = regexp.MustCompile(`^\[!([A-Za-z]+)\][ \t]*`)

// calloutTransformer takes the mark off the first line of a quotation before the line's inline text is parsed. What follows the mark
// becomes a block of its own, the title.
type calloutTransformer struct{}

// Transform is called for every paragraph.
func (calloutTransformer) Transform(node *ast.Paragraph, reader text.Reader, _ parser.Context) {
	quote, ok := node.Parent().(*ast.Blockquote)
	if !ok || node.PreviousSibling() != nil || node.Lines().Len() == 0 {
		return
	}
	first := node.Lines().At(0)
	line := first.Value(reader.Source())
	m := calloutMark.FindSubmatch(line)
	if m == nil {
		return
	}
	t := &calloutTitle{Mark: string(bytes.ToUpper(m[1]))}
	title := text.NewSegment(first.Start+len(m[0]), first.Stop)
	title = title.TrimRightSpace(reader.Source())
	if title.Len() > 0 {
		t.Lines().Append(title)
	} else {
		t.Empty = true
	}
	t.Start = first.Start
	rest := text.NewSegments()
	for i := 1; i < node.Lines().Len(); i++ {
		rest.Append(node.Lines().At(i))
	}
	quote.InsertBefore(quote, node, t)
	if rest.Len() == 0 {
		quote.RemoveChild(quote, node)
		return
	}
	node.SetLines(rest)
}

// citeMark is a citation of one source.
var citeMark = regexp.MustCompile(`^\[@([A-Za-z0-9][A-Za-z0-9._-]{0,39})\]`)

type citeParser struct{}

// Trigger is the character that may begin a citation.
func (citeParser) Trigger() []byte { return []byte{'['} }

// Parse reads a citation or nothing.
func (citeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, seg := block.PeekLine()
	m := citeMark.FindSubmatch(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m[0]))
	return &cite{ID: string(m[1]), Start: seg.Start}
}
