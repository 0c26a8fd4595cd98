package scenario

import (
	"fmt"
	"math"
	"strings"

	"greenroom/internal/course"
	"greenroom/internal/markdown"
)

// Kind reads scenarios as steps of courses: NN-key.scenario.yaml. The content of the step is a *Scenario.
type Kind struct{}

// Name is the kind's name.
func (Kind) Name() string { return "scenario" }

// Ext is the ending of its files.
func (Kind) Ext() string { return ".yaml" }

// Parse reads one file and checks it whole; what was published before is only read.
func (Kind) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	var s *Scenario
	var found Findings
	minutes := 0.0
	if rep.Stored() {
		s, found = Parse(f.Data)
	} else {
		r := Lint(f.Data)
		s, found = r.Scenario, r.Findings
	}
	tell(rep, found)
	if s == nil {
		return course.Meta{}, nil
	}
	meta := course.Meta{Title: s.Title.Value, Summary: s.Summary.Value, Minutes: s.Minutes}
	if found.Broken() {
		return meta, nil
	}
	if meta.Minutes == 0 {
		if minutes = s.Explore().MaxMinutes; minutes == 0 || minutes > 60 {
			minutes = 15
		}
		meta.Minutes = max(1, int(math.Ceil(minutes)))
	}
	s.Render(inCourse{rep})
	rep.After(func(rev *course.Revision) { s.placesIn(rep, rev) })
	return meta, s
}

func tell(rep *course.Reporter, found Findings) {
	for _, f := range found {
		what := f.Code + ": " + f.Message
		if f.Passage != "" {
			what += fmt.Sprintf(" [%s]", f.At)
		}
		switch {
		case f.Error():
			rep.Error(f.Line, what, f.Remedy)
		case f.Warning():
			rep.Warn(f.Line, what, f.Remedy)
		}
	}
}

// placesIn warns of places in this course that are not there.
func (s *Scenario) placesIn(rep *course.Reporter, rev *course.Revision) {
	for name, places := range map[string][]string{"courses": s.Courses, "debrief": s.Debrief.Read} {
		for _, at := range places {
			key, rest, _ := strings.Cut(at, "/")
			if key != rev.Key || rev.Activity(rest) != nil {
				continue
			}
			known := false
			for _, m := range rev.Modules {
				known = known || m.Key == rest
			}
			if !known {
				rep.Warn(s.lines[name], fmt.Sprintf("%q names no module and no step of this course", at), "write course/module or course/module/step")
			}
		}
	}
}

// inCourse renders with the course's links, media and citations.
type inCourse struct{ rep *course.Reporter }

func (r inCourse) Markup(t Text) markdown.HTML {
	return r.rep.Markdown(course.Text{Line: t.Line, Value: t.Value})
}

func (r inCourse) Image(i Image) markdown.HTML {
	src := "![" + escapeAlt.Replace(i.Alt.Value) + "](" + i.Src + ")"
	return r.rep.Inline(course.Text{Line: i.Line, Value: src})
}

var escapeAlt = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `*`, `\*`, `_`, `\_`, "`", "\\`", `<`, `\<`, `!`, `\!`)
