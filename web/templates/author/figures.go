package author

import (
	"strings"
	"time"

	rules "greenroom/internal/author"
	"greenroom/internal/insight"
	"greenroom/internal/scenario"
)

// Figures are what learners did in the published scenario that a draft stands for.
type Figures struct {
	scenario.Flow
	Whose     insight.Scope
	Published *scenario.Scenario
	Course    string // its title
	Path      string // of the page with all figures
	Revision  int64  // of the draft that is what was published; 0: none
}

// which says what the figures belong to.
func (p Edit) which() string {
	f := p.Figures
	switch f.Revision {
	case 0:
		return p.L.T("author.figures.other", "Course", f.Course)
	case p.Draft.Version:
		return p.L.T("author.figures.this", "Course", f.Course)
	}
	return p.L.T("author.figures.older", "Course", f.Course, "N", f.Revision)
}

// met is what learners did at the passage that the page shows; told says whether there is anything.
func (p Edit) met() (m scenario.Met, told bool) {
	m, told = p.Figures.At[p.passage()]
	return m, told
}

// published is the passage that is shown as it stands in the course; nil when it is not there.
func (p Edit) published() *scenario.Passage { return p.Figures.Published.Passage(p.passage()) }

// came says how many came past a passage, or ended there; "" where that is not told.
func (p Edit) came(key string) string {
	if p.Figures == nil || !p.Figures.Told() {
		return ""
	}
	at := p.Figures.Published.Passage(key)
	switch {
	case at == nil:
		return p.L.T("author.figures.new")
	case at.Kind == scenario.Route:
		return ""
	case at.Kind == scenario.Ending:
		return p.L.T("author.figures.ended", "Share", p.Figures.Endings[key].Text(p.L))
	}
	return p.L.T("author.figures.came", "Share", p.Figures.Passed[key].Text(p.L))
}

// weak is what is weak about the decision that is shown, in words.
func (p Edit) weak() []string {
	m, told := p.met()
	at := p.published()
	if !told || at == nil || at.Kind != scenario.Decision {
		return nil
	}
	var out []string
	for _, w := range m.Weak(at, p.Figures.Published.Panel) {
		out = append(out, p.L.T("scenario.figures."+w))
	}
	return out
}

func (p Edit) median(m scenario.Met) string {
	if m.Median == 0 {
		return p.L.T("scenario.figures.no_time")
	}
	return p.L.T("scenario.figures.time", "Seconds", int(m.Median/time.Second))
}

// chosen says how many gave an answer, or let the clock run out: of a thing of the field choices, or with it nil of timer.
func (p Edit) chosen(f *rules.Field, it *rules.Item) string {
	if p.Figures == nil || !p.isPassage() || f.Path != rules.PathOf(p.passage())+"/"+f.Name {
		return ""
	}
	m, told := p.met()
	at := p.published()
	if !told || at == nil || at.Kind != scenario.Decision {
		return ""
	}
	if it == nil {
		if f.Name != "timer" || at.Timer == nil {
			return ""
		}
		return p.L.T("author.figures.silent", "Share", m.Chose[""].Text(p.L))
	}
	if f.Name != "choices" {
		return ""
	}
	was := at.Choice(it.Name)
	if was == nil {
		return p.L.T("author.figures.new_choice")
	}
	said := p.L.T("author.figures.chose", "Share", m.Chose[it.Name].Text(p.L))
	for _, x := range it.Fields {
		if x.Name == "text" && strings.TrimSpace(x.Value) != strings.TrimSpace(was.Text.Value) {
			said += " " + p.L.T("author.figures.reworded", "Text", was.Text.Value)
		}
	}
	return said
}
