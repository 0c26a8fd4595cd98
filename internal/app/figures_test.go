package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/scenario"
)

// TestFiguresOfAScenario: seven people are told of nowhere; eight are, to those who may see it, without a name.
func TestFiguresOfAScenario(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		const path = "/teach/courses/tiny/scenarios/first/outage"
		content := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		author, trainer := s.person("Ada Author", "author"), s.person("Tess Trainer", "trainer")
		for i := range 8 {
			author.get(path).want(200, "Not enough people yet")
			author.get(path + "/figures.csv").want(404)
			s.person(fmt.Sprintf("Pat Player%d", i), "learner").playOn(outage, content, map[string]string{"lunch": "own"})
		}
		for _, c := range []*client{author, trainer} {
			p := c.get(path).want(200, "8 people are counted", "nearly everybody", "Nearly everybody gives the same answer", "Tuesday 12:41")
			if strings.Contains(p.raw, "Player") {
				t.Error("the page names people")
			}
			if p := c.get(path+"/figures.csv").want(200, "Median in seconds", "nearly everybody"); strings.Contains(p.raw, "Player") {
				t.Error("the table names people")
			}
		}
		author.get(path + "?delivery=nothing").want(404)
		author.get("/teach/courses/tiny/insight").want(200, `href="`+path)
		s.person("Lee Learner", "learner").get(path).want(403)
	})
}

// TestFiguresBesideTheForms: whoever edits the draft of a published scenario sees what people chose, from eight on, and which
// revision that belongs to; a draft that stands for nothing published has none.
func TestFiguresBesideTheForms(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		content := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		c := s.person("Ada Author", "author")
		at := c.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		blank := c.begin(url.Values{"do": {"blank"}})
		for i := range 8 {
			s.clock.advance(2 * time.Minute)
			if p := c.get(at+"?at=p:lunch").want(200, "What learners did", "once 8 people"); strings.Contains(p.raw, "Chosen by") {
				t.Fatalf("%d people are told of", i)
			}
			first := "own"
			if i < 3 {
				first = "check"
			}
			s.person(fmt.Sprintf("Pat Player%d", i), "learner").playOn(outage, content, map[string]string{"lunch": first})
		}
		s.clock.advance(2 * time.Minute)
		p := c.get(at+"?at=p:lunch").want(200, "this draft is exactly that", "8 people are counted", "Chosen by about 40 %", "Chosen by about 60 %", "Chosen by few or nobody", "No answer in time: few or nobody")
		if strings.Contains(p.raw, "Player") {
			t.Error("the page names people")
		}
		c.get(at).want(200, "Came past: nearly everybody", "Ended here: ")
		if p := c.get(at + "?at=about").want(200); strings.Contains(p.raw, "What learners did") {
			t.Error("figures where there is nothing to tell")
		}
		// What the author changes has no figures, and what was published stands beside it.
		p = c.press(p, at, "check", url.Values{"passages/lunch/choices/2/text": {"Own it at once"}, "passages/lunch/choices/0/id": {"stop"}})
		p.want(200, "which is revision 1 of this draft", "It is published as: “Reply that the portal is down", "so it has no figures")
		c.press(p, at, "rename", url.Values{"rename": {"noon"}}).want(200, "Not in what is published.")
		other := c.begin(url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}})
		c.get(other+"?at=p:lunch").want(200, "this draft is exactly that")
		if p := c.get(blank + "?at=p:first").want(200); strings.Contains(p.raw, "What learners did") {
			t.Error("a draft of nothing published has figures")
		}
	})
}
