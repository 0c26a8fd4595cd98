package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/scenario"
)

var panelLink = regexp.MustCompile(`/panel/[A-Z0-9]+`)

// seat invites somebody and returns the address in their letter.
func (s *site) seat(author *client, desk, name, email string) string {
	s.t.Helper()
	author.get(desk).want(200).submit("/panel", url.Values{"name": {name}, "email": {email}}).want(303)
	ok(s.t, s.Events.Drain(s.t.Context()))
	all, err := s.Mail.Mailbox(context.Background(), email)
	ok(s.t, err)
	if len(all) == 0 {
		s.t.Fatalf("%s got no letter", email)
	}
	k, err := s.Mail.Letter(context.Background(), all[0].ID)
	ok(s.t, err)
	return panelLink.FindString(k.Text)
}

// rated is what a rater's form sends: the first answer best, all others poor.
func rated(p *scenario.Passage, reason string) url.Values {
	f := url.Values{}
	for i, c := range p.Choices {
		f.Set("rating."+c.ID, map[bool]string{true: "7", false: "2"}[i == 0])
	}
	f.Set("reason."+p.Choices[0].ID, reason)
	return f
}

// An author invites five people, who rate without accounts; then what they say replaces the authors' ratings in the debrief, at
// the decisions that all five have rated, and until the text of the decision changes.
func TestAPanelReplacesTheKey(t *testing.T) {
	src := withOutage()
	each(t, setup{courses: src, config: keeping().config}, func(t *testing.T, s *site) {
		sc := s.course("tiny").Activity("first/outage").Content().(*scenario.Scenario)
		lunch, rumour := sc.Passage("lunch"), sc.Passage("rumour")
		author, learner := s.person("Ana Author", "author"), s.person("Lea Learner", "learner")
		const desk = "/teach/courses/tiny/scenarios/first/outage/panel"
		author.get(strings.TrimSuffix(desk, "/panel")).want(200, "invite people to rate")
		author.get(desk).want(200, "Nobody is invited yet").submit("/panel", url.Values{"name": {" "}, "email": {"nonsense"}}).want(422, "Write a name", "nonsense")
		learner.get(desk).want(403)

		var links []string
		for i := range 5 {
			links = append(links, s.seat(author, desk, fmt.Sprintf("Rita Rater%d", i), fmt.Sprintf("rita%d@agency.example", i)))
		}
		page := author.get(desk).want(200, "Rita Rater4", "0 of 5")
		page.submit("/panel", url.Values{"name": {"Again"}, "email": {"RITA1@agency.example"}}).want(422, "in the panel already")
		anybody := s.nobody()
		for i, link := range links {
			p := anybody.get(link).want(200, "Tuesday 12:41")
			if p.header.Get("Referrer-Policy") != "strict-origin" {
				t.Error("the page tells others its address")
			}
			form := anybody.get(link+"/lunch").want(200, "Never faster at falling over")
			form.submit("/lunch", url.Values{"reason.check": {"A reason to be kept."}}).want(422, "Choose a number from 1 to 7", "A reason to be kept.")
			without := rated(lunch, "")
			form.submit("/lunch", without).want(422, "Say why for one")
			next := form.submit("/lunch", rated(lunch, fmt.Sprintf("Reason <b>%d</b>", i))).want(303)
			if to := next.header.Get("Location"); to != link+"/facts" {
				t.Errorf("on to %s", to)
			}
			if i > 0 {
				anybody.get(link+"/rumour").want(200).submit("/rumour", rated(rumour, "Short.")).want(303)
			}
		}
		author.get(desk).want(200, "5 of 5", "4 of 5", "What the panel says")
		debrief := learner.playOn(outage, sc, nil).want(200, "practitioners who were invited to rate", "1 of 3 decisions", "Rated by 5 practitioners", "Reason &lt;b&gt;3&lt;/b&gt;", "Panel: 7.0 of 7")
		for _, name := range []string{"Rita", "rita0"} {
			if strings.Contains(debrief.raw, name) {
				t.Errorf("learners read %q", name)
			}
		}

		// A new link ends the old one; a link ends by itself; who is taken out takes their ratings along.
		author.get(desk).want(200).submit("/again", nil).want(303)
		anybody.get(links[0]).want(404)
		s.clock.advance(31 * 24 * 3600e9)
		anybody.get(links[1]).want(409, "This link has ended")
		if s.count("panel_rating") != 9 {
			t.Errorf("%d ratings", s.count("panel_rating"))
		}
		// Somebody who deletes an account under the same address is forgotten; what they rated stays.
		rita := s.nobody()
		rita.post("/register", url.Values{"name": {"Rita Rater2"}, "email": {"rita2@agency.example"}, "password": {password}}).want(303)
		rita.id = s.rows("SELECT id FROM person WHERE email_folded = 'rita2@agency.example'")[0]
		if got := rita.export()["data/panels.json"]; !strings.Contains(got, "Short.") {
			t.Errorf("the export has %q", got)
		}
		rita.post("/settings/delete", url.Values{"password": {password}}).want(303)
		s.remains(rita.id, "Rita Rater2", "nobody-has-this")
		if s.count("panel_seat WHERE email_folded LIKE 'rita2%'") != 0 || s.count("panel_rating") != 9 {
			t.Error("an address stays, or ratings went")
		}
		author = author.again()
		author.get(desk).want(200, "Somebody who has left").submit("/remove", nil).want(303)
		if n := s.count("panel_seat"); n != 4 {
			t.Errorf("%d seats", n)
		}

		// With another text of the decision its ratings count no more.
		_, err := s.Courses.Publish(t.Context(), otherwise(src))
		ok(t, err)
		p := author.get(desk).want(200, "0 of 5")
		if strings.Contains(p.words(), "What the panel says") {
			t.Error("ratings of another text count")
		}
		s.healthy()
	})
}

// otherwise is the course with another answer in the decision at lunch, and in the one about the rumour.
func otherwise(f fs.FS) fs.FS {
	m := maps.Clone(f.(fstest.MapFS))
	for name, file := range m {
		if strings.HasSuffix(name, ".scenario.yaml") {
			text := strings.ReplaceAll(string(file.Data), "Stop the scheduler and ring the service desk", "Stop the scheduler, then ring the service desk")
			m[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, "Deny the hack in one short post.", "Deny the hack in one post."))}
		}
	}
	return m
}
