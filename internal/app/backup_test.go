package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"greenroom/internal/backup"
	"greenroom/internal/db/dbtest"
)

// A backup is taken while people learn, register and complete, and restored on either database: every table is that of
// one moment, the record is sound, certificates and pages are there, media too, and the site goes on from it.
func TestBackupOfALivingSite(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, engine, setup{pool: 6})
			r := s.course("tiny")
			ann := s.person("Ann Before", "learner")
			ann.takeAll(r)
			ok(t, s.Events.Drain(t.Context()))
			var file bytes.Buffer
			var late atomic.Int64
			during(s, func(i int) {
				p := s.person(fmt.Sprintf("Late %d", i), "learner")
				p.takeAll(r)
				p.post("/settings/profile", url.Values{"name": {"Renamed"}}).want(303)
				late.Add(1)
			}, func() {
				info, err := backup.Write(context.Background(), s.DB, &file, backup.WriteOptions{Program: "test", Now: s.clock.Now})
				ok(t, err)
				if info.Manifest.Rows() == 0 {
					t.Error("an empty backup")
				}
			})
			for _, to := range dbtest.Engines {
				d := dbtest.New(t, to)
				info, err := backup.Restore(t.Context(), d, bytes.NewReader(file.Bytes()), backup.RestoreOptions{})
				ok(t, err)
				sums, err := backup.Sums(t.Context(), d)
				ok(t, err)
				if !slices.Equal(sums, info.Manifest.Tables) {
					t.Errorf("%s: other sums than the backup", to)
				}
				again := newSiteOn(t, d, setup{})
				again.healthy()
				if n := again.count("certificate c WHERE NOT EXISTS (SELECT 1 FROM learning_event le WHERE le.person_id = c.person_id AND le.kind = 'completed')"); n != 0 {
					t.Errorf("%s: %d certificates without completion", to, n)
				}
				p := again.nobody().post("/sign-in", url.Values{"email": {"ann.before@agency.example"}, "password": {password}}).want(303)
				p.c.get("/me").want(200, "Ann Before")
				p.c.get("/certificates/"+ann.certificate("tiny")).want(200, "Ann Before")
				for _, m := range again.rows("SELECT sum FROM course_media") {
					if again.count("course_media WHERE sum = ? AND length(data) = size", m) != 1 {
						t.Errorf("%s: media %s is not whole", to, m)
					}
				}
				again.person("Nora New", "learner").takeAll(again.course("tiny"))
				ok(t, again.Events.Drain(t.Context()))
				again.healthy()
			}
			t.Logf("%d people came while the backup was written", late.Load())
		})
	}
}

// during runs do while three others write, from before it begins until after it has ended.
func during(s *site, write func(i int), do func()) {
	var wg sync.WaitGroup
	var stop atomic.Bool
	started := make(chan struct{}, 3)
	for n := range 3 {
		wg.Go(func() {
			for i := 0; !stop.Load() && i < 20; i++ {
				write(100*n + i)
				if i == 0 {
					started <- struct{}{}
				}
			}
		})
	}
	for range 3 {
		<-started
	}
	do()
	stop.Store(true)
	wg.Wait()
}
