package app_test

import (
	"io/fs"
	"maps"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing/fstest"

	"golang.org/x/net/html"

	"greenroom/internal/course/coursetest"
	"greenroom/internal/scenario"
)

// outage is the step of withOutage's scenario: the example of the design.
const outage = tiny + "/first/outage"

// withOutage is the tiny course with a scenario at the end of its first module.
func withOutage() fs.FS {
	src, err := os.ReadFile("../scenario/testdata/cheerful-outage.yaml")
	if err != nil {
		panic(err)
	}
	m := maps.Clone(coursetest.Small())
	dir := ""
	for name := range m {
		if strings.HasSuffix(name, "/module.yaml") && strings.Contains(name, "-first/") {
			dir = strings.TrimSuffix(name, "module.yaml")
		}
	}
	m[dir+"90-outage.scenario.yaml"] = &fstest.MapFile{Data: src}
	return m
}

// options are the values of the radio buttons of a name.
func (p *page) options(name string) []string {
	var out []string
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "type") == "radio" && attr(n, "name") == name {
			out = append(out, attr(n, "value"))
		}
	}
	return out
}

// offers says whether a page has a form that goes to the end of an address.
func (p *page) offers(end string) bool {
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.HasSuffix(attr(n, "action"), end) {
			return true
		}
	}
	return false
}

// best are the highest levels of a rubric.
func best(x *scenario.Passage) url.Values {
	f := url.Values{}
	for _, c := range x.Rubric {
		f.Set("mark-"+c.ID, strconv.Itoa(len(c.Levels)-1))
	}
	return f
}

// playOn plays a scenario to its ending, always with the first choice unless wishes names another, and returns the debrief.
func (c *client) playOn(path string, s *scenario.Scenario, wishes map[string]string) *page {
	c.s.t.Helper()
	for range 60 {
		p := c.get(path).want(200)
		switch {
		case p.offers("/finish"):
			return p
		case p.offers("/start"):
			p = p.submit("/start", nil)
		case p.offers("/choose"):
			all := p.options("choice")
			choice := all[0]
			for _, o := range all {
				for _, x := range s.Decisions() {
					if wishes[x.Key] == o && x.Choice(o) != nil {
						choice = o
					}
				}
			}
			p = p.submit("/choose", url.Values{"choice": {choice}})
		case p.offers("/send"):
			p = p.submit("/send", url.Values{"text": {strings.TrimSpace(strings.Repeat("word ", s.Replies()[0].Words.Min+1))}})
		case p.offers("/mark"):
			p = p.submit("/mark", best(s.Replies()[0]))
		case p.offers("/continue"):
			p = p.submit("/continue", nil)
		default:
			return p // the debrief of somebody who has finished before
		}
		if p.status != 303 {
			c.s.t.Fatalf("%s: %d\n%s", path, p.status, clip(p.words()))
		}
	}
	c.s.t.Fatalf("%s does not end", path)
	return nil
}

func (c *client) takeScenario(path string, s *scenario.Scenario) *page {
	c.s.t.Helper()
	p := c.playOn(path, s, nil)
	if !p.offers("/finish") {
		return c.post(path+"/again", url.Values{"client": {""}})
	}
	return p.submit("/finish", nil)
}
