package app_test

import (
	"fmt"
	"strings"
	"testing"

	"greenroom/internal/scenario"
)

// TestFiguresOfAScenario: seven people are told of nowhere; eight are, to those who may see it, without a name.
func TestFiguresOfAScenario(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		const path = "/teach/courses/tiny/scenarios/first/outage"
		content := s.course("tiny").Activity("first/outage").Content.(*scenario.Scenario)
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
