package app_test

import (
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"greenroom/internal/db"
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
	m := maps.Clone(small())
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
			asked := p // the reply that stands here is the one whose marks are taken
			for _, r := range s.Replies() {
				if p = asked.submit("/mark", best(r)); p.status == 303 {
					break
				}
			}
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

// A choice costs three queries, durable when it is answered; the page that shows it three, and the debrief a few more.
func TestScenarioBudget(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		c := s.person("Bo Budget", "learner")
		c.get(outage).want(200).submit("/start", nil).want(303)
		c.get(outage).want(200) // the session is known now
		for i, choice := range []string{"own", "service"} {
			_, f := c.get(outage).want(200).form("/choose")
			f.Set("choice", choice)
			ctx, n := db.CountQueries(t.Context())
			r := c.request(http.MethodPost, outage+"/choose", f)
			u, err := url.Parse(s.url)
			ok(t, err)
			for _, k := range c.http.Jar.Cookies(u) {
				r.AddCookie(k)
			}
			r.RequestURI = ""
			w := httptest.NewRecorder()
			s.Handler.ServeHTTP(w, r.WithContext(ctx))
			if w.Code != 303 || n.Load() > budget {
				t.Errorf("choice %d: %d with %d queries", i+1, w.Code, n.Load())
			}
			if got := c.queries(outage); got > budget {
				t.Errorf("the page after choice %d costs %d queries", i+1, got)
			}
		}
		c.playOn(outage, s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario), nil)
		c.queries(outage)
		if got := c.queries(outage); got > 7 {
			t.Errorf("the debrief costs %d queries", got)
		}
	})
}

// What belongs to somebody else is not there: runs, replies to review, replies of other deliveries.
func TestScenarioOfOthers(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		content := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		owner, other, trainer, learner := s.person("Olive Owner", "learner"), s.person("Otto Other", "learner"), s.person("Tess Trainer", "trainer"), s.person("Lee Learner", "learner")
		owner.playOn(outage, content, map[string]string{"lunch": "own"})
		run := s.rows("SELECT id FROM scenario_run")[0]
		reply := s.rows("SELECT id FROM scenario_reply")[0]
		owner.get(outage+"?run="+run).want(200, "Your path")
		other.playOn(outage, content, nil)
		for _, path := range []string{outage + "?run=" + run, outage + "/summary?run=" + run, outage + "/review?id=" + run, outage + "/review"} {
			other.get(path).want(404)
		}
		for verb, f := range map[string]url.Values{
			"choose": {"run": {run}, "seen": {"0"}, "choice": {"own"}}, "finish": {"run": {run}}, "timing": {"run": {run}, "timing": {"off"}},
			"again": {"run": {run}, "from": {"1"}, "client": {""}}, "review": {"review": {reply}}, "report": {"review": {reply}}, "nonsense": nil,
		} {
			if p := other.post(outage+"/"+verb, f); p.status != 404 {
				t.Errorf("%s: %d", verb, p.status)
			}
		}
		// Two learners review, the trainer marks, the writer sees it; nobody sees who.
		p := other.post(outage+"/review-next", nil).want(303).follow().want(200, "Rosa asks again")
		p.submit("/review", nil).want(422, "Choose a level")
		f := best(content.Replies()[0])
		f.Set("comment", "<b>Say when</b>, and it is perfect.")
		p.submit("/review", f).want(303).follow().want(200)
		learner.get("/teach/scenarios").want(403)
		trainer.get("/teach/scenarios").want(200, "Olive Owner")
		mark := trainer.get("/teach/scenarios/"+reply).want(200, "Olive Owner", "Your marks")
		mark.submit("/"+reply, nil).want(422, "Choose a level")
		f.Set("comment", "Warm and plain.")
		mark.submit("/"+reply, f).want(303)
		page := owner.get(outage+"?run="+run).want(200, "Warm and plain.", "and it is perfect.", "marks stand")
		if strings.Contains(page.raw, "Otto") || strings.Contains(page.raw, "<b>Say") {
			t.Error("the debrief tells who reviewed, or lets markup through")
		}
		guest := s.guest()
		guest.playOn(outage, content, nil)
		guest.post(outage+"/review-next", nil).want(403)
		if s.count("scenario_reply WHERE peers > 0") != 2 {
			t.Error("a guest's reply is given to others")
		}
	})
}
