package scenario

import (
	"fmt"
	"strings"
)

// sameMeaning is the share of words that two texts must have in common to count as one text that was mended.
const sameMeaning = 0.2

// Since compares a file with its last published version: an identifier keeps its meaning for ever, since learners' runs
// and the panel's ratings hang on it (E05). Passages and choices may go, and new ones may come.
func Since(before, now *Scenario) Findings {
	rep := &report{lines: 1 << 30}
	if before.ID != now.ID {
		rep.addf("E05", now.lines["id"], "", "keep the id", "the scenario was called %q before", before.ID)
	}
	for _, p := range now.Passages {
		old := before.Passage(p.Key)
		if old == nil {
			continue
		}
		if old.Kind != p.Kind {
			rep.addf("E05", p.Line, p.Key, "give the new passage another key", "the passage %q was a %s before and is a %s now", p.Key, old.Kind, p.Kind)
			continue
		}
		for _, c := range p.Choices {
			if was := old.Choice(c.ID); was != nil && alike(was.Text.Value, c.Text.Value) < sameMeaning {
				rep.add("E05", c.Line, p.Key+"."+c.ID, fmt.Sprintf("the choice %q said something else before: %q", c.ID, clip(was.Text.Value, 60)), "give the new choice another id")
			}
		}
		for _, m := range p.Rubric {
			for _, was := range old.Rubric {
				if was.ID == m.ID && len(was.Levels) != len(m.Levels) {
					rep.addf("E05", m.Line, p.Key, "give the new row another id", "the row %q of the rubric had %d levels before", m.ID, len(was.Levels))
				}
			}
		}
	}
	rep.all.sort()
	return rep.all
}

// alike is the share of words that two texts have in common.
func alike(a, b string) float64 {
	words := func(s string) map[string]bool {
		out := map[string]bool{}
		for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r != '\'' && (r < 'a' || r > 'z') && r < 0x80 }) {
			out[w] = true
		}
		return out
	}
	x, y := words(a), words(b)
	both, all := 0, len(y)
	for w := range x {
		if y[w] {
			both++
		} else {
			all++
		}
	}
	if all == 0 {
		return 1
	}
	return float64(both) / float64(all)
}
