package course_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/course/coursetest"
)

// FuzzLoad puts any bytes in the place of each file of a good course: findings may come, a panic may not, and what loads has its
// steps linked and named. Run it with -fuzzminimizetime 1x: shrinking what is merely new takes all the time.
func FuzzLoad(f *testing.F) {
	small := coursetest.Small()
	var names []string
	for n := range small {
		names = append(names, n)
	}
	slices.Sort(names)
	for i, n := range names {
		f.Add(uint(i), string(small[n].Data))
	}
	for _, s := range []string{
		"", "---\n---\n", "---\ntitle: \"x\"\nminutes: 1\n---\n" + strings.Repeat("> ", 500) + "x", "a: &a [*a]", "a: !!binary x", "? [a]\n: b", "<<: {a: b}",
		strings.Repeat("[", 20000), strings.Repeat("- ", 20000), "\xff\xfe", "%YAML 1.2\n---\na: b", "key: |\n\n\n  x\n", "a: \"\\ud800\"", "title: >-\n x",
	} {
		f.Add(uint(0), s)
		f.Add(uint(3), s)
	}
	f.Fuzz(func(t *testing.T, which uint, text string) {
		m := coursetest.Small()
		m[names[which%uint(len(names))]] = &fstest.MapFile{Data: []byte(text)}
		revs, found := loader().Load(m)
		if (len(revs) == 1) == found.Broken() {
			t.Fatalf("%d revisions with findings\n%s", len(revs), found)
		}
		for _, r := range revs {
			for a := r.First(); a != nil; a = a.Next {
				if r.Activity(a.Key) != a || a.Content() == nil || a.Title == "" || a.Minutes < 1 {
					t.Fatalf("%+v", a)
				}
			}
		}
		for _, x := range found {
			lines := strings.Count(text, "\n") + 2
			if m[x.File] != nil && x.Line > lines && strings.Contains(x.File, names[which%uint(len(names))]) {
				t.Fatalf("%s is beyond the end of %d lines", x, lines)
			}
		}
	})
}
