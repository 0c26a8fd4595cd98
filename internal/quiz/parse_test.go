package quiz_test

import (
	"strings"
	"testing"

	"greenroom/internal/course"
	"greenroom/internal/quiz"
)

func load(t *testing.T, replace ...string) ([]*course.Revision, course.Findings) {
	t.Helper()
	return course.NewLoader(quiz.Kind{}).Load(tree(t, replace...))
}

func TestParseReadsEveryType(t *testing.T) {
	t.Parallel()
	revs, found := load(t)
	if found.Broken() || len(revs) != 1 {
		t.Fatalf("%v", found)
	}
	c, is := revs[0].Activity("module/check").Content().(*quiz.Content)
	if !is || c.Draw != 7 || c.Pass != 6 || c.Feedback != quiz.AtEnd || len(c.Questions) != 7 || !strings.Contains(string(c.Intro), "Seven questions.") {
		t.Fatalf("%+v", c)
	}
	q := c.Questions
	if !strings.Contains(string(q[0].Situation), "<em>you clowns</em>") || !q[0].Options[1].Correct || q[0].Options[0].Correct || !q[0].Shuffle {
		t.Errorf("%+v", q[0])
	}
	if strings.Contains(string(q[0].Prompt), "<p>") || !strings.Contains(string(q[0].Options[2].Feedback), "CANARYWAIT") {
		t.Errorf("%+v", q[0])
	}
	if !q[2].Options[0].Correct || q[2].Options[1].Correct || !strings.Contains(string(q[2].Options[1].Feedback), "CANARYFALSE") {
		t.Errorf("%+v", q[2])
	}
	if len(q[3].Rights) != 4 || q[3].Rights[q[3].Pairs[2].Right] != "Lacks a fact" {
		t.Errorf("%+v", q[3])
	}
	if q[4].Items[2] != "Record" || q[5].Accept[1] != "canaryholding line" || q[6].Answer != 7431 || q[6].Tolerance != 1 || q[6].Unit != "per cent" {
		t.Errorf("%+v %+v %+v", q[4], q[5], q[6])
	}
	draw := revs[0].Activity("module/draw").Content().(*quiz.Content)
	if draw.Draw != 2 || draw.Pass != 2 || draw.Feedback != quiz.NoneUntilPassed {
		t.Errorf("%+v", draw)
	}
}

func TestParseNamesEveryFault(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		old, new string
		want     []string // parts of the finding
	}{
		"no right option":     {`date", correct: true`, `date"`, []string{"no option is right", "correct: true"}},
		"two right in single": {`{ text: "Wait", `, `{ text: "Wait", correct: true, `, []string{"2 options are right", "multiple"}},
		"missing feedback":    {`, feedback: "CANARYWAIT: silence is read as no."`, ``, []string{"feedback"}},
		"one option":          {`      - { text: "Answer with the date", correct: true, feedback: "CANARYANSWER: the fault is real." }` + "\n" + `      - { text: "Wait", feedback: "CANARYWAIT: silence is read as no." }` + "\n", ``, []string{"1 options", "2 to 8"}},
		"same option twice":   {`"Wait"`, `"hide  IT"`, []string{"the same option", "line 12"}},
		"same key twice":      {`key: truth`, `key: many`, []string{`the key "many"`, "own key"}},
		"draw above the pool": {`pass: 6`, "pass: 6\ndraw: 8", []string{"draw is 8", "1 to 7"}},
		"draw of none":        {`pass: 6`, "pass: 6\ndraw: 0", []string{"draw is 0"}},
		"pass above draw":     {`pass: 6`, "pass: 6\ndraw: 5", []string{"pass is 6", "1 to 5"}},
		"no pass":             {"pass: 6\n", "", []string{"pass"}},
		"unknown feedback":    {`pass: 6`, "pass: 6\nfeedback: never", []string{"feedback"}},
		"unknown field":       {`pass: 6`, "pass: 6\ntime_limit: 5", []string{"time_limit"}},
		"unknown type":        {`type: numeric`, `type: essay`, []string{"essay"}},
		"no answer":           {"    answer: true\n", "", []string{"no answer true or false"}},
		"quoted truth":        {`answer: true`, `answer: "true"`, []string{"without quotes"}},
		"half the feedback":   {`, when_false: "CANARYFALSE"`, ``, []string{"when_false"}},
		"wrong feedback":      {`when_false: "CANARYFALSE"`, `when_false: "CANARYFALSE", right: "x"`, []string{"no feedback right"}},
		"one pair":            {`      - { left: "Troll", right: "Wants a reaction" }` + "\n" + `      - { left: "Mistaken", right: "Lacks a fact" }` + "\n", ``, []string{"1 pairs"}},
		"same left twice":     {`left: "Troll"`, `left: "Critic"`, []string{"the same left"}},
		"distractor is right": {`distractors: ["Is a machine"]`, `distractors: ["Has a point"]`, []string{"right-hand side of a pair"}},
		"one item":            {`"Check", "Answer", "Record"`, `"Check"`, []string{"1 items"}},
		"nine items":          {`"Check", "Answer", "Record"`, `"1","2","3","4","5","6","7","8","9"`, []string{"9 items"}},
		"same item twice":     {`"Check", "Answer", "Record"`, `"Check", "Answer", "check"`, []string{"the same item"}},
		"empty item":          {`"Check", "Answer", "Record"`, `"Check", "", "Record"`, []string{"empty"}},
		"nothing accepted":    {`accept: ["canaryaccept line", "canaryholding line"]`, `accept: []`, []string{"accepts 0"}},
		"only marks accepted": {`"canaryaccept line"`, `"?!"`, []string{"empty"}},
		"answer not a number": {`answer: 7431`, `answer: .nan`, []string{"not a number"}},
		"infinite answer":     {`answer: 7431`, `answer: .inf`, []string{"not a number"}},
		"quoted number":       {`answer: 7431`, `answer: "7431"`, []string{"not a number"}},
		"negative tolerance":  {`tolerance: 1`, `tolerance: -1`, []string{"tolerance"}},
		"strange tolerance":   {`tolerance: 1`, `tolerance: .nan`, []string{"tolerance"}},
		"a stranger":          {`answer: 7431`, "answer: 7431\n    accept: [\"x\"]", []string{"no accept"}},
		"ordering unshuffled": {`items:`, "shuffle: false\n    items:", []string{"no shuffle"}},
		"feedback on single":  {`type: single`, "type: single\n    feedback: { right: \"x\", wrong: \"y\" }", []string{"under each option"}},
		"unquoted text":       {`text: "Wait"`, `text: Wait`, []string{"quot"}},
		"no prompt":           {`    prompt: "Bring into order."` + "\n", ``, []string{"prompt"}},
		"no questions":        {`questions:`, "questions: []\nold:", []string{"questions"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			revs, found := load(t, x.old, x.new)
			if !found.Broken() || len(revs) != 0 {
				t.Fatalf("published; found: %v", found)
			}
			for _, f := range found {
				all := true
				for _, part := range x.want {
					all = all && strings.Contains(f.String(), part)
				}
				if all && f.Remedy != "" && (f.Line > 0 || strings.Contains(name, "draw") || strings.Contains(name, "pass") || name == "no questions") {
					return
				}
			}
			t.Errorf("no finding with %q and a line and remedy in:\n%v", x.want, found)
		})
	}
}

func TestParseNamesAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, found := load(t, `pass: 6`, `pass: 9`, `date", correct: true`, `date"`, `, when_false: "CANARYFALSE"`, ``, `answer: 7431`, `answer: .nan`)
	if found.Errors() != 4 {
		t.Fatalf("%d errors, want 4:\n%v", found.Errors(), found)
	}
}

func TestParseWarnsOfMarkupInOptions(t *testing.T) {
	t.Parallel()
	_, found := load(t, `"Hide it"`, `"**Hide** it"`)
	if found.Broken() || found.Warnings() == 0 || !strings.Contains(found.String(), "plain text") {
		t.Fatalf("%v", found)
	}
}

// Several left-hand sides may share one right-hand side: sorting into groups.
func TestParseGroups(t *testing.T) {
	t.Parallel()
	revs, found := load(t, `right: "Lacks a fact"`, `right: "Has a point"`)
	if found.Broken() {
		t.Fatalf("%v", found)
	}
	q := revs[0].Activity("module/check").Content().(*quiz.Content).Questions[3]
	if len(q.Rights) != 3 || q.Pairs[0].Right != q.Pairs[2].Right {
		t.Fatalf("%+v", q)
	}
}

// Damaged files give findings, never a crash.
func FuzzParse(f *testing.F) {
	f.Add("pass: 6", "pass: [")
	f.Add(`"Hide it"`, `"\u0000"`)
	f.Add("options:", "options: 5 #")
	f.Add("feedback: {", "feedback: [{")
	f.Add("answer: 7431", "answer: [1, 2]")
	f.Fuzz(func(t *testing.T, old, new string) {
		revs, found := load(t, old, new)
		if len(revs) == 0 && !found.Broken() {
			t.Fatal("no course and no fault")
		}
		for _, r := range revs {
			c := r.Activity("module/check").Content().(*quiz.Content)
			p := quiz.Deal(c, 1)
			if r := quiz.Grade(c, p, solution(p)); !r.Passed {
				t.Fatalf("the key does not fit: %+v", r)
			}
		}
	})
}
