// Package insight is the page that shows where people stop in a course.
package insight

import (
	"greenroom/internal/check"
	"net/url"
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/insight"
	"greenroom/internal/quiz"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Page is the numbers of one course.
type Page struct {
	layout.Page
	insight.View
	insight.Report
	Course  *course.Revision
	Figures map[string]*quiz.Figures // by activity
	Number  int                      // which page of a long course, from 1
}

// checks says whether the course has a check before and after.
func (p Page) checks() bool {
	c, _ := check.Of(p.Course)
	return c != nil
}

// perPage is how many steps a page shows.
const perPage = 60

func (p Page) path() string { return "/teach/courses/" + p.Course.Key + "/insight" }

func (p Page) query(page int) string {
	v := url.Values{}
	if p.Scope.ID != "" {
		v.Set("delivery", p.Scope.ID)
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func (p Page) pages() int { return max(1, (len(p.Steps)+perPage-1)/perPage) }

func (p Page) nav() ui.PageNav {
	return ui.PageNav{Page: p.page(), Pages: p.pages(), Href: func(n int) string { return p.path() + p.query(n) }}
}

func (p Page) page() int { return min(max(1, p.Number), p.pages()) }

// shown are the steps of this page.
func (p Page) shown() []insight.Step {
	from := (p.page() - 1) * perPage
	return p.Steps[from:min(len(p.Steps), from+perPage)]
}

// first says whether a step is the first of its module on this page.
func (p Page) first(i int) bool {
	all := p.shown()
	return i == 0 || all[i].Module != all[i-1].Module
}

// Reached counts those who began a quiz, too.
func (p Page) Reached(s insight.Step) int {
	if f := p.Figures[s.Key]; f != nil {
		return max(s.Reached, f.Started)
	}
	return s.Reached
}

// median is how long a step takes; zero when it is not told.
func (p Page) median(s insight.Step) time.Duration {
	if f := p.Figures[s.Key]; f != nil {
		return insight.Median(f.Times)
	}
	if s.Kind == (quiz.Kind{}).Name() {
		return 0
	}
	return s.Median
}

// Seconds is the median in seconds, "" when it is not told.
func (p Page) Seconds(s insight.Step) string {
	if d := p.median(s); d > 0 {
		return strconv.Itoa(int(d / time.Second))
	}
	return ""
}

func (p Page) minutes(s insight.Step) string {
	d := p.median(s)
	if d == 0 {
		return "–"
	}
	return p.L.T("insight.minutes", "N", strconv.FormatFloat(d.Minutes(), 'f', 1, 64), "Planned", s.Minutes)
}

func (p Page) percent(n int) int { return n * 100 / max(1, p.People) }

// Hardest is the hardest question of a quiz with its share of right answers; empty for other steps and few people.
func (p Page) Hardest(s insight.Step) (question, share string) {
	f := p.Figures[s.Key]
	if f == nil {
		return "", ""
	}
	key, item := f.Hardest()
	c, ok := s.Content().(*quiz.Content)
	if item == nil || !ok {
		return "", ""
	}
	for _, q := range c.Questions {
		if q.Key == key {
			return quiz.PlainText(q.Prompt), strconv.Itoa(item.Share()) + " %"
		}
	}
	return key, strconv.Itoa(item.Share()) + " %"
}

func (p Page) quizHref(s insight.Step) string {
	return "/teach/courses/" + p.Course.Key + "/quizzes/" + s.Key
}

// worst says whether this is the step at which most people stopped.
func (p Page) worst(s insight.Step) bool {
	if s.Stopped == 0 {
		return false
	}
	for _, x := range p.Steps {
		if x.Stopped > s.Stopped {
			return false
		}
	}
	return true
}
