package app_test

import (
	"io/fs"
	"maps"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/account"
)

// withPrompt is the small course with a weekly question.
func withPrompt() fs.FS {
	m := maps.Clone(small())
	for name := range m {
		if dir, is := strings.CutSuffix(name, "/module.yaml"); is && strings.Contains(name, "-first") {
			m[dir+"/35-ask.forum.yaml"] = &fstest.MapFile{Data: []byte(`title: "The first sentence"
minutes: 25
prompt: |
  A post begins with one sentence. People decide by it whether they read on. Agencies often begin with themselves.
  Readers begin with what they need. This week turns on that tension, and on who gives way to whom when both want to be
  first in the sentence that everybody sees.
questions:
  - "What did the first sentence of your last post say?"
min_words: 10
replies: 2
instead: think
marking: |
  A 2 quotes the sentence and says what happened. A 1 describes it. A 0 speaks about posts in general. A good thread
  brings out that the reader's need comes first and that the agency's name can wait. The usual misreading is that this is
  about style. When nobody speaks post an own sentence. When one person does all ask the others by name for one example
  of theirs.
`)}
		}
	}
	return m
}

// A facilitator's week: what waits, marks that stand in the record and its files, an excuse and its end, who answers whom, and a
// summary that begins with what was said. Who was slower loses nothing.
func TestFacilitation(t *testing.T) {
	each(t, setup{courses: withPrompt()}, func(t *testing.T, s *site) {
		s.at(sydney(t, "2026-12-08 10:00:00"))
		d := s.cohort("2026-12-07", 0)
		ada, bo := s.person("Ada", account.RoleLearner), s.person("Bo", account.RoleLearner)
		for _, c := range []*client{ada, bo} {
			c.post(cohortPath(d)+"/join", nil).want(303)
		}
		dana, kim := s.person("Dana", account.RoleTrainer), s.person("Kim", account.RoleTrainer)
		board, lead := "/discuss/"+d.ID+"/first.ask", "/teach/cohorts/"+d.ID+"/discussion"
		queue := lead + "/first.ask"
		answer := func(c *client, text string) string {
			return c.post(board, url.Values{"body": {text}, "rules": {"1"}}).want(303).header.Get("Location")
		}
		post := answer(ada, "Ours began with the name of the department, and nobody read the second one at all.")
		answer(bo, "Ours said when the office closes, and people came before it did, which was the point of it.")

		// What waits.
		dana.get("/teach/discussion").want(200, "2 posts found", "Ours began with the name")
		dana.get("/teach/discussion?list=new").want(200, "2 posts found")
		reply := func(c *client, to, text string) {
			c.read(to).want(200)
			thread, _, _ := strings.Cut(c.get(to).want(302).header.Get("Location"), "#")
			thread, _, _ = strings.Cut(thread, "?")
			c.post(thread, url.Values{"body": {text}, "parent": {strings.TrimPrefix(to, "/posts/")}, "rules": {"1"}}).want(303)
		}
		id, _, _ := strings.Cut(post, "#")
		id = "/posts/" + id[strings.LastIndex(id, "/")+1:]
		reply(bo, id, "Who did you write it for?")
		reply(dana, id, "And what came of it, Ada?")
		dana.get("/teach/discussion").want(200, "1 post found").lacks("Ours began with the name")

		// Marks: two facilitators at once.
		dana.get(lead).want(200, "The first sentence")
		dana.get(queue).want(200, "2 people are to be marked", "Ada", "Bo")
		at := queue + "/" + ada.id
		first, second := dana.get(at).want(200, "A 2 quotes the sentence"), kim.get(at).want(200)
		marks := url.Values{"answer": {"2"}, "replies": {"0"}, "moves": {"1"}, "feedback": {"It names the sentence; ask Bo about his."}, "keep": {"1"}}
		first.submit(at, url.Values{"answer": {"2"}, "feedback": {"It names the sentence."}}).want(422, "Choose 0, 1 or 2 for the replies to others.", "It names the sentence.")
		first.submit(at, marks).want(303)
		first.submit(at, marks).want(303) // pressed twice
		other := url.Values{"answer": {"1"}, "replies": {"1"}, "moves": {"1"}, "feedback": {"A middling answer, I think."}}
		again := second.submit(at, other).want(409, "Somebody has marked this meanwhile", "It names the sentence; ask Bo about his.", "A middling answer, I think.")
		again.submit(at, nil).want(303) // on purpose
		kim.get(at).submit(at, marks).want(303)
		dana.get(queue+"/"+bo.id).want(200, "Sentences you have kept", "It names the sentence; ask Bo about his.")

		// They stand in the record: the learner's, its files, and those of who leads the cohort.
		ada.get(board).want(200, "3 of 6", "It names the sentence")
		ada.get("/me/transcript").want(200, "3 of 6", "It names the sentence")
		if raw := ada.get("/me/transcript.json").want(200).raw; !strings.Contains(raw, `"moves_on": 1`) || !strings.Contains(raw, `"total": 3`) {
			t.Errorf("the transcript has no marks\n%s", clip(raw))
		}
		if raw := ada.get("/me/transcript.csv").want(200).raw; !strings.Contains(raw, "3,6,") || !strings.Contains(raw, "It names the sentence") {
			t.Errorf("the transcript's table has no marks\n%s", clip(raw))
		}
		dana.get("/teach/cohorts/"+d.ID+"/people/"+ada.id).want(200, "Marks in discussions", "3 of 6", "answer 2, replies 0", "It names the sentence")
		if raw := dana.get("/teach/cohorts/" + d.ID + "/progress.csv").want(200).raw; !strings.Contains(raw, ",3,6\r\n") {
			t.Errorf("the cohort's table has no marks\n%s", clip(raw))
		}

		// An excuse waives the step, with its sentence; marks instead take that back.
		other = url.Values{"excused": {"1"}, "feedback": {"On leave this week."}}
		dana.get(queue+"/"+bo.id).submit(bo.id, other).want(303)
		bo.get("/me/transcript").want(200, "On leave this week.")
		bo.get(board).want(200, "You are excused")
		dana.get(queue+"/"+bo.id).submit(bo.id, url.Values{"excused": nil, "answer": {"1"}, "replies": {"1"}, "moves": {"0"}, "feedback": {"Back early, and good to read."}}).want(303)
		bo.get("/me/transcript").want(200, "2 of 6")
		if n := s.count("learning_event WHERE person_id = ? AND kind IN ('waived', 'reversed')", bo.id); n != 2 {
			t.Errorf("%d events", n)
		}

		// Who answers whom: also those who are not of the cohort's people.
		dana.get(lead+"/participation").want(200, "Ada", "Bo", "Who takes part")
		reply(ada, id, "Thank you both.")

		// A summary begins with what was answered, and goes out once.
		p := dana.get(queue+"/summary").want(200, "Posts this week: 5", "Ours began with the name", "Who has not answered")
		p.submit("/summary", url.Values{"body": {""}}).want(422)
		p.submit("/summary", nil).want(303)
		p.submit("/summary", nil).want(303) // pressed twice
		if n := s.count("announcement WHERE delivery_id = ?", d.ID); n != 1 {
			t.Errorf("%d announcements", n)
		}
		s.healthy()
	})
}
