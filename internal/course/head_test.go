package course_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
)

// counted is a kind that counts how often it reads a file.
type counted struct {
	course.Kind
	n *atomic.Int64
}

func (c counted) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	c.n.Add(1)
	return c.Kind.Parse(f, rep)
}

// A node that starts knows the heads of all steps without reading them; a step is read once, by who asks first.
func TestAPublishedStepIsReadWhenAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		publish(t, service(d), coursetest.Small())
		was, _ := loader().Load(coursetest.Small())
		n := new(atomic.Int64)
		var kinds []course.Kind
		for _, k := range coursetest.Kinds() {
			kinds = append(kinds, counted{k, n})
		}
		rev, err := course.New(d, course.NewLoader(kinds...), clock).Current(t.Context(), "tiny")
		if err != nil {
			t.Fatal(err)
		}
		for a, b := was[0].First(), rev.First(); a != nil || b != nil; a, b = a.Next, b.Next {
			if a.Key != b.Key || a.Title != b.Title || a.Summary != b.Summary || a.Minutes != b.Minutes || a.Number != b.Number {
				t.Errorf("%+v\n%+v", a, b)
			}
		}
		if n.Load() != 0 {
			t.Errorf("%d steps were read", n.Load())
		}
		page := was[0].First().Content()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if a := rev.Activity("first/read"); a.Content() != page || a.Hash() != was[0].First().Hash() {
					t.Errorf("another step than was published: %v", a.Content())
				}
			})
		}
		all.Wait()
		if n.Load() != 1 {
			t.Errorf("one step was read %d times", n.Load())
		}
	})
}

// However a head is written, what a node reads of it later is what was published.
func TestHeadsAreWhatWasPublished(t *testing.T) {
	t.Parallel()
	const file = "tiny/01-first/02-check.quiz.yaml"
	for name, head := range map[string]string{
		"plain":           "title: \"A title: with a colon\"\nsummary: \"Sum\"\nminutes: 4\n",
		"escaped":         "title: \"A \\\"quoted\\\" word\"\nminutes: 4\n",
		"single quotes":   "title: 'It''s'\nminutes: 4\n",
		"a block":         "title: |-\n  A block\nsummary: >-\n  Two\n  lines\nminutes: 4\n",
		"several lines":   "title: \"One\n  two\"\nminutes: 4\n",
		"a comment":       "title: \"A\" # not B\nminutes: 4 # or 5\n",
		"quoted keys":     "\"title\": \"A\"\n\"minutes\": 4\n",
		"spaces":          "title:   \"  A  \"\nminutes:  4\n",
		"hexadecimal":     "title: \"A\"\nminutes: 0x10\n",
		"in another text": "title: \"A\"\nminutes: 4\nintro: |\n  title: \"B\"\n  minutes: 9\n",
		"twice":           "title: \"A\"\nminutes: 4\nintro: 'x\ntitle: \"B\"\ny'\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, "sqlite")
			m := coursetest.Small()
			m[file] = &fstest.MapFile{Data: []byte(head)}
			s := service(d)
			publish(t, s, m)
			was, err := s.Current(t.Context(), "tiny")
			if err != nil {
				t.Fatal(err)
			}
			is, err := service(d).Current(t.Context(), "tiny")
			if err != nil {
				t.Fatal(err)
			}
			a, b := was.Activity("first/check"), is.Activity("first/check")
			if a.Title == "" || a.Title != b.Title || a.Summary != b.Summary || a.Minutes != b.Minutes || b.Content() == nil || a.Hash() != b.Hash() {
				t.Errorf("published %q %q %d, read %q %q %d", a.Title, a.Summary, a.Minutes, b.Title, b.Summary, b.Minutes)
			}
		})
	}
	m := coursetest.Small()
	m[file] = &fstest.MapFile{Data: []byte("title: \"A\"\nminutes: 4\nintro: 'x\nsummary: \"B\"\ny'\n")}
	if _, found := loader().Load(m); !found.Broken() || !strings.Contains(found.String(), "not what their lines seem to say") {
		t.Errorf("a text that looks like a summary: %s", found)
	}
}
