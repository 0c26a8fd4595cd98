package markdown

import (
	"strconv"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// Our own nodes. They hold everything their markup needs, so the renderer is one for all texts.
type (
	calloutTitle struct {
		ast.BaseBlock
		Mark  string
		Kind_ string // the label shown before the title, or as the title
		Empty bool
		Start int
		class string
	}
	callout struct {
		ast.BaseBlock
		class string
	}
	tryFirst struct {
		ast.BaseBlock
		label string
	}
	tryAnswer struct {
		ast.BaseBlock
		label string
	}
	figure struct {
		ast.BaseBlock
		caption string
	}
	tableWrap struct {
		ast.BaseBlock
		label string
	}
	video struct {
		ast.BaseBlock
		title, src, captions, poster, lang, captionsLabel, transcriptLabel string
		transcript                                                         HTML
	}
	cite struct {
		ast.BaseInline
		ID         string
		Start      int
		text, href string
	}
	picture struct {
		ast.BaseInline
		url, alt      string
		width, height int
	}
	anchor struct {
		ast.BaseInline
		href, rel string
		cls       string
	}
)

var (
	kindCalloutTitle = ast.NewNodeKind("CalloutTitle")
	kindCallout      = ast.NewNodeKind("Callout")
	kindTryFirst     = ast.NewNodeKind("TryFirst")
	kindTryAnswer    = ast.NewNodeKind("TryAnswer")
	kindFigure       = ast.NewNodeKind("Figure")
	kindTableWrap    = ast.NewNodeKind("TableWrap")
	kindVideo        = ast.NewNodeKind("Video")
	kindCite         = ast.NewNodeKind("Cite")
	kindPicture      = ast.NewNodeKind("Picture")
	kindAnchor       = ast.NewNodeKind("Anchor")
)

func (*calloutTitle) Kind() ast.NodeKind { return kindCalloutTitle }
func (*callout) Kind() ast.NodeKind      { return kindCallout }
func (*tryFirst) Kind() ast.NodeKind     { return kindTryFirst }
func (*tryAnswer) Kind() ast.NodeKind    { return kindTryAnswer }
func (*figure) Kind() ast.NodeKind       { return kindFigure }
func (*tableWrap) Kind() ast.NodeKind    { return kindTableWrap }
func (*video) Kind() ast.NodeKind        { return kindVideo }
func (*cite) Kind() ast.NodeKind         { return kindCite }
func (*picture) Kind() ast.NodeKind      { return kindPicture }
func (*anchor) Kind() ast.NodeKind       { return kindAnchor }

// Dump is asked for by goldmark's interface, for debugging only.
func (n *calloutTitle) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }
func (n *callout) Dump(src []byte, level int)      { ast.DumpHelper(n, src, level, nil, nil) }
func (n *tryFirst) Dump(src []byte, level int)     { ast.DumpHelper(n, src, level, nil, nil) }
func (n *tryAnswer) Dump(src []byte, level int)    { ast.DumpHelper(n, src, level, nil, nil) }
func (n *figure) Dump(src []byte, level int)       { ast.DumpHelper(n, src, level, nil, nil) }
func (n *tableWrap) Dump(src []byte, level int)    { ast.DumpHelper(n, src, level, nil, nil) }
func (n *video) Dump(src []byte, level int)        { ast.DumpHelper(n, src, level, nil, nil) }
func (n *cite) Dump(src []byte, level int)         { ast.DumpHelper(n, src, level, nil, nil) }
func (n *picture) Dump(src []byte, level int)      { ast.DumpHelper(n, src, level, nil, nil) }
func (n *anchor) Dump(src []byte, level int)       { ast.DumpHelper(n, src, level, nil, nil) }

type ownRenderer struct{}

// RegisterFuncs names our functions to goldmark. The footnote's way back replaces the library's, which has no accessible name.
func (ownRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindCalloutTitle, renderCalloutTitle)
	reg.Register(kindCallout, renderCallout)
	reg.Register(kindTryFirst, wrap(func(n ast.Node) (string, string) {
		return `<div class="try-first"><p class="kicker">` + esc(n.(*tryFirst).label) + "</p>\n", "</div>\n"
	}))
	reg.Register(kindTryAnswer, wrap(func(n ast.Node) (string, string) {
		return `<details class="try"><summary>` + esc(n.(*tryAnswer).label) + "</summary>\n", "</details>\n"
	}))
	reg.Register(kindFigure, wrap(func(n ast.Node) (string, string) {
		return `<figure class="figure">`, "<figcaption>" + esc(n.(*figure).caption) + "</figcaption></figure>\n"
	}))
	reg.Register(kindTableWrap, wrap(func(n ast.Node) (string, string) {
		return `<div class="table-wrap" tabindex="0" role="region" aria-label="` + esc(n.(*tableWrap).label) + "\">\n", "</div>\n"
	}))
	reg.Register(kindVideo, renderVideo)
	reg.Register(kindCite, renderCite)
	reg.Register(kindPicture, renderPicture)
	reg.Register(kindAnchor, wrap(func(n ast.Node) (string, string) {
		a := n.(*anchor)
		return openAnchor(a.href, a.rel, a.cls), "</a>"
	}))
	reg.Register(east.KindFootnoteBacklink, renderBacklink)
}

func esc(s string) string { return string(util.EscapeHTML([]byte(s))) }

func wrap(f func(n ast.Node) (open, end string)) renderer.NodeRendererFunc {
	return func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		open, end := f(n)
		if entering {
			_, _ = w.WriteString(open)
		} else {
			_, _ = w.WriteString(end)
		}
		return ast.WalkContinue, nil
	}
}

func openAnchor(href, rel, cls string) string {
	s := `<a href="` + esc(href) + `"`
	if cls != "" {
		s += ` class="` + cls + `"`
	}
	if rel != "" {
		s += ` rel="` + rel + `"`
	}
	return s + ">"
}

func renderCalloutTitle(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	t := n.(*calloutTitle)
	if !entering {
		_, _ = w.WriteString("</p>\n")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(`<p class="` + t.class + `">`)
	switch {
	case t.Kind_ == "":
	case t.Empty:
		_, _ = w.WriteString(esc(t.Kind_))
	default:
		_, _ = w.WriteString(`<span class="note-kind">` + esc(t.Kind_) + `:</span> `)
	}
	return ast.WalkContinue, nil
}

func renderCallout(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(`<div class="` + n.(*callout).class + `" role="note">` + "\n")
	} else {
		_, _ = w.WriteString("</div>\n")
	}
	return ast.WalkContinue, nil
}

func renderVideo(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	v := n.(*video)
	if !entering {
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(`<figure class="figure video"><video controls preload="metadata" playsinline aria-label="` + esc(v.title) + `"`)
	if v.poster != "" {
		_, _ = w.WriteString(` poster="` + esc(v.poster) + `"`)
	}
	_, _ = w.WriteString(`><source src="` + esc(v.src) + `" type="video/mp4">`)
	_, _ = w.WriteString(`<track kind="captions" src="` + esc(v.captions) + `" srclang="` + esc(v.lang) + `" label="` + esc(v.captionsLabel) + `" default></video>`)
	_, _ = w.WriteString("<figcaption>" + esc(v.title) + "</figcaption></figure>\n")
	_, _ = w.WriteString(`<details class="transcript"><summary>` + esc(v.transcriptLabel) + "</summary>\n" + string(v.transcript) + "</details>\n")
	return ast.WalkSkipChildren, nil
}

func renderCite(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	c := n.(*cite)
	if !entering {
		return ast.WalkContinue, nil
	}
	if c.href == "" {
		_, _ = w.WriteString(`<span class="cite">` + esc(c.text) + "</span>")
	} else {
		_, _ = w.WriteString(openAnchor(c.href, relOutside, "cite") + esc(c.text) + "</a>")
	}
	return ast.WalkSkipChildren, nil
}

func renderPicture(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	p := n.(*picture)
	if !entering {
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString(`<img src="` + esc(p.url) + `" alt="` + esc(p.alt) + `"`)
	if p.width > 0 && p.height > 0 {
		_, _ = w.WriteString(` width="` + strconv.Itoa(p.width) + `" height="` + strconv.Itoa(p.height) + `"`)
	}
	_, _ = w.WriteString(` loading="lazy" decoding="async">`)
	return ast.WalkSkipChildren, nil
}

const backMeta = "greenroom-back"

func renderBacklink(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	b := n.(*east.FootnoteBacklink)
	back := ""
	if d := n.OwnerDocument(); d != nil {
		back, _ = d.Meta()[backMeta].(string)
	}
	ref := "fnref"
	if b.RefIndex > 0 {
		ref += strconv.Itoa(b.RefIndex)
	}
	_, _ = w.WriteString(`&#160;<a href="#` + string(footnotePrefix(n)) + ref + ":" + strconv.Itoa(b.Index) +
		`" class="footnote-backref" role="doc-backlink" aria-label="` + esc(back+" "+strconv.Itoa(b.Index)) + `">&#x21a9;&#xfe0e;</a>`)
	return ast.WalkSkipChildren, nil
}
