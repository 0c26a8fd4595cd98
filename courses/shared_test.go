package courses_test

import (
	"testing"

	"greenroom/courses"
	"greenroom/internal/app"
	"greenroom/internal/course"
	"greenroom/internal/resources"
)

// The glossary and the modules' own lists of key terms hold each other: no term is in one only.
func TestTheGlossaryHasEveryKeyTerm(t *testing.T) {
	t.Parallel()
	shared, _ := app.Loader().LoadShared(courses.Files)
	used := map[string]bool{}
	for _, rev := range tree().revs {
		for _, m := range rev.Modules {
			at := course.Ref{Course: rev.Key, Part: m.Key}
			for _, a := range m.Activities {
				c, ok := a.Content().(*resources.Content)
				if !ok {
					continue
				}
				for _, x := range c.Terms {
					g := shared.Glossary.Find(x.Term)
					if g == nil {
						t.Errorf("%s: %q is not in the glossary", at, x.Term)
						continue
					}
					here := false
					for _, ref := range g.Modules {
						here = here || ref == at
					}
					if used[g.Key] = true; !here {
						t.Errorf("the glossary does not say that %q is used in %s", x.Term, at)
					}
				}
			}
		}
	}
	if n := len(shared.Glossary.Terms); n < 100 || n > len(used)+5 {
		t.Errorf("%d terms, of which modules list %d", n, len(used))
	}
}

func TestPathwaysForEachRole(t *testing.T) {
	t.Parallel()
	shared, _ := app.Loader().LoadShared(courses.Files)
	want := []string{"liaison", "participation-selection-officer", "issue-selection-strategist", "input-designer", "objective-collector", "input-processing-and-response"}
	roles := map[string]course.Role{}
	for _, r := range shared.Pathways.Roles {
		roles[r.Key] = r
		shared, own := false, r.Source.Course != ""
		for _, s := range r.Stages {
			shared = shared || s.Module.String() == "working-with-the-public/roles-in-engagement"
		}
		if len(r.Stages) < 4 || len(r.Does) < 3 || !shared || !own {
			t.Errorf("%s: %d modules, %d lines on what one does, the module on roles among them: %v, sourced: %v", r.Key, len(r.Stages), len(r.Does), shared, own)
		}
	}
	for _, k := range want {
		if roles[k].Title == "" {
			t.Errorf("no pathway for %s", k)
		}
	}
}
