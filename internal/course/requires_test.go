package course_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
)

// shelf is a courses folder: each "a>b,c" is a course a that requires b and c.
func shelf(courses ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, c := range courses {
		key, requires, _ := strings.Cut(c, ">")
		for name, f := range coursetest.Small() {
			out[strings.Replace(name, "tiny/", key+"/", 1)] = f
		}
		edit(out, key+"/course.yaml", "key: tiny", "key: "+key)
		if requires != "" {
			edit(out, key+"/course.yaml", "sources:", "requires: ["+strings.ReplaceAll(requires, ",", ", ")+"]\nsources:")
		}
	}
	return out
}

func errorsOf(fs course.Findings) string {
	var out []string
	for _, f := range fs {
		if f.Severity == course.SevError {
			out = append(out, f.String())
		}
	}
	return strings.Join(out, "\n")
}

func TestRequiresInOneTree(t *testing.T) {
	t.Parallel()
	for tree, want := range map[string]string{
		"a b>a":           "",
		"a b>a c>a,b":     "",
		"a>b b>a":         "a/course.yaml: error: courses require each other in a circle: a → b → a;",
		"a>b b>c c>a d>a": "a/course.yaml: error: courses require each other in a circle: a → b → c → a;",
		"a>b b>a c>d d>c": "c/course.yaml: error: courses require each other in a circle: c → d → c;",
	} {
		_, found := loader().Load(shelf(strings.Fields(tree)...))
		got := errorsOf(found)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", tree, got, want)
		}
		if n := strings.Count(got, "circle"); strings.Contains(tree, "d>a") && n != 1 {
			t.Errorf("%s: the circle is named %d times", tree, n)
		}
	}
	revs, found := loader().Load(shelf("b>z"))
	if !strings.Contains(found.String(), `b/course.yaml: warning: the required course "z" is not in this folder;`) || len(revs) != 1 || len(revs[0].Requires) != 1 {
		t.Errorf("required from elsewhere: %s, %+v", found, revs)
	}
}

func TestRequiresAcrossWhatIsPublished(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		refused := func(m fstest.MapFS, want string) {
			t.Helper()
			var broken *course.Broken
			if _, err := s.Publish(t.Context(), m); !errors.As(err, &broken) || !strings.Contains(broken.Findings.String(), want) {
				t.Errorf("want %q: %v", want, err)
			}
		}
		refused(shelf("b>a"), `b/course.yaml: error: the required course "a" is not published;`)
		publish(t, s, shelf("a"))
		publish(t, s, shelf("b>a"))
		publish(t, s, shelf("c>b"))
		refused(shelf("a>c"), "a/course.yaml: error: courses require each other in a circle: a → c → b → a;")
		if r, err := s.Current(t.Context(), "c"); err != nil || len(r.Requires) != 1 || r.Requires[0] != "b" {
			t.Errorf("%+v, %v", r, err)
		}
		if err := s.Retire(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		refused(shelf("e>a"), `e/course.yaml: error: the required course "a" is not published;`)
	})
}
