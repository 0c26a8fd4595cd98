package quiz_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"greenroom/internal/quiz"
)

// contents draws any quiz that a file could have.
var contents = rapid.Custom(func(t *rapid.T) *quiz.Content {
	c := &quiz.Content{Feedback: quiz.AtEnd}
	for i := range rapid.IntRange(1, 8).Draw(t, "pool") {
		c.Questions = append(c.Questions, question(t, i))
	}
	c.Draw = rapid.IntRange(1, len(c.Questions)).Draw(t, "draw")
	c.Pass = rapid.IntRange(1, c.Draw).Draw(t, "pass")
	return c
})

func question(t *rapid.T, i int) *quiz.Question {
	kinds := []string{quiz.Single, quiz.Multiple, quiz.TrueFalse, quiz.Matching, quiz.Ordering, quiz.ShortText, quiz.Numeric}
	q := &quiz.Question{Key: fmt.Sprintf("key-%d", i), Type: rapid.SampledFrom(kinds).Draw(t, "type"), Shuffle: rapid.Bool().Draw(t, "shuffle")}
	n := rapid.IntRange(2, 8).Draw(t, "n")
	switch q.Type {
	case quiz.Single, quiz.Multiple:
		for j := range n {
			q.Options = append(q.Options, quiz.Option{Text: fmt.Sprint("option ", j), Correct: q.Type == quiz.Multiple && rapid.Bool().Draw(t, "correct")})
		}
		q.Options[rapid.IntRange(0, n-1).Draw(t, "right")].Correct = true
	case quiz.TrueFalse:
		right := rapid.Bool().Draw(t, "answer")
		q.Shuffle, q.Options = false, []quiz.Option{{Correct: right}, {Correct: !right}}
	case quiz.Matching:
		for j := range n {
			q.Pairs = append(q.Pairs, quiz.Pair{Left: fmt.Sprint("left ", j), Right: j})
			q.Rights = append(q.Rights, fmt.Sprint("right ", j))
		}
		if rapid.Bool().Draw(t, "shared") {
			q.Pairs[1].Right = 0
		}
		q.Rights = append(q.Rights, "distractor")
	case quiz.Ordering:
		for j := range n {
			q.Items = append(q.Items, fmt.Sprint("item ", j))
		}
	case quiz.ShortText:
		q.Accept = []string{"Three months", "a quarter"}
	case quiz.Numeric:
		q.Answer, q.Unit = float64(rapid.IntRange(-2000, 2000).Draw(t, "number")), rapid.SampledFrom([]string{"", "per cent", "days"}).Draw(t, "unit")
	}
	return q
}

// solution answers a paper fully right.
func solution(p quiz.Paper) quiz.Answers {
	out := quiz.Answers{}
	for _, d := range p.Questions {
		var a quiz.Answer
		for i, o := range d.Question.Options {
			if o.Correct {
				a.Chosen = append(a.Chosen, i)
			}
		}
		for _, pair := range d.Pairs {
			a.Matches = append(a.Matches, pair.Right)
		}
		for i := range d.Question.Items {
			a.Order = append(a.Order, i)
		}
		switch d.Type {
		case quiz.ShortText:
			a.Text = "  " + strings.ToUpper(d.Accept[0]) + "! "
		case quiz.Numeric:
			a.Text = strings.TrimSpace(fmt.Sprintf("%g %s", d.Question.Answer, d.Unit))
		}
		out[d.Key] = a
	}
	return out
}

// form writes answers as the page does.
func form(p quiz.Paper, answers quiz.Answers) url.Values {
	f := url.Values{}
	for _, d := range p.Questions {
		written := d.Written(answers[d.Key])
		f.Set(d.Name()+".was", "as rendered")
		switch d.Type {
		case quiz.Matching:
			for i, tok := range strings.Split(written, ",") {
				f.Set(d.Name()+"."+string(rune('a'+i)), tok)
			}
		case quiz.ShortText, quiz.Numeric:
			f.Set(d.Name(), written)
		default:
			if written != "" {
				f[d.Name()] = strings.Split(written, ",")
			}
		}
	}
	return f
}

func TestSameSeedSamePaper(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, seed := contents.Draw(t, "content"), rapid.Int64().Draw(t, "seed")
		if !reflect.DeepEqual(quiz.Deal(c, seed), quiz.Deal(c, seed)) {
			t.Fatal("two papers of one seed differ")
		}
	})
}

func TestPaperIsADrawFromThePool(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := contents.Draw(t, "content")
		p := quiz.Deal(c, rapid.Int64().Draw(t, "seed"))
		if len(p.Questions) != c.Draw {
			t.Fatalf("%d questions, want %d", len(p.Questions), c.Draw)
		}
		last := -1
		for i, d := range p.Questions {
			at := slices.Index(c.Questions, d.Question)
			if at <= last || d.Number != i+1 {
				t.Fatalf("question %d stands at %d after %d", d.Number, at, last)
			}
			last = at
			whole(t, "options", d.Options, len(d.Question.Options))
			whole(t, "lefts", d.Lefts, len(d.Pairs))
			whole(t, "rights", d.Rights, len(d.Question.Rights))
			whole(t, "items", d.Items, len(d.Question.Items))
			if d.Type == quiz.Ordering && slices.IsSorted(d.Items) {
				t.Fatal("an ordering starts in the right order")
			}
			if !d.Shuffle && !slices.IsSorted(d.Options) {
				t.Fatal("options were shuffled in spite of shuffle: false")
			}
		}
	})
}

func whole(t *rapid.T, what string, places []int, n int) {
	sorted := slices.Sorted(slices.Values(places))
	for i, at := range sorted {
		if at != i {
			t.Fatalf("%s: %v is no order of %d", what, places, n)
		}
	}
	if len(places) != n {
		t.Fatalf("%s: %d places of %d", what, len(places), n)
	}
}

func TestSeedsReachEveryQuestionAndOrder(t *testing.T) {
	t.Parallel()
	c := &quiz.Content{Draw: 2, Pass: 1}
	for i := range 5 {
		c.Questions = append(c.Questions, &quiz.Question{Key: fmt.Sprint("k", i), Type: quiz.Single, Shuffle: true, Options: make([]quiz.Option, 3)})
	}
	draws, orders := map[string]int{}, map[string]int{}
	for seed := range int64(6000) {
		p := quiz.Deal(c, seed)
		draws[p.Questions[0].Key+p.Questions[1].Key]++
		orders[fmt.Sprint(p.Questions[0].Options)]++
	}
	for name, counts := range map[string]struct {
		of   map[string]int
		want int
	}{"draws": {draws, 10}, "orders": {orders, 6}} {
		if len(counts.of) != counts.want {
			t.Errorf("%s: %d kinds, want %d", name, len(counts.of), counts.want)
		}
		for k, n := range counts.of {
			if mean := 6000 / counts.want; n < mean*3/4 || n > mean*5/4 {
				t.Errorf("%s: %s came %d times, want about %d", name, k, n, mean)
			}
		}
	}
}

// Attempts keep only their seed: if this test fails, stored attempts would show other papers.
func TestPapersStayForEver(t *testing.T) {
	t.Parallel()
	c := &quiz.Content{Draw: 3, Pass: 1}
	for _, k := range []string{"records", "channels", "order", "match", "number"} {
		q := &quiz.Question{Key: k, Type: quiz.Single, Shuffle: true, Options: make([]quiz.Option, 4)}
		switch k {
		case "order":
			q = &quiz.Question{Key: k, Type: quiz.Ordering, Items: make([]string, 4)}
		case "match":
			q = &quiz.Question{Key: k, Type: quiz.Matching, Shuffle: true, Pairs: make([]quiz.Pair, 3), Rights: make([]string, 4)}
		}
		c.Questions = append(c.Questions, q)
	}
	for seed, want := range map[int64]string{
		1:                "records[2 3 0 1] [] [] [] channels[3 2 0 1] [] [] [] match[] [2 0 1] [1 0 3 2] [] ",
		42:               "records[3 0 1 2] [] [] [] match[] [1 2 0] [2 3 1 0] [] number[2 1 3 0] [] [] [] ",
		9007199254740993: "channels[0 2 1 3] [] [] [] order[] [] [] [1 0 2 3] number[2 0 3 1] [] [] [] ",
	} {
		got := ""
		for _, d := range quiz.Deal(c, seed).Questions {
			got += fmt.Sprint(d.Key, d.Options, d.Lefts, d.Rights, d.Items, " ")
		}
		if got != want {
			t.Errorf("seed %d:\n got %q\nwant %q", seed, got, want)
		}
	}
}

func TestFullyRightPasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := contents.Draw(t, "content")
		p := quiz.Deal(c, rapid.Int64().Draw(t, "seed"))
		r := quiz.Grade(c, p, solution(p))
		if !r.Passed || r.Score != r.Total || r.Total != c.Draw {
			t.Fatalf("fully right answers got %d of %d, passed %v", r.Score, r.Total, r.Passed)
		}
	})
}

var anyAnswer = rapid.Custom(func(t *rapid.T) quiz.Answer {
	places := rapid.SliceOfN(rapid.IntRange(-2, 9), 0, 9)
	return quiz.Answer{
		Chosen: places.Draw(t, "chosen"), Matches: places.Draw(t, "matches"), Order: places.Draw(t, "order"),
		Text: rapid.OneOf(rapid.String(), rapid.StringMatching(`[-+$]?[0-9,. ]{0,12}(%| per cent)?`)).Draw(t, "text"),
	}
})

func TestGradingIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := contents.Draw(t, "content")
		p := quiz.Deal(c, rapid.Int64().Draw(t, "seed"))
		answers := quiz.Answers(rapid.MapOf(rapid.SampledFrom([]string{"key-0", "key-1", "key-2", "key-3", "other"}), anyAnswer).Draw(t, "answers"))
		r := quiz.Grade(c, p, answers)
		right := 0
		for _, m := range r.Marks {
			switch m.Verdict {
			case quiz.Right:
				right++
			case quiz.Part, quiz.Wrong:
			default:
				t.Fatalf("no verdict: %+v", m)
			}
			if m.Got < 0 || m.Got > m.Of {
				t.Fatalf("%d of %d", m.Got, m.Of)
			}
			m.Words(m.Answer)
			m.Written(m.Answer)
		}
		if len(r.Marks) != len(p.Questions) || r.Score != right || r.Passed != (right >= c.Pass) {
			t.Fatalf("%+v", r)
		}
	})
}

func TestFormsBringAnswersBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := contents.Draw(t, "content")
		p := quiz.Deal(c, rapid.Int64().Draw(t, "seed"))
		want := solution(p)
		f := form(p, want)
		f.Set("unknown", "x")
		f.Set("q99", "a")
		sent, err := p.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		got := quiz.Answers{}
		for k, s := range sent {
			got[k] = s.Answer
		}
		if a, b := quiz.Grade(c, p, got), quiz.Grade(c, p, want); a.Score != b.Score {
			t.Fatalf("from the form %d right, want %d", a.Score, b.Score)
		}
	})
}

// Fields of a multiple arrive in any order; so do the questions, a form being a map.
func TestOrderOfFieldsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := contents.Draw(t, "content")
		p := quiz.Deal(c, rapid.Int64().Draw(t, "seed"))
		f := form(p, solution(p))
		for _, d := range p.Questions {
			if d.Type == quiz.Multiple {
				f[d.Name()] = rapid.Permutation(f[d.Name()]).Draw(t, "order")
			}
		}
		sent, err := p.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		got := quiz.Answers{}
		for k, s := range sent {
			got[k] = s.Answer
		}
		for k, a := range got {
			if !slices.IsSorted(a.Chosen) {
				t.Fatalf("%s is kept as it came: %v", k, a.Chosen)
			}
		}
		if !quiz.Grade(c, p, got).Passed {
			t.Fatal("the same fields in another order failed")
		}
	})
}

func TestGradingByType(t *testing.T) {
	t.Parallel()
	opts := func(right ...bool) []quiz.Option {
		var out []quiz.Option
		for _, r := range right {
			out = append(out, quiz.Option{Correct: r})
		}
		return out
	}
	for name, x := range map[string]struct {
		q              quiz.Question
		a              quiz.Answer
		want           quiz.Verdict
		got, of, extra int
	}{
		"single right":        {quiz.Question{Type: quiz.Single, Options: opts(false, true)}, quiz.Answer{Chosen: []int{1}}, quiz.Right, 1, 1, 0},
		"single both":         {quiz.Question{Type: quiz.Single, Options: opts(false, true)}, quiz.Answer{Chosen: []int{0, 1}}, quiz.Wrong, 0, 1, 0},
		"single right first":  {quiz.Question{Type: quiz.Single, Options: opts(true, false)}, quiz.Answer{Chosen: []int{0, 1}}, quiz.Wrong, 0, 1, 0},
		"multiple all":        {quiz.Question{Type: quiz.Multiple, Options: opts(true, true, false)}, quiz.Answer{Chosen: []int{0, 1}}, quiz.Right, 2, 2, 0},
		"multiple some":       {quiz.Question{Type: quiz.Multiple, Options: opts(true, true, true, false)}, quiz.Answer{Chosen: []int{0, 2}}, quiz.Part, 2, 3, 0},
		"multiple everything": {quiz.Question{Type: quiz.Multiple, Options: opts(true, true, false)}, quiz.Answer{Chosen: []int{0, 1, 2}}, quiz.Part, 2, 2, 1},
		"multiple only wrong": {quiz.Question{Type: quiz.Multiple, Options: opts(true, false)}, quiz.Answer{Chosen: []int{1}}, quiz.Wrong, 0, 1, 1},
		"none":                {quiz.Question{Type: quiz.Multiple, Options: opts(true, false)}, quiz.Answer{}, quiz.Wrong, 0, 1, 0},
		"matching some":       {quiz.Question{Type: quiz.Matching, Pairs: []quiz.Pair{{Right: 0}, {Right: 1}, {Right: 0}}, Rights: []string{"a", "b"}}, quiz.Answer{Matches: []int{0, 0, 0}}, quiz.Part, 2, 3, 0},
		"ordering some":       {quiz.Question{Type: quiz.Ordering, Items: []string{"a", "b", "c"}}, quiz.Answer{Order: []int{0, 2, 1}}, quiz.Part, 1, 3, 0},
		"short text":          {quiz.Question{Type: quiz.ShortText, Accept: []string{"year 7"}}, quiz.Answer{Text: "YEAR  7."}, quiz.Right, 1, 1, 0},
		"tolerance":           {quiz.Question{Type: quiz.Numeric, Answer: 74, Tolerance: 2}, quiz.Answer{Text: "76"}, quiz.Right, 1, 1, 0},
		"beyond":              {quiz.Question{Type: quiz.Numeric, Answer: 74, Tolerance: 2}, quiz.Answer{Text: "76.1"}, quiz.Wrong, 0, 1, 0},
	} {
		x.q.Key = "k"
		c := &quiz.Content{Draw: 1, Pass: 1, Questions: []*quiz.Question{&x.q}}
		p := quiz.Deal(c, 1)
		if x.q.Type == quiz.Ordering { // not the dealt order, which counts as none
			for seed := int64(2); slices.Equal(p.Questions[0].Items, x.a.Order); seed++ {
				p = quiz.Deal(c, seed)
			}
		}
		m := quiz.Grade(c, p, quiz.Answers{"k": x.a}).Marks[0]
		if m.Verdict != x.want || m.Got != x.got || m.Of != x.of || m.Extra != x.extra {
			t.Errorf("%s: %s, %d of %d, %d extra", name, m.Verdict, m.Got, m.Of, m.Extra)
		}
	}
}

// An ordering that nobody touched is no answer, however many items lie in their place by chance.
func TestADealtOrderIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := &quiz.Content{Draw: 1, Pass: 1, Questions: []*quiz.Question{{Key: "k", Type: quiz.Ordering, Items: []string{"1", "2", "3", "4"}}}}
	for seed := range int64(50) {
		p := quiz.Deal(c, seed)
		m := quiz.Grade(c, p, quiz.Answers{"k": {Order: p.Questions[0].Items}}).Marks[0]
		if m.Answered || m.Got != 0 || m.Verdict != quiz.Wrong {
			t.Fatalf("seed %d: %+v", seed, m)
		}
	}
}

func TestNumbersAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		typed, unit string
		want        float64
	}{
		{"74", "", 74}, {" 74 % ", "", 74}, {"74%", "per cent", 74}, {"74 per cent", "", 74}, {"74 Percent", "%", 74}, {"74.", "", 74},
		{"1,200", "", 1200}, {"1 200", "", 1200}, {"1\u00a0200", "", 1200}, {"1,234,567.5", "", 1234567.5}, {"$1,200", "", 1200}, {"-$5", "", -5},
		{"−3.5", "", -3.5}, {"+2", "", 2}, {".5", "", 0.5}, {"007", "", 7}, {"１２", "", 12}, {"1 day", "days", 1}, {"3 days", "day", 3},
	} {
		if got, ok := quiz.ParseNumber(x.typed, x.unit); !ok || got != x.want {
			t.Errorf("%q (%s): %v %v, want %v", x.typed, x.unit, got, ok, x.want)
		}
	}
	for _, typed := range []string{"", " ", "%", "abc", "7a", "1,20", "1,2000", "74,5", "1e5", "0x10", "NaN", "Inf", "-", "--1", "+-1", "-+1", "1.2.3", "1 2", strings.Repeat("9", 400), "74 days", "½"} {
		if got, ok := quiz.ParseNumber(typed, ""); ok {
			t.Errorf("%q was read as %v", typed, got)
		}
	}
	if _, ok := quiz.ParseNumber("74%", "days"); ok {
		t.Error("a per cent sign was read as days")
	}
}

func TestWordsAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	q := quiz.Question{Key: "k", Type: quiz.ShortText, Accept: []string{"holding statement", "e-mail", "don’t feed"}}
	c := &quiz.Content{Draw: 1, Pass: 1, Questions: []*quiz.Question{&q}}
	for typed, want := range map[string]bool{
		"Holding  Statement.": true, "holding-statement": true, "email": true, "E-Mail": true, "e mail": true, "dont feed": true, "DON'T FEED!": true,
		"holding": false, "holding statements": false, "": false, "...": false, "statement holding": false, "ｅｍａｉｌ": true,
	} {
		if got := quiz.Grade(c, quiz.Deal(c, 1), quiz.Answers{"k": {Text: typed}}).Passed; got != want {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
}

func TestForgedFormsAreRefused(t *testing.T) {
	t.Parallel()
	c := &quiz.Content{Draw: 4, Pass: 1, Questions: []*quiz.Question{
		{Key: "one", Type: quiz.Single, Options: make([]quiz.Option, 3)},
		{Key: "two", Type: quiz.Multiple, Options: make([]quiz.Option, 3)},
		{Key: "three", Type: quiz.Matching, Pairs: make([]quiz.Pair, 2), Rights: []string{"x", "y"}},
		{Key: "four", Type: quiz.Ordering, Items: []string{"x", "y", "z"}},
	}}
	p := quiz.Deal(c, 1)
	for _, f := range []url.Values{
		{"q1": {"d"}}, {"q1": {"one"}}, {"q1": {"0"}}, {"q1": {"A"}}, {"q1": {"a", "b"}}, {"q1": {""}},
		{"q2": {"a", "a"}}, {"q2": {"a", "z"}}, {"q3.a": {"c"}}, {"q3.a": {"a", "b"}},
		{"q4": {"a", "b"}}, {"q4": {"a", "b", "b"}}, {"q4": {"a", "b", "c", "d"}}, {"q4": {"a,b,c"}},
	} {
		if sent, err := p.Read(f); err == nil {
			t.Errorf("%v was read as %+v", f, sent)
		}
	}
	for _, b := range []string{"", "q1:a:up", "q4:d:up", "q4:a:left", "q4:a", "q9:a:up", "q-1:a:up", "qq4:a:up", "q4:a:up:x"} {
		if _, _, err := p.Move(b, nil); err == nil {
			t.Errorf("the move %q was made", b)
		}
	}
}

func TestMovesChangeOnePlace(t *testing.T) {
	t.Parallel()
	c := &quiz.Content{Draw: 1, Pass: 1, Questions: []*quiz.Question{{Key: "k", Type: quiz.Ordering, Items: []string{"1", "2", "3"}}}}
	p := quiz.Deal(c, 5)
	d := p.Questions[0]
	for button, want := range map[string]string{"q1:a:up": "a,b,c", "q1:a:down": "b,a,c", "q1:c:up": "a,c,b", "q1:c:down": "a,b,c", "q1:b:up": "b,a,c"} {
		key, after, err := p.Move(button, nil)
		if got := d.Written(after); err != nil || key != "k" || got != want {
			t.Errorf("%s: %s %s %v, want %s", button, key, got, err, want)
		}
	}
}
