package course_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/fault"
)

func clock() time.Time {
	t, _ := time.Parse(time.RFC3339, coursetest.Now)
	return t
}

func loader() *course.Loader {
	l := course.NewLoader(coursetest.Kinds()...)
	l.Now = clock
	return l
}

func service(d *bun.DB) *course.Service { return course.New(d, loader(), clock) }

func publish(t *testing.T, s *course.Service, fsys fs.FS) course.Result {
	t.Helper()
	r, err := s.Publish(t.Context(), fsys)
	if err != nil {
		t.Fatalf("publish: %v\n%v", err, r.Findings)
	}
	return r
}

func edit(m fstest.MapFS, path, old, new string) {
	m[path] = &fstest.MapFile{Data: []byte(strings.Replace(string(m[path].Data), old, new, 1))}
}

const read = "tiny/01-first/01-read.reading.md"

func TestPublishAndFind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, ctx := service(d), t.Context()
		var hooked []string
		s.OnPublish(func(_ context.Context, _ bun.IDB, r *course.Revision) error {
			hooked = append(hooked, r.Key+" "+r.Title)
			return nil
		})
		if all, err := s.Catalogue(ctx); err != nil || len(all) != 0 {
			t.Fatalf("an empty catalogue: %v, %v", all, err)
		}
		first := publish(t, s, coursetest.Small()).Courses[0]
		if first.State != course.StateNew || first.Title != "A tiny course" {
			t.Errorf("first publish: %+v", first)
		}
		if again := publish(t, s, coursetest.Small()).Courses[0]; again.State != course.StateUnchanged || again.Hash != first.Hash {
			t.Errorf("the same tree again: %+v", again)
		}
		m := coursetest.Small()
		edit(m, read, "A start", "A new start")
		second := publish(t, s, m).Courses[0]
		if second.State != course.StateChanged || len(second.Changes.Changed) != 1 || second.Changes.Changed[0].Key != "first/read" {
			t.Errorf("changed publish: %+v", second)
		}
		if want := []string{"tiny A tiny course", "tiny A tiny course"}; fmt.Sprint(hooked) != fmt.Sprint(want) {
			t.Errorf("hooks ran for %v, want %v", hooked, want)
		}
		now, err := s.Current(ctx, "tiny")
		if err != nil || now.Hash != second.Hash {
			t.Fatalf("current: %v, %v", now, err)
		}
		old, err := s.Revision(ctx, first.Hash)
		if err != nil || old.Hash != first.Hash {
			t.Fatalf("the old revision stays: %v, %v", old, err)
		}
		if html := old.Activity("first/read").Content().(coursetest.Page).HTML; !strings.Contains(string(html), ">A start<") {
			t.Errorf("old text: %s", html)
		}
		for _, key := range []string{"none", ""} {
			if _, err := s.Current(ctx, key); !fault.Is(err, fault.NotFound) {
				t.Errorf("current %q: %v", key, err)
			}
		}
		for _, hash := range []string{"", "x", strings.Repeat("0", 64), "' OR 1=1 --"} {
			if _, err := s.Revision(ctx, hash); !fault.Is(err, fault.NotFound) {
				t.Errorf("revision %q: %v", hash, err)
			}
		}
	})
}

// looks counts every query of a database.
type looks struct{ atomic.Int64 }

func (l *looks) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	l.Add(1)
	return ctx
}

func (*looks) AfterQuery(context.Context, *bun.QueryEvent) {}

func TestCurrentCostsNoQueryWhileFresh(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		asked := new(looks)
		a, b := service(d), service(d.WithQueryHook(asked))
		publish(t, a, coursetest.Small())
		if _, err := b.Current(t.Context(), "tiny"); err != nil {
			t.Fatal(err)
		}
		ctx, n := db.CountQueries(t.Context())
		asked.Store(0)
		for range 100 {
			if _, err := b.Current(ctx, "tiny"); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Catalogue(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if asked.Load() > 2 { // one a second, and this loop may cross a second
			t.Errorf("%d queries for 200 looks", asked.Load())
		}
		if n.Load() > 0 {
			t.Errorf("a page pays for %d queries that serve everybody", n.Load())
		}
		// Another node publishes: seen within a second or so, without a signal.
		m := coursetest.Small()
		edit(m, read, "A start", "A new start")
		want := publish(t, a, m).Courses[0].Hash
		deadline := time.Now().Add(3 * time.Second)
		for {
			r, err := b.Current(t.Context(), "tiny")
			if err != nil {
				t.Fatal(err)
			}
			if r.Hash == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the other node's publish was not seen within 3 s")
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}

func TestBrokenTreeChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		before := publish(t, s, coursetest.Small()).Courses[0].Hash
		m := coursetest.Small()
		edit(m, read, "A start", "A new start")
		m["other/course.yaml"] = &fstest.MapFile{Data: []byte("format: course/1\n")}
		res, err := s.Publish(t.Context(), m)
		var broken *course.Broken
		if !errors.As(err, &broken) || len(res.Courses) != 0 || broken.Findings.Errors() == 0 {
			t.Fatalf("publish of a broken tree: %+v, %v", res, err)
		}
		if r, _ := s.Current(t.Context(), "tiny"); r.Hash != before {
			t.Error("the good course was published although its neighbour is broken")
		}
	})
}

func TestPublishedStepsStay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		publish(t, s, coursetest.Small())
		m := coursetest.Small()
		delete(m, "tiny/01-first/05-more.resources.yaml")
		_, err := s.Publish(t.Context(), m)
		var broken *course.Broken
		if !errors.As(err, &broken) || !strings.Contains(broken.Findings.String(), `tiny/course.yaml: error: the published step "first/more" is gone`) {
			t.Fatalf("a lost step: %v", err)
		}
		edit(m, "tiny/course.yaml", "sources:", "retired: [first/more]\nsources:")
		c := publish(t, s, m).Courses[0].Changes
		if len(c.Retired) != 1 || c.Retired[0].Key != "first/more" {
			t.Errorf("changes: %+v", c)
		}
		// A step that was retired once is guarded for ever, also when it is not in the tree any more.
		edit(m, "tiny/course.yaml", "retired: [first/more]\n", "")
		if _, err := s.Publish(t.Context(), m); !errors.As(err, &broken) {
			t.Errorf("a retired step forgotten: %v", err)
		}
	})
}

func TestExportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, src := service(d), coursetest.Small()
		hash := publish(t, s, src).Courses[0].Hash
		var b bytes.Buffer
		if err := s.Export(t.Context(), hash, &b); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != len(src) {
			t.Errorf("%d files came back of %d", len(z.File), len(src))
		}
		for name, f := range src {
			got, err := fs.ReadFile(z, name)
			if err != nil || !bytes.Equal(got, f.Data) {
				t.Errorf("%s: %v, %d bytes of %d", name, err, len(got), len(f.Data))
			}
		}
		if again := publish(t, s, z).Courses[0]; again.State != course.StateUnchanged {
			t.Errorf("publishing the export: %+v", again)
		}
		var twice bytes.Buffer
		if err := s.Export(t.Context(), hash, &twice); err != nil || !bytes.Equal(b.Bytes(), twice.Bytes()) {
			t.Errorf("two exports differ: %v", err)
		}
	})
}

func TestMedia(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, src := service(d), coursetest.Small()
		hash := publish(t, s, src).Courses[0].Hash
		other := service(d) // nothing cached
		data, kind, err := other.Media(t.Context(), hash, "media/boxes.svg")
		if err != nil || kind != "image/svg+xml" || !bytes.Equal(data, src["tiny/media/boxes.svg"].Data) {
			t.Errorf("media: %v, %q, %q", err, kind, data)
		}
		r, _ := s.Current(t.Context(), "tiny")
		html := string(r.Activity("first/read").Content().(coursetest.Page).HTML)
		if want := `src="/courses/tiny/media/` + hash + `/media/boxes.svg"`; !strings.Contains(html, want) {
			t.Errorf("page lacks %s:\n%s", want, html)
		}
		for _, p := range []string{"course.yaml", "01-first/01-read.reading.md", "../tiny/media/boxes.svg", "media/none.svg", ""} {
			if _, _, err := s.Media(t.Context(), hash, p); !fault.Is(err, fault.NotFound) {
				t.Errorf("media %q: %v", p, err)
			}
		}
	})
}

func TestLargeMedium(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, m := service(d), coursetest.Small()
		film := append([]byte("\x00\x00\x00\x18ftypmp42"), bytes.Repeat([]byte{0, 0xff, '\'', '\\', '?'}, 1_900_000)...)
		m["tiny/media/x.mp4"] = &fstest.MapFile{Data: film}
		hash := publish(t, s, m).Courses[0].Hash
		got, kind, err := service(d).Media(t.Context(), hash, "media/x.mp4")
		if err != nil || kind != "video/mp4" || !bytes.Equal(got, film) {
			t.Errorf("%d bytes of %d, %q, %v", len(got), len(film), kind, err)
		}
	})
}

func TestRetireAndRestore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		hash := publish(t, s, coursetest.Small()).Courses[0].Hash
		if err := s.Retire(t.Context(), "tiny"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Current(t.Context(), "tiny"); !fault.Is(err, fault.NotFound) {
			t.Errorf("current of a retired course: %v", err)
		}
		if _, err := s.Revision(t.Context(), hash); err != nil {
			t.Errorf("those who have begun: %v", err)
		}
		if err := s.Retire(t.Context(), "tiny"); !fault.Is(err, fault.NotFound) {
			t.Errorf("retired twice: %v", err)
		}
		if r := publish(t, s, coursetest.Small()).Courses[0]; r.State != course.StateRestored {
			t.Errorf("published again: %+v", r)
		}
		if r, err := s.Current(t.Context(), "tiny"); err != nil || r.Hash != hash {
			t.Errorf("restored: %v, %v", r, err)
		}
	})
}

func TestHookFailureRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, fail := service(d), true
		s.OnPublish(func(context.Context, bun.IDB, *course.Revision) error {
			if fail {
				return io.ErrUnexpectedEOF
			}
			return nil
		})
		if _, err := s.Publish(t.Context(), coursetest.Small()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("publish: %v", err)
		}
		for _, table := range []string{"course", "revision", "course_media"} {
			if n, err := d.NewSelect().Table(table).Count(t.Context()); err != nil || n != 0 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
		fail = false
		publish(t, s, coursetest.Small())
	})
}

func TestDamagedRevisionIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		m := coursetest.Small()
		for p, f := range coursetest.Big(2) {
			m[p] = f
		}
		publish(t, s, m)
		var archive []byte
		r, _ := s.Current(t.Context(), "tiny")
		if err := d.NewSelect().Table("revision").Column("archive").Where("hash = ?", r.Hash).Scan(t.Context(), &archive); err != nil {
			t.Fatal(err)
		}
		archive[len(archive)/2] ^= 4
		if _, err := d.NewUpdate().Table("revision").Set("archive = ?", archive).Where("hash = ?", r.Hash).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := service(d)
		if _, err := other.Current(t.Context(), "tiny"); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("a damaged revision: %v", err)
		}
		if all, err := other.Catalogue(t.Context()); err != nil || len(all) != 1 || all[0].Key != "big" {
			t.Errorf("the other courses: %v, %v", all, err)
		}
		publish(t, other, m) // the same files heal it
		if got, err := service(d).Current(t.Context(), "tiny"); err != nil || got.Hash != r.Hash {
			t.Errorf("after publishing again: %v", err)
		}
	})
}

// Rules that come later do not take a published revision from its learners.
func TestOldRevisionsStayReadable(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, "sqlite")
	hash := publish(t, service(d), coursetest.Small()).Courses[0].Hash
	var stricter []course.Kind
	for _, k := range coursetest.Kinds() {
		stricter = append(stricter, strict{k})
	}
	s := course.New(d, course.NewLoader(stricter...), clock)
	if r, err := s.Revision(t.Context(), hash); err != nil || r.Activity("first/read").Content() == nil {
		t.Errorf("revision: %v", err)
	}
	if _, err := s.Publish(t.Context(), coursetest.Small()); err == nil {
		t.Error("the stricter rule does not bind new publishing")
	}
}

type strict struct{ course.Kind }

func (s strict) Parse(f course.File, rep *course.Reporter) (course.Meta, course.Content) {
	m, c := s.Kind.Parse(f, rep)
	rep.Error(1, "a new rule", "obey")
	return m, c
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s := service(d)
		hash := publish(t, s, coursetest.Small()).Courses[0].Hash
		other := service(d)
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				if i%8 == 0 {
					m := coursetest.Small()
					edit(m, read, "A start", fmt.Sprintf("Start %d", i))
					if _, err := other.Publish(t.Context(), m); err != nil {
						t.Errorf("publish: %v", err)
					}
					return
				}
				if r, err := other.Current(t.Context(), "tiny"); err != nil || r.Key != "tiny" {
					t.Errorf("current: %v", err)
				}
				if _, _, err := other.Media(t.Context(), hash, "media/boxes.svg"); err != nil {
					t.Errorf("media: %v", err)
				}
			})
		}
		wg.Wait()
		if n, err := d.NewSelect().Table("course_media").Count(t.Context()); err != nil || n != 1 {
			t.Errorf("%d media, %v", n, err)
		}
	})
}

// A program that is started again, or an older one beside a newer, never undoes what was published since.
func TestShippedCoursesAreLeftAloneOncePublished(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, ctx := service(d), t.Context()
		shipped := coursetest.Small()
		if r, err := s.Ship(ctx, shipped); err != nil || r.Courses[0].State != course.StateNew {
			t.Fatalf("first start: %+v, %v", r, err)
		}
		own := coursetest.Small()
		edit(own, "tiny/course.yaml", "A tiny course", "Our own edition")
		mine := publish(t, s, own).Courses[0]
		if r, err := s.Ship(ctx, shipped); err != nil || r.Courses[0].State != course.StateUnchanged {
			t.Fatalf("second start: %+v, %v", r, err)
		}
		if now, err := s.Current(ctx, "tiny"); err != nil || now.Hash != mine.Hash {
			t.Errorf("a restart undid the author's edition (%v)", err)
		}
		newer := coursetest.Small()
		edit(newer, "tiny/course.yaml", "A tiny course", "A newer program's edition")
		if r, err := s.Ship(ctx, newer); err != nil || r.Courses[0].State != course.StateChanged {
			t.Errorf("a newer program's edition: %+v, %v", r, err)
		}
	})
}

// One step is changed or added on the site through the door that publishes folders: the rest stays byte for byte, what is
// wrong changes nothing, and neither a restart nor a newer program undoes it; only an operator who publishes does.
func TestAmending(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		s, ctx := service(d), t.Context()
		shipped := coursetest.Small()
		if _, err := s.Ship(ctx, shipped); err != nil {
			t.Fatal(err)
		}
		was, err := s.Current(ctx, "tiny")
		if err != nil {
			t.Fatal(err)
		}
		notes := 0
		a := course.Amendment{Course: "tiny", Step: "first/extra", Kind: "reading", Data: []byte("---\ntitle: \"Extra\"\nminutes: 3\n---\n## More\n\nRead it.\n"), Base: was.Hash,
			Note: func(context.Context, bun.IDB, *course.Revision) error { notes++; return nil }}
		bad := a
		bad.Data = []byte("no front matter")
		var broken *course.Broken
		if _, err := s.Amend(ctx, bad); !errors.As(err, &broken) {
			t.Errorf("a broken step: %v", err)
		}
		for what, step := range map[string]string{"another kind": "first/check", "no module": "nowhere/extra", "no key": "first/No Key"} {
			bad := a
			bad.Step = step
			if _, err := s.Amend(ctx, bad); fault.From(err) == nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if now, err := s.Current(ctx, "tiny"); err != nil || now.Hash != was.Hash || notes != 0 {
			t.Fatalf("what was refused changed something: %v", err)
		}
		p, err := s.Amend(ctx, a)
		if err != nil || p.State != course.StateChanged || notes != 1 {
			t.Fatalf("%+v, %v, %d notes", p, err, notes)
		}
		now, err := s.Current(ctx, "tiny")
		if err != nil || now.Activity("first/extra") == nil || now.Activity("first/read").Hash() != was.Activity("first/read").Hash() {
			t.Fatalf("the step is not there, or another changed: %v", err)
		}
		if _, err := s.Amend(ctx, a); !fault.Is(err, fault.Conflict) {
			t.Errorf("from an older state: %v", err)
		}
		newer := coursetest.Small()
		edit(newer, "tiny/course.yaml", "A tiny course", "A newer edition")
		for what, start := range map[string]func() (course.Result, error){
			"a restart":        func() (course.Result, error) { return s.Ship(ctx, shipped) },
			"a newer program":  func() (course.Result, error) { return s.Ship(ctx, newer) },
			"the own folder":   func() (course.Result, error) { return s.Renew(ctx, shipped) },
			"the newer folder": func() (course.Result, error) { return s.Renew(ctx, newer) },
		} {
			if _, err := start(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if x, err := s.Current(ctx, "tiny"); err != nil || x.Hash != now.Hash {
				t.Errorf("%s undid it (%v)", what, err)
			}
		}
		if _, err := s.Publish(ctx, newer); !errors.As(err, &broken) { // the step that people may have begun is gone
			t.Errorf("an operator lost a step unawares: %v", err)
		}
	})
}
