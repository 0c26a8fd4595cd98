package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// wide is a course of 60 steps, as long as a real one.
func wide() *course.Revision {
	letters := "abcdefghijkl"
	return revision("wide", letters, letters, letters, letters, letters)
}

// durable opens a database that flushes every commit, as a real one does.
func durable(b *testing.B, engine string) *bun.DB {
	b.Helper()
	ctx := context.Background()
	u := "sqlite:" + filepath.Join(b.TempDir(), "bench.db")
	if engine == "postgres" {
		s, err := dbtest.StartDurable(os.TempDir())
		if err != nil {
			b.Skip(err)
		}
		b.Cleanup(s.Stop)
		if u, err = dbtest.FreshPostgres(s.URL); err != nil {
			b.Fatal(err)
		}
	}
	d, err := db.Open(ctx, u)
	ok(b, err)
	b.Cleanup(func() { _ = d.Close() })
	ok(b, db.Migrate(ctx, d))
	return d
}

// BenchmarkComplete is a learner marking a step done, durably, with 4 learners at once; BenchmarkComplete/…/bare is
// the limit to hold it against: one event inserted and committed through bun. The goal is 40 % of its throughput.
func BenchmarkComplete(b *testing.B) {
	for _, engine := range dbtest.Engines {
		d := durable(b, engine)
		w := open(b, d)
		r := w.courses.publish(wide())
		b.Run(engine+"/bare", func(b *testing.B) {
			four(b, func(n int64, who string) error {
				e := &record.Event{
					ID: id.New(), PersonID: who, CourseKey: "bare", ActivityKey: fmt.Sprint(n), Kind: record.Done, Cycle: 1,
					RevisionHash: r.Hash, At: w.now(),
				}
				_, err := d.NewInsert().Model(e).Exec(w.ctx)
				return err
			}, w)
		})
		for name, looked := range map[string]bool{"complete": false, "complete-having-looked": true} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				steps := flat(r)
				var more atomic.Int64
				var who [4]string
				var seen [4]record.View
				fourOf(b, func(lane int, n int64) (err error) {
					if n%int64(len(steps)) == 0 {
						who[lane], seen[lane] = w.person(account.KindPerson, "Ada "+fmt.Sprint(more.Add(1))), record.View{}
					}
					c := record.Completion{PersonID: who[lane], Course: r, Activity: steps[n%int64(len(steps))]}
					if looked {
						c.Seen = seen[lane]
					}
					seen[lane], err = w.rec.MarkComplete(w.ctx, c)
					return err
				})
			})
		}
	}
}

func flat(r *course.Revision) []*course.Activity {
	var out []*course.Activity
	for _, m := range r.Modules {
		out = append(out, m.Activities...)
	}
	return out
}

func four(b *testing.B, do func(n int64, who string) error, w *world) {
	b.Helper()
	var who [4]string
	for i := range who {
		who[i] = w.person(account.KindPerson, "Bo")
	}
	var n atomic.Int64
	fourOf(b, func(lane int, _ int64) error { return do(n.Add(1), who[lane]) })
}

// fourOf runs b.N calls in four lanes, each with its own count.
func fourOf(b *testing.B, do func(lane int, n int64) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, 4)
	b.ResetTimer()
	for lane := range 4 {
		go func() {
			var err error
			for n := int64(0); left.Add(-1) >= 0 && err == nil; n++ {
				err = do(lane, n)
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
}

// BenchmarkLook is what each page view counts: 60 steps.
func BenchmarkLook(b *testing.B) {
	r := wide()
	p := &record.Progress{States: record.States{}}
	for i, a := range flat(r) {
		if i%2 == 0 {
			p.States[a.Key] = int64(i)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = record.Look(r, p)
	}
}

// BenchmarkScanStates is what each page view reads.
func BenchmarkScanStates(b *testing.B) {
	s := record.States{}
	for i, a := range flat(wide()) {
		s[a.Key] = 1796112003 + int64(i)
	}
	v, err := s.Value()
	ok(b, err)
	text := strings.Clone(v.(string))
	b.ReportAllocs()
	for b.Loop() {
		var got record.States
		ok(b, got.Scan(text))
	}
}
