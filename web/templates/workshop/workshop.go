// Package workshop is how run sheets look to trainers: on the screen beside the projector, and on paper with room for
// counts by hand.
package workshop

import (
	"strconv"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/locale"
	rules "greenroom/internal/workshop"
	"greenroom/web/templates/layout"
)

// List is /teach/workshops.
type List struct {
	layout.Page
	Courses []Course
}

// Course is a course with run sheets.
type Course struct {
	Key, Title string
	Sheets     []Entry
}

// Entry is one run sheet of a list.
type Entry struct {
	*course.Activity
	Items int
	Href  string
}

// Add puts a run sheet on the list; those of one course follow each other.
func (p *List) Add(r *course.Revision, a *course.Activity, s *rules.RunSheet) {
	if n := len(p.Courses); n == 0 || p.Courses[n-1].Key != r.Key {
		p.Courses = append(p.Courses, Course{Key: r.Key, Title: r.Title})
	}
	c := &p.Courses[len(p.Courses)-1]
	c.Sheets = append(c.Sheets, Entry{Activity: a, Items: len(s.Items), Href: Path(r.Key, a.Key)})
}

// Path is the address of a run sheet.
func Path(courseKey, key string) string { return "/teach/workshops/" + courseKey + "/" + key }

// Sheet is one run sheet.
type Sheet struct {
	layout.Page
	*rules.RunSheet
	Course   *course.Revision
	Activity *course.Activity
}

// step is the address of a step of the same module.
func (p Sheet) step(key string) string {
	return "/courses/" + p.Course.Key + "/" + p.Activity.Module.Key + "/" + key
}

// titled is the title of a step of the same module.
func (p Sheet) titled(key string) string {
	if a := p.Course.Activity(p.Activity.Module.Key + "/" + key); a != nil {
		return a.Title
	}
	return key
}

// from is when an item begins and ends, in minutes from the start.
func (p Sheet) from(n int) string {
	at := 0
	for _, i := range p.Items[:n] {
		at += i.Minutes
	}
	return clock(at) + "–" + clock(at+p.Items[n].Minutes)
}

func clock(minutes int) string {
	s := strconv.Itoa(minutes % 60)
	return strconv.Itoa(minutes/60) + ":" + strings.Repeat("0", 2-len(s)) + s
}

var icons = map[string]string{
	rules.CheckIn: "users", rules.Slide: "monitor", rules.Poll: "list-checks", rules.Cloud: "message-square", rules.Wall: "pen-line", rules.Scale: "scale",
	rules.Question: "circle-help", rules.QandA: "messages-square", rules.Scenario: "milestone", rules.Breakout: "users", rules.Timer: "timer",
	rules.Break: "pause", rules.Exit: "log-out",
}

// ends says what the ends of a scale mean.
func ends(l *locale.Printer, i *rules.Item) string {
	return l.T("workshop.scale", "Low", i.Low, "High", i.High, "Steps", i.Steps)
}

// points are the numbers of a scale.
func points(i *rules.Item) []string {
	var out []string
	for n := 1; n <= i.Steps; n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out
}
