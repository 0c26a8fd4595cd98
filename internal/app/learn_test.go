package app_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/forum"
	"greenroom/internal/quiz"
	"greenroom/internal/reflection"
	"greenroom/internal/scenario"
	"greenroom/internal/worksheet"
)

// How a learner without JavaScript does a step of each kind: by opening its page, filling its form and pressing its
// button.

// course is the current revision.
func (s *site) course(key string) *course.Revision {
	s.t.Helper()
	r, err := s.Courses.Current(context.Background(), key)
	ok(s.t, err)
	return r
}

func stepPath(courseKey string, a *course.Activity) string {
	return "/courses/" + courseKey + "/" + a.Key
}

// takeAll does every step of the course in its order.
func (c *client) takeAll(r *course.Revision) {
	c.s.t.Helper()
	for a := r.First(); a != nil; a = a.Next {
		c.take(r.Key, a)
	}
}

// take does one step and looks that the page says so.
func (c *client) take(courseKey string, a *course.Activity) {
	c.s.t.Helper()
	path := stepPath(courseKey, a)
	p := c.get(path).want(200)
	switch content := a.Content().(type) {
	case *quiz.Content:
		p = c.takeQuiz(p, a, content, true)
	case *reflection.Content:
		p = p.submit("/submit", url.Values{"text": {strings.TrimSpace(strings.Repeat("word ", content.Min+1))}})
	case *worksheet.Content:
		p = p.submit("/finish", filled(content))
	case *scenario.Scenario:
		p = c.takeScenario(path, content)
	case *forum.Content:
		p = c.takePrompt(p, courseKey, a, content)
	default:
		p = p.submit("/complete", nil)
	}
	if p.status != 303 {
		c.s.t.Fatalf("%s %s: %d\n%s", a.Kind, path, p.status, clip(p.words()))
	}
	p.follow().want(200)
}

// takePrompt lets the reflection of the module count where the prompt names one, and answers it where not.
func (c *client) takePrompt(p *page, courseKey string, a *course.Activity, content *forum.Content) *page {
	c.s.t.Helper()
	key := content.InsteadKey(a)
	if key == "" {
		return p.submit("/"+forum.BoardOf(a.Key), url.Values{"body": {strings.Repeat("word ", content.MinWords)}, "rules": {"1"}})
	}
	if !strings.Contains(p.raw, stepPath(courseKey, a)+"/instead") {
		c.take(courseKey, c.s.course(courseKey).Activity(key))
		p = c.get(stepPath(courseKey, a)).want(200)
	}
	return p.submit("/instead", nil)
}

// takeQuiz starts an attempt where none is open, answers it right (or else leaves it), and submits it.
func (c *client) takeQuiz(p *page, a *course.Activity, content *quiz.Content, right bool) *page {
	c.s.t.Helper()
	if !strings.Contains(p.raw, `id="quiz-form"`) {
		p = p.submit("/start", nil).want(303).follow().want(200)
	}
	_, f := p.form("/submit")
	var seed int64
	ok(c.s.t, c.s.DB.NewRaw("SELECT seed FROM quiz_attempt WHERE id = ?", f.Get("attempt")).Scan(context.Background(), &seed))
	if right {
		return p.submit("/submit", answers(quiz.Deal(content, seed)))
	}
	return p.submit("/submit", url.Values{"anyway": {"1"}})
}

// answers are the right ones to a paper, as its page would send them.
func answers(paper quiz.Paper) url.Values {
	f := url.Values{}
	for _, d := range paper.Questions {
		switch d.Type {
		case quiz.Matching:
			for i, l := range d.Lefts {
				f.Set(d.Name()+"."+string(rune('a'+i)), quiz.Token(d.Rights, d.Pairs[l].Right))
			}
		case quiz.Ordering:
			for i := range d.Question.Items {
				f.Add(d.Name(), quiz.Token(d.Items, i))
			}
		case quiz.ShortText:
			f.Set(d.Name(), d.Accept[0])
		case quiz.Numeric:
			f.Set(d.Name(), strconv.FormatFloat(d.Answer, 'f', -1, 64))
		default:
			for i, o := range d.Question.Options {
				if o.Correct {
					f.Add(d.Name(), quiz.Token(d.Options, i))
				}
			}
		}
	}
	return f
}

// filled is a worksheet with something short in every field.
func filled(content *worksheet.Content) url.Values {
	f := url.Values{}
	for _, x := range content.Fields() {
		name := "a." + x.Key
		switch x.Type {
		case worksheet.Date:
			f.Set(name, "2027-02-12")
		case worksheet.Choice:
			f.Set(name, x.Choices[0])
		case worksheet.Table:
			f.Set("rows."+x.Key, "1")
			for j := range x.Columns {
				f.Set(name+".0."+strconv.Itoa(j), "mine "+strconv.Itoa(j))
			}
		default:
			f.Set(name, "something short")
		}
	}
	return f
}

// certificate is the code of the person's certificate of the course, "" without one.
func (c *client) certificate(courseKey string) string {
	c.s.t.Helper()
	for _, code := range c.s.rows("SELECT code FROM certificate WHERE person_id = ? AND course_key = ?", c.id, courseKey) {
		return code
	}
	return ""
}
