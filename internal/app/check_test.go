package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// tinyCheck is a check in which the first answer is the best in form A and the last in form B.
func tinyCheck() string {
	var b strings.Builder
	b.WriteString("title: \"Ten small situations\"\nminutes: 12\nfamilies:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "  - key: skill-%d\n    skill: \"Skill %d\"\n    taught: %v\n    keep: %v\n    why: \"Reason %d.\"\n", i, i, i < 8, i < 3, i)
		fmt.Fprintf(&b, "    a:\n      text: \"A road closes, %d.\"\n      options: [{ text: \"Good\", score: 1 }, { text: \"Fair\", score: 0.5 }, { text: \"Bad\", score: 0 }, { text: \"Worse\", score: 0 }]\n", i)
		fmt.Fprintf(&b, "    b:\n      text: \"A pool opens, %d.\"\n      options: [{ text: \"Bad\", score: 0 }, { text: \"Worse\", score: 0 }, { text: \"Fair\", score: 0.5 }, { text: \"Good\", score: 1 }]\n", i)
	}
	return b.String()
}

const tinyChecks = tiny + "/check"

// situations answers the ten of an occasion; right chooses the best answers, else bad ones. It says whether form A was asked.
func (c *client) situations(occasion string, right bool) (p *page, a bool) {
	c.s.t.Helper()
	p = c.post(tinyChecks, url.Values{"occasion": {occasion}}).want(303).follow().want(200, "Situation 10 of 10")
	a = strings.Contains(p.raw, "A road closes")
	choice := "1"
	if a && right {
		choice = "0"
	} else if right {
		choice = "3"
	}
	form := url.Values{"do": {"hand-in"}}
	for i := range 10 {
		form.Set(fmt.Sprintf("s.skill-%d", i), choice)
	}
	return c.post(tinyChecks+"/"+occasion, form).want(303), a
}

// One learner from the offer to the answers: what lacks is said and what was chosen stays, each form comes once, no answer is
// told before both are handed in, and a score of a person never.
func TestTheCheckOfOnePerson(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.nobody().get(tinyChecks).want(303)
		c := s.person("Gil Gone", "learner")
		c.get(tinyChecks).want(200, "for people who take the course")
		c.post(tiny+"/enrol", nil).want(303)
		c.get(tiny).want(200, `href="`+tinyChecks+`"`)
		c.get(tinyChecks).want(200, "Skip, and begin the course", "not even you")
		c.post(tinyChecks, url.Values{"occasion": {"after"}}).want(409)
		c.post(tinyChecks, url.Values{"occasion": {"never"}}).want(422)
		p := c.post(tinyChecks, url.Values{"occasion": {"before"}}).want(303).follow().want(200)
		c.post(tinyChecks, url.Values{"occasion": {"before"}}).want(303) // pressed twice
		if strings.Contains(p.raw, "Reason 1") || strings.Contains(p.raw, "score") {
			t.Error("the page tells the answers")
		}
		first := strings.Contains(p.raw, "A road closes")
		auto := c.request("POST", tinyChecks+"/before", url.Values{"s.skill-7": {"2"}, "s.skill-8": {"77"}})
		auto.Header.Set("Accept", "application/json")
		c.do(auto).want(204)
		p = c.post(tinyChecks+"/before", url.Values{"do": {"hand-in"}, "s.skill-3": {"1"}}).
			want(422, "Choose an answer for situation 1<", `href="#q-skill-0"`, `id="f-skill-3-1" name="s.skill-3" value="1" checked`, `id="f-skill-7-2" name="s.skill-7" value="2" checked`)
		if strings.Contains(p.raw, `href="#q-skill-7"`) || !strings.Contains(p.raw, `href="#q-skill-8"`) {
			t.Error("the wrong situations are missed")
		}
		c.situations("before", false)
		c.get(tinyChecks + "/before").want(303)
		c.post(tinyChecks+"/before", url.Values{"s.skill-3": {"0"}}).want(303) // handed in: nothing changes
		c.get(tinyChecks).want(200, "The second ten wait for you")
		c.get(tinyChecks + "/answers").want(303)

		c.takeAll(s.course("tiny"))
		c.get(tiny+"/finish").want(200, `href="`+tinyChecks+`"`)
		p, second := c.situations("after", true)
		if first == second {
			t.Error("the same form came twice")
		}
		p = p.follow().want(200, "Reason 1", "Your choice", "A road closes", "A pool opens", "Can be defended", "authors&#39; own")
		if strings.Contains(p.raw, "of 100") || strings.Contains(p.raw, "of 10<") {
			t.Error("a person is told a score")
		}
		c.get(tinyChecks).want(200, "You have answered both")
		c.post(tinyChecks, url.Values{"occasion": {"before"}}).want(303) // it is the one there was
		files := c.export()
		if n := strings.Count(files["tables/check_run.jsonl"], "\n"); n != 2 {
			t.Errorf("%d checks in the export, want 2", n)
		}

		late := s.person("Lee Late", "learner")
		late.takeAll(s.course("tiny"))
		late.post(tinyChecks, url.Values{"occasion": {"before"}}).want(409, "before the first module is finished")
		late.get(tinyChecks).want(200, "Begin the ten situations")
		p, _ = late.situations("after", true)
		if p = p.follow().want(200, "Its sibling, which you have not answered"); strings.Contains(p.raw, "Before the course") {
			t.Error("what was never answered is told as answered before the course")
		}
	})
}

// A group is told from ten people on, and the forms are crossed within it.
func TestTheCheckOfAGroup(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		boss := s.person("Tess Trainer", "trainer")
		const figures = "/teach/courses/tiny/check"
		boss.get(figures).want(200, "Not enough people yet")
		n := map[bool]int{}
		for i := range 10 {
			c := s.person(fmt.Sprintf("Pat No%d", i), "learner")
			c.post(tiny+"/enrol", nil).want(303)
			_, a := c.situations("before", i < 2) // two know it already
			n[a]++
			c.takeAll(s.course("tiny"))
			c.situations("after", true)
			if i == 8 {
				boss.get(figures).want(200, "Not enough people yet")
				boss.get(figures+".csv").want(404, "once 10 people")
			}
		}
		if n[true] != 5 || n[false] != 5 {
			t.Errorf("form A came first %d times, form B %d times", n[true], n[false])
		}
		p := boss.get(figures).want(200, "after: a gain of", "10 people took both", "What it does not teach", "An early sign: 10 people are few")
		if strings.Contains(p.raw, "Pat No") || strings.Contains(p.raw, "Skill 1") {
			t.Error("people, or single skills of few people, are told")
		}
		boss.get(figures+".csv").want(200, "What the course teaches,10,")
		boss.get(figures + "?delivery=nonsense").want(404)
		boss.get("/teach/courses/tiny/insight").want(200, `href="`+figures)
	})
}
