package quizweb_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"golang.org/x/net/html"

	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/play"
	"greenroom/internal/play/playtest"
	"greenroom/internal/quiz"
	"greenroom/internal/quiz/quizweb"
)

const (
	check = "/courses/small/m/check"
	draw  = "/courses/small/m/draw"
)

// site serves the quizzes of testdata.
func site(t *testing.T, d *bun.DB) string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"01-check.quiz.yaml", "02-draw.quiz.yaml"} {
		raw, err := os.ReadFile("../testdata/courses/small/01-module/" + name)
		ok(t, err)
		files[name] = string(raw)
	}
	return playtest.Serve(t, d, files, []course.Kind{quiz.Kind{}}, func(p playtest.Parts) []play.Player {
		courses := course.New(p.DB, course.NewLoader(quiz.Kind{}), p.Now)
		return []play.Player{quizweb.New(quiz.New(p.DB, courses, p.Records, p.Now))}
	}).URL
}

func each(t *testing.T, fn func(t *testing.T, d *bun.DB, site string)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, d, site(t, d)) })
}

// rightAnswers fills the page with them, but for the ordering.
func rightAnswers(p *page) []func(url.Values) {
	return []func(url.Values){
		p.choose("Answer with the date"), p.choose("Informing", "Engaging", "Participating"), p.choose("True"),
		p.pick("Critic", "Has a point"), p.pick("Troll", "Wants a reaction"), p.pick("Mistaken", "Lacks a fact"),
		p.typeIn("What is it called?", "Canary-holding LINE"), p.typeIn("How many?", "7,431 per cent"),
	}
}

// sorted presses the ordering's buttons until it is in order, with what else was filled in.
func sorted(p *page, fill ...func(url.Values)) *page {
	order := func(p *page) []string {
		var out []string
		for _, li := range p.all("li") {
			for _, item := range []string{"Check", "Answer", "Record"} {
				if attr(li.Parent, "class") == "order-list" && strings.HasPrefix(text(li), item) {
					out = append(out, item)
				}
			}
		}
		return out
	}
	for range 4 {
		is := order(p)
		switch {
		case is[0] == "Record" || is[1] == "Check" && is[0] == "Answer":
			p = p.press("Move down: "+is[0], fill...)
		case is[1] == "Record":
			p = p.press("Move down: Record", fill...)
		default:
			return p
		}
		fill = nil
	}
	return p
}

func TestAQuizWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		b := newBrowser(t, site)
		p := b.get(check)
		if p.status != 200 || !strings.Contains(p.raw, "7 questions") || !strings.Contains(p.raw, "6 right answers") {
			t.Fatalf("%d:\n%s", p.status, p.raw)
		}
		p = p.press("Start the quiz")
		p = sorted(p, rightAnswers(p)[:3]...)
		if got := len(p.all("fieldset")); got != 5 {
			t.Fatalf("%d fieldsets", got)
		}
		p = p.press("Submit answers") // the last four are open still
		if p.status != 422 || !strings.Contains(p.raw, "Question 4: choose a match for each line") && !strings.Contains(p.raw, "Question 4 has no answer yet") {
			t.Fatalf("%d:\n%s", p.status, p.raw)
		}
		for _, a := range p.all("a") {
			if to, here := strings.CutPrefix(attr(a, "href"), "#"); here && p.byID(to) == nil {
				t.Errorf("the error summary leads to %q, which is not there", to)
			}
		}
		f := p.form(p.byID("quiz-form"))
		if name, value := p.option("Answer with the date"); f.Get(name) != value {
			t.Fatal("the page lost an answer")
		}
		p = p.press("Submit answers", rightAnswers(p)...)
		if p.status != 200 || !strings.Contains(text(p.byID("result")), "Passed") || !strings.Contains(p.raw, "7 of 7") || !strings.Contains(p.raw, "CANARYANSWER") {
			t.Fatalf("%d %s:\n%s", p.status, p.path, p.raw)
		}
		if p = b.get(check); text(p.byID("result")) != "Passed" {
			t.Fatalf("coming back shows:\n%s", p.raw)
		}
	})
}

func TestSubmitAnyway(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		p := newBrowser(t, site).get(check).press("Start the quiz").press("Submit answers").press("Submit anyway")
		if p.status != 200 || !strings.Contains(text(p.byID("result")), "Not yet") || !strings.Contains(p.raw, "0 of 7") {
			t.Fatalf("%d:\n%s", p.status, p.raw)
		}
		for _, want := range []string{"Not answered", "Best answer", "CANARYANSWER", "Try again"} {
			if !strings.Contains(p.raw, want) {
				t.Errorf("no %q on the result", want)
			}
		}
		first := p.path
		p = p.press("Try again").press("Save and go on later")
		p = p.b.get(first)
		if !strings.Contains(p.raw, "1 other try") || !strings.Contains(p.raw, "Not submitted yet") {
			t.Fatalf("the open try is not listed:\n%s", p.raw)
		}
	})
}

// What is right must not reach the page of an open attempt: not as words, not as keys, not as order or difference.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func TestNothingOfTheKeyIsInTheOpenPage(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		places := map[int]int{}
		for range 24 {
			b := newBrowser(t, site)
			start := b.get(check)
			p := start.press("Start the quiz")
			missing := p.press("Submit answers")
			for _, page := range []*page{start, p, missing} {
				low := ids.ReplaceAllString(strings.ToLower(page.raw), "id") // row ids hold every short number now and then
				for _, secret := range []string{"canary", "correct", "7431", "seed", `"many"`, `"truth"`, `"share"`} {
					if i := strings.Index(low, secret); i >= 0 {
						t.Fatalf("%q is in the page: …%s…", secret, low[max(0, i-80):min(len(low), i+80)])
					}
				}
			}
			var shapes []string
			at := 0
			for _, in := range p.all("input") {
				if attr(in, "name") != "q1" {
					continue
				}
				if strings.HasSuffix(text(in.Parent), "Answer with the date") {
					places[at]++
				}
				at++
				shapes = append(shapes, shape(in))
			}
			if len(slices.Compact(shapes)) != 1 {
				t.Fatalf("options differ in their attributes: %q", shapes)
			}
		}
		if len(places) != 3 {
			t.Fatalf("the right option stood only at %v", places)
		}
	})
}

// shape is an element's attributes without what has to differ.
func shape(n *html.Node) string {
	var out []string
	for _, a := range n.Attr {
		if a.Key != "value" && a.Key != "id" {
			out = append(out, a.Key+"="+a.Val)
		}
	}
	return fmt.Sprint(out)
}

func TestNoReasonsUntilPassed(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		p := newBrowser(t, site).get(draw).press("Start the quiz").press("Submit answers").press("Submit anyway")
		if p.status != 200 || strings.Contains(p.raw, "Yes.") || strings.Contains(p.raw, "Best answer") {
			t.Fatalf("%d:\n%s", p.status, p.raw)
		}
		p = p.press("Try again")
		p = p.press("Submit answers", func(f url.Values) { f.Set("q1", "a"); f.Set("q2", "a") })
		if !strings.Contains(p.raw, "Yes.") || !strings.Contains(text(p.byID("result")), "Passed") {
			t.Fatalf("%d:\n%s", p.status, p.raw)
		}
	})
}

func TestAutosaveAnswers(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		b := newBrowser(t, site)
		p := b.get(check).press("Start the quiz")
		f := p.form(p.byID("quiz-form"))
		f.Set("n", "1")
		p.typeIn("What is it called?", "half a li")(f)
		if got := b.post(check+"/save", f, "application/json"); got.status != 204 || got.raw != "" {
			t.Fatalf("%d %s", got.status, got.raw)
		}
		again := b.get(check)
		if attr(again.byID("f-q6"), "value") != "half a li" || !strings.Contains(again.raw, "Last saved") {
			t.Fatalf("not resumed:\n%s", again.raw)
		}
		p.typeIn("What is it called?", strings.Repeat("x", 201))(f)
		f.Set("n", "2")
		if got := b.post(check+"/save", f, "application/json"); got.status != 422 || !strings.HasPrefix(got.raw, "{") || !strings.Contains(got.raw, "200 characters") {
			t.Fatalf("%d %s", got.status, got.raw)
		}
		if got := b.post(check+"/save", f, ""); got.status != 422 || !strings.Contains(got.raw, strings.Repeat("x", 201)) {
			t.Fatalf("%d: the page lost what was typed", got.status)
		}
		again.press("Submit answers").press("Submit anyway")
		f.Set("n", "3")
		p.typeIn("What is it called?", "late")(f)
		if got := b.post(check+"/save", f, "application/json"); got.status != 409 {
			t.Fatalf("%d %s", got.status, got.raw)
		}
		if got := b.post(check+"/save", f, ""); got.status != 200 || got.byID("result") == nil || !strings.Contains(got.raw, "submitted already") {
			t.Fatalf("%d %s", got.status, got.raw)
		}
	})
}

func TestOthersTriesLookAbsent(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		mine, other := newBrowser(t, site), newBrowser(t, site)
		p := mine.get(check).press("Start the quiz")
		f := p.form(p.byID("quiz-form"))
		other.get(check).press("Start the quiz")
		absent := url.Values{"attempt": {"01994d00-0000-7000-8000-000000000000"}, "anyway": {"1"}}
		f.Set("anyway", "1")
		for _, verb := range []string{"save", "submit"} {
			a, b := other.post(check+"/"+verb, f, ""), other.post(check+"/"+verb, absent, "")
			if a.status != 404 || plain(a) != plain(b) {
				t.Errorf("%s: %d, absent %d", verb, a.status, b.status)
			}
		}
		a, b := other.get(check+"?attempt="+f.Get("attempt")), other.get(check+"?attempt="+absent.Get("attempt"))
		if a.status != 404 || plain(a) != plain(b) {
			t.Errorf("look: %d, absent %d", a.status, b.status)
		}
		if nobody := newBrowser(t, site).get(check + "?attempt=" + f.Get("attempt")); nobody.status != 404 {
			t.Errorf("nobody: %d", nobody.status)
		}
		if got := mine.post(check+"/explode", f, ""); got.status != 404 {
			t.Errorf("unknown verb: %d", got.status)
		}
		if got := mine.post(check+"/submit", url.Values{"attempt": f["attempt"], "q1": {"zz"}}, ""); got.status != 422 {
			t.Errorf("forged token: %d", got.status)
		}
	})
}

// plain is a page's text without the id of its request.
func plain(p *page) string {
	t := text(p.root)
	if i := strings.LastIndex(t, "-"); i > 40 {
		for _, w := range strings.Fields(t) {
			if strings.Count(w, "-") == 4 {
				t = strings.ReplaceAll(t, w, "")
			}
		}
	}
	return t
}

func TestLookingChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site string) {
		b := newBrowser(t, site)
		p := b.get(check).press("Start the quiz").press("Submit answers").press("Submit anyway")
		result := p.path
		p.press("Try again")
		before := rows(t, d)
		for _, path := range []string{check, result, check + "?attempt=x", draw} {
			b.get(path)
			newBrowser(t, site).get(path)
		}
		if after := rows(t, d); !bytes.Equal(before, after) {
			t.Fatalf("before %s\nafter %s", before, after)
		}
	})
}

func rows(t *testing.T, d *bun.DB) []byte {
	t.Helper()
	var all []quiz.Attempt
	ok(t, d.NewSelect().Model(&all).Order("id").Scan(t.Context()))
	events, err := d.NewSelect().Table("learning_event").Count(t.Context())
	ok(t, err)
	enrolments, err := d.NewSelect().Table("enrolment").Count(t.Context())
	ok(t, err)
	return fmt.Appendf(nil, "%+v %d %d", all, events, enrolments)
}
