package workshop_test

import (
	"strings"
	"testing"

	"greenroom/internal/play/playtest"
	"greenroom/internal/quiz"
	"greenroom/internal/reading"
	"greenroom/internal/workshop"
)

const (
	read  = "---\ntitle: \"Read\"\nminutes: 3\n---\nSome text.\n"
	check = `title: "Check"
minutes: 4
pass: 1
questions:
  - key: one
    type: true-false
    prompt: "The sky is blue."
    answer: true
    feedback: { when_true: "Yes.", when_false: "Look up." }
  - key: two
    type: true-false
    prompt: "The sea is dry."
    answer: false
    feedback: { when_true: "Feel it.", when_false: "Yes." }
`
	sheet = `title: "A workshop"
summary: "What it is for."
minutes: 60
before: |
  Bring **pens**.
items:
  - { key: hello, kind: checkin, title: "Who is here", minutes: 5, text: "Say your name.", notes: "Smile." }
  - { key: show, kind: text, title: "A step", minutes: 5, step: read, notes: "Read it out." }
  - { key: choose, kind: poll, title: "Choose", minutes: 5, options: ["This", "That"], several: true, notes: "Count." }
  - { key: cloud, kind: cloud, title: "A word", minutes: 5, ask: "One word?", notes: "Wait." }
  - { key: wall, kind: wall, title: "Say it", minutes: 5, ask: "What then?", notes: "Approve." }
  - { key: far, kind: scale, title: "How far", minutes: 5, ask: "How far?", low: "near", high: "far", notes: "Look." }
  - { key: know, kind: question, title: "Know", minutes: 5, quiz: check, question: one, notes: "Wait." }
  - { key: talk, kind: qa, title: "Ask", minutes: 5, notes: "Answer." }
  - { key: groups, kind: breakout, title: "Together", minutes: 10, task: "Write it.", size: 3, by: hand, notes: "Walk round." }
  - { key: pause, kind: break, title: "Break", minutes: 5, notes: "Air." }
  - { key: leave, kind: exit, title: "Leave", minutes: 5, text: "When X, I will Y.", notes: "Thank them." }
`
)

func files(sheet string) map[string]string {
	return map[string]string{"01-read.reading.md": read, "02-check.quiz.yaml": check, "60-room.workshop.yaml": sheet}
}

func TestARunSheetStandsBesideTheSteps(t *testing.T) {
	t.Parallel()
	rev, found := playtest.Load(t, files(sheet), reading.Kind{}, quiz.Kind{}, workshop.Kind{})
	if rev == nil || strings.Contains(found, "room.workshop") {
		t.Fatal(found)
	}
	a := rev.Aside("m/room")
	s := workshop.Of(a)
	if s == nil || a.Title != "A workshop" || a.Minutes != 60 || len(s.Items) != 11 || !strings.Contains(string(s.Before), "<strong>pens</strong>") {
		t.Fatalf("%+v", a)
	}
	if g, f := s.Items[8], s.Items[5]; g.Size != 3 || g.By != "hand" || f.Steps != 5 || f.High != "far" {
		t.Errorf("%+v %+v", g, f)
	}
	if rev.Activity("m/room") != nil || len(rev.Modules[0].Activities) != 2 || rev.Minutes != 7 || rev.Activity("m/check").Next != nil {
		t.Error("the run sheet is a step")
	}
}

func TestParseReportsFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, is, want string }{
		{"minutes: 60", "minutes: 55", "room.workshop.yaml:1: error: the items take 60 minutes, the workshop 55"},
		{"key: show", "key: hello", `:8: error: the key "hello" is there twice`},
		{"step: read", "step: nothing", `:8: error: the module "m" has no reading "nothing"`},
		{"quiz: check", "quiz: read", `:13: error: the module "m" has no quiz "read"`},
		{"question: one", "question: three", `:13: error: the quiz "check" has no question "three"`},
		{"step: read", `step: read, text: "And this"`, `:8: error: a text item shows either a text or a step`},
		{"step: read", `ask: "What?"`, `:8: error: an item of the kind text has no "ask"`},
		{`options: ["This", "That"], `, "", `:9: error: an item of the kind poll needs "options"`},
		{`["This", "That"]`, `["This"]`, `:9: error: `},
		{"kind: wall", "kind: board", `:11: error: `},
		{`notes: "Count."`, `notes: ""`, `:9: error: `},
		{"by: hand", "by: vote", `:15: error: an item of the kind breakout is not done by "vote"`},
		{"size: 3", "size: 9", `:15: error: `},
		{`text: "Say your name."`, `text: "` + strings.Repeat("word ", 61) + `"`, `:7: warning: the text on the stage has 61 words`},
		{"before: |\n  Bring **pens**.", "before: |\n  <script>x</script>", "room.workshop.yaml:5: error: "},
	} {
		text := strings.Replace(sheet, c.was, c.is, 1)
		if text == sheet {
			t.Fatalf("nothing was changed by %q", c.was)
		}
		if _, found := playtest.Load(t, files(text), reading.Kind{}, quiz.Kind{}, workshop.Kind{}); !strings.Contains(found, c.want) {
			t.Errorf("%q: want %q among\n%s", c.is, c.want, found)
		}
	}
}
