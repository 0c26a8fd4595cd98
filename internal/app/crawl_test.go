package app_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	shipped "greenroom/courses"
)

// crawler follows every link of the site that it sees.
type crawler struct {
	*client
	t     *testing.T
	seen  map[string]*page
	from  map[string]string // where a link was found first
	todo  []string
	marks map[string]string // page#fragment → where it was found
}

// Every link, picture and form of the site leads somewhere, every fragment is there, and every page that can be reached
// is as inert as it should be: for a visitor, and for a learner who has done everything.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sqlite", setup{courses: shipped.Files})
	done := s.person("Lin Links", "learner")
	done.takeAll(s.course(busy))
	for _, c := range []*client{s.nobody(), done} {
		w := &crawler{client: c, t: t, seen: map[string]*page{}, from: map[string]string{"/": "", "/settings": ""}, marks: map[string]string{}}
		w.todo = []string{"/", "/settings"}
		for len(w.todo) > 0 && len(w.seen) < 2000 {
			next := w.todo[0]
			w.todo = w.todo[1:]
			w.visit(next)
		}
		if len(w.seen) < 40 {
			t.Errorf("only %d pages were found as %s", len(w.seen), c.role)
		}
		for mark, from := range w.marks {
			path, id, _ := strings.Cut(mark, "#")
			if p := w.seen[path]; p != nil && p.isHTML() && !hasID(p.root(), id) {
				t.Errorf("%s as %s links to #%s, which is not on %s", from, c.role, id, path)
			}
		}
		t.Logf("%d addresses as %s", len(w.seen), c.role)
	}
}

func (w *crawler) visit(path string) {
	p := w.open(path)
	w.seen[path] = p
	if p.status != 200 {
		w.t.Errorf("%s as %s, linked from %s: %d", path, w.role, w.from[path], p.status)
		return
	}
	if !p.isHTML() {
		return
	}
	inert(w.t, p, path)
	ids := map[string]bool{}
	for n := range p.root().Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				w.t.Errorf("%s as %s has two elements with the id %q", path, w.role, id)
			}
			ids[id] = true
		}
		switch n.Data {
		case "a", "link":
			w.link(path, attr(n, "href"))
		case "img", "script", "source", "track", "video":
			w.link(path, attr(n, "src"))
		case "form":
			w.form(path, n)
		case "button":
			if to := attr(n, "formaction"); to != "" && !w.routed(to) {
				w.t.Errorf("%s as %s has a button for %s, which no route takes", path, w.role, to)
			}
		}
	}
}

// link notes an address of this site to be visited.
func (w *crawler) link(on, to string) {
	base, _ := url.Parse(on)
	u, err := base.Parse(to)
	if err != nil {
		w.t.Errorf("%s: the link %q cannot be read", on, to)
		return
	}
	if to == "" || u.Host != "" || u.Scheme != "" {
		return
	}
	mark := u.Fragment
	u.Fragment = ""
	path := u.String()
	if strings.HasPrefix(path, "/settings/export") {
		return
	}
	if mark != "" {
		w.marks[path+"#"+mark] = on
	}
	if _, known := w.from[path]; !known {
		w.from[path] = on
		w.todo = append(w.todo, path)
	}
}

// form looks that what a form is sent to is there: with its fields taken away it is refused, but not unknown.
func (w *crawler) form(on string, n *html.Node) {
	action := attr(n, "action")
	if action == "" || !strings.HasPrefix(action, "/") {
		w.t.Errorf("%s as %s has a form for %q", on, w.role, action)
		return
	}
	method := strings.ToUpper(attr(n, "method"))
	if method != "POST" {
		w.link(on, action)
		return
	}
	if !w.routed(action) {
		w.t.Errorf("%s as %s has a form for %s, which no route takes", on, w.role, action)
	}
}

// routed says whether a route takes forms at the path.
func (w *crawler) routed(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	have := strings.Split(path, "/")
	for _, r := range w.s.Routes {
		want := strings.Split(r.Path, "/")
		if r.Method != "POST" || len(want) != len(have) {
			continue
		}
		same := true
		for i := range want {
			same = same && (want[i] == have[i] || strings.HasPrefix(want[i], ":") && have[i] != "")
		}
		if same {
			return true
		}
	}
	return false
}

func hasID(root *html.Node, id string) bool {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return true
		}
	}
	return false
}
