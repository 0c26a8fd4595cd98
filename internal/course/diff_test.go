package course_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db/dbtest"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	load := func(change func(m fstest.MapFS)) *course.Revision {
		m := coursetest.Small()
		change(m)
		revs, found := loader().Load(m)
		if len(revs) != 1 {
			t.Fatal(found)
		}
		return revs[0]
	}
	names := func(as []*course.Activity) string {
		var s []string
		for _, a := range as {
			s = append(s, a.Slug)
		}
		return strings.Join(s, " ")
	}
	move := func(m fstest.MapFS, from, to string) {
		m["tiny/01-first/"+to] = m["tiny/01-first/"+from]
		delete(m, "tiny/01-first/"+from)
	}
	for _, tc := range []struct {
		name                           string
		change                         func(m fstest.MapFS)
		added, changed, retired, moved string
	}{
		{"nothing", func(fstest.MapFS) {}, "", "", "", ""},
		{"a word", func(m fstest.MapFS) { edit(m, read, "A start", "The start") }, "", "read", "", ""},
		{"a picture", func(m fstest.MapFS) { edit(m, "tiny/media/boxes.svg", "10", "11") }, "", "read", "", ""},
		{"the course's own page", func(m fstest.MapFS) { edit(m, "tiny/course.yaml", "A tiny", "One tiny") }, "", "", "", ""},
		{"first becomes last", func(m fstest.MapFS) {
			move(m, "03-think.reflection.yaml", "09-think.reflection.yaml")
		}, "", "", "", "think"},
		{"one goes, one comes", func(m fstest.MapFS) { move(m, "05-more.resources.yaml", "05-extra.resources.yaml") }, "extra", "", "more", ""},
		{"new numbers, same order", func(m fstest.MapFS) { move(m, "05-more.resources.yaml", "77-more.resources.yaml") }, "", "", "", ""},
	} {
		c := course.Diff(load(func(fstest.MapFS) {}), load(tc.change))
		got := fmt.Sprintf("%q %q %q %q", names(c.Added), names(c.Changed), names(c.Retired), names(c.Moved))
		if want := fmt.Sprintf("%q %q %q %q", tc.added, tc.changed, tc.retired, tc.moved); got != want {
			t.Errorf("%s: %s, want %s", tc.name, got, want)
		}
		if c.None() != (tc.added+tc.changed+tc.retired+tc.moved == "") {
			t.Errorf("%s: None is %v", tc.name, c.None())
		}
	}
}

func BenchmarkBig(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			src := coursetest.Big(1000)
			var pub, exp, cold time.Duration
			for b.Loop() {
				d := dbtest.New(b, engine)
				s := service(d)
				at := time.Now()
				r, err := s.Publish(b.Context(), src)
				if err != nil {
					b.Fatal(err)
				}
				pub += time.Since(at)
				at = time.Now()
				if err := s.Export(b.Context(), r.Courses[0].Hash, io.Discard); err != nil {
					b.Fatal(err)
				}
				exp += time.Since(at)
				at = time.Now()
				if _, err := service(d).Current(b.Context(), "big"); err != nil {
					b.Fatal(err)
				}
				cold += time.Since(at)
			}
			n := float64(b.N)
			b.ReportMetric(pub.Seconds()/n, "publish-s")
			b.ReportMetric(exp.Seconds()/n, "export-s")
			b.ReportMetric(cold.Seconds()/n, "cold-s")
		})
	}
}
