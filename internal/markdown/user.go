package markdown

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var (
	// outside is an address on another site.
	outside = regexp.MustCompile(`^https://[^\s/?#@"'<>\\]+(?:[/?#][^\s"'<>\\]*)?$`)
	// own is a path on this site: one slash, never two, which would name another site.
	own = regexp.MustCompile(`^/(?:[^/\\\s"'<>][^\s"'<>\\]*)?$`)
	// mail is a mail address and nothing else: no subject, no second receiver.
	mail = regexp.MustCompile(`^mailto:[^\s"'<>\\?&,;]+@[^\s"'<>\\?&,;@]+$`)
)

type userTransformer struct{}

// Transform takes from a learner's text what it may not have.
func (userTransformer) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	src := reader.Source()
	var nodes []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			nodes = append(nodes, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+2, 6)
		case *ast.Image:
			unwrap(n)
		case *ast.Link:
			userLink(n, string(n.Destination))
		case *ast.AutoLink:
			label := ast.NewString(util.EscapeHTML(n.Label(src)))
			label.SetCode(true)
			box := ast.NewLink()
			box.AppendChild(box, label)
			dest := string(n.URL(src))
			if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(dest), "mailto:") {
				dest = "mailto:" + dest
			}
			replace(n, box)
			userLink(box, dest)
		case *east.Table:
			for row := n.FirstChild(); row != nil; row = row.NextSibling() {
				for ch := row.FirstChild(); ch != nil; ch = ch.NextSibling() {
					if cell, ok := ch.(*east.TableCell); ok {
						alignCell(cell)
					}
				}
			}
			wrap := &tableWrap{label: nodeText(src, n.FirstChild())}
			replace(n, wrap)
			wrap.AppendChild(wrap, n)
		}
	}
}

func userLink(n *ast.Link, dest string) {
	href := string(util.URLEscape([]byte(dest), true))
	if strings.Contains(dest, `\`) || !outside.MatchString(href) && !own.MatchString(href) && !mail.MatchString(href) {
		unwrap(n)
		return
	}
	a := &anchor{href: href, rel: relUser}
	moveAll(n, a)
	replace(n, a)
}

// unwrap leaves a node's children in its place.
func unwrap(n ast.Node) {
	p := n.Parent()
	for ch := n.FirstChild(); ch != nil; ch = n.FirstChild() {
		p.InsertBefore(p, n, ch)
	}
	p.RemoveChild(p, n)
}
