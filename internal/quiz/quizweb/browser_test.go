package quizweb_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser is a learner's browser without script: it follows links and redirects and sends forms as they stand.
type browser struct {
	t    *testing.T
	http *http.Client
	site string
}

// page is what the browser shows.
type page struct {
	b      *browser
	status int
	path   string
	raw    string
	root   *html.Node
}

func newBrowser(t *testing.T, site string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	ok(t, err)
	return &browser{t: t, http: &http.Client{Jar: jar}, site: site}
}

func (b *browser) get(path string) *page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.site+path, nil)
	ok(b.t, err)
	return b.do(r)
}

func (b *browser) post(path string, f url.Values, accept string) *page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site+path, strings.NewReader(f.Encode()))
	ok(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return b.do(r)
}

func (b *browser) do(r *http.Request) *page {
	b.t.Helper()
	res, err := b.http.Do(r)
	ok(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	ok(b.t, err)
	root, err := html.Parse(bytes.NewReader(raw))
	ok(b.t, err)
	return &page{b: b, status: res.StatusCode, path: res.Request.URL.RequestURI(), raw: string(raw), root: root}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(text(c))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// all returns the elements of a name, in the page's order.
func (p *page) all(name string) []*html.Node {
	var out []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			out = append(out, n)
		}
	}
	return out
}

func (p *page) byID(id string) *html.Node {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return n
		}
	}
	return nil
}

func inside(n, outer *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == outer {
			return true
		}
	}
	return false
}

// form reads the fields of a form as a browser would send them.
func (p *page) form(f *html.Node) url.Values {
	out := url.Values{}
	for n := range f.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			if t := attr(n, "type"); (t == "radio" || t == "checkbox") && !has(n, "checked") {
				continue
			}
			out.Add(name, attr(n, "value"))
		case "select":
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					out.Set(name, attr(o, "value"))
				}
			}
		}
	}
	return out
}

// press sends the form of the button with that text, with the fields changed by fill.
func (p *page) press(button string, fill ...func(f url.Values)) *page {
	p.b.t.Helper()
	for _, n := range p.all("button") {
		if text(n) != button || has(n, "disabled") || has(n, "hidden") {
			continue
		}
		form := p.byID(attr(n, "form"))
		for _, f := range p.all("form") {
			if inside(n, f) {
				form = f
			}
		}
		fields := p.form(form)
		for _, do := range fill {
			do(fields)
		}
		if attr(n, "name") != "" {
			fields.Set(attr(n, "name"), attr(n, "value"))
		}
		action := attr(form, "action")
		if has(n, "formaction") {
			action = attr(n, "formaction")
		}
		return p.b.post(action, fields, "")
	}
	p.b.t.Fatalf("no button %q on %s (%d):\n%s", button, p.path, p.status, p.raw)
	return nil
}

// option finds the input or option with that text and gives its field and value.
func (p *page) option(label string) (name, value string) {
	p.b.t.Helper()
	for _, n := range p.all("label") {
		if !strings.HasSuffix(text(n), label) {
			continue
		}
		for i := range n.Descendants() {
			if i.Data == "input" {
				return attr(i, "name"), attr(i, "value")
			}
		}
	}
	p.b.t.Fatalf("no option %q in:\n%s", label, p.raw)
	return "", ""
}

// pick chooses a match for the left-hand side.
func (p *page) pick(left, right string) func(url.Values) {
	p.b.t.Helper()
	for _, l := range p.all("label") {
		if text(l) != left {
			continue
		}
		for o := range p.byID(attr(l, "for")).Descendants() {
			if o.Data == "option" && text(o) == right {
				return func(f url.Values) { f.Set(attr(o.Parent, "name"), attr(o, "value")) }
			}
		}
	}
	p.b.t.Fatalf("no match %q for %q", right, left)
	return nil
}

func (p *page) choose(labels ...string) func(url.Values) {
	return func(f url.Values) {
		for i, l := range labels {
			name, value := p.option(l)
			if i == 0 {
				f.Del(name)
			}
			f.Add(name, value)
		}
	}
}

func (p *page) typeIn(label, words string) func(url.Values) {
	p.b.t.Helper()
	for _, l := range p.all("label") {
		if text(l) == label {
			name := attr(p.byID(attr(l, "for")), "name")
			return func(f url.Values) { f.Set(name, words) }
		}
	}
	p.b.t.Fatalf("no field %q", label)
	return nil
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
