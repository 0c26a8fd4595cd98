package course_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"greenroom/internal/course"
	"greenroom/internal/course/coursetest"
	"greenroom/internal/db"
	"greenroom/internal/faulttest"
)

func TestMain(m *testing.M) {
	os.Exit(faulttest.Main(m, map[string]faulttest.Job{"publish": publishForEver}))
}

// edition is two courses that belong together; both titles carry the number, and each edition has a picture of its own.
func edition(n int) fstest.MapFS {
	m := coursetest.Small()
	for p, f := range coursetest.Big(3) {
		m[p] = f
	}
	for _, key := range []string{"tiny", "big"} {
		edit(m, key+"/course.yaml", `title: "A `+key, fmt.Sprintf(`title: "Edition %d of a %s`, n, key))
		edit(m, key+"/media/boxes.svg", `width="10"`, fmt.Sprintf(`width="%d"`, n+1))
	}
	return m
}

// whole looks at the database as a node that has just started, and returns the edition of both courses: 0 when there is none.
func whole(t *testing.T, s *course.Service) int {
	t.Helper()
	ctx := context.Background()
	all, err := s.Catalogue(ctx)
	if err != nil {
		t.Fatalf("catalogue: %v", err)
	}
	if len(all) == 0 {
		return 0
	}
	if len(all) != 2 {
		t.Fatalf("%d courses of 2 were published", len(all))
	}
	seen := map[string]bool{}
	for _, r := range all {
		number, _, _ := strings.Cut(strings.TrimPrefix(r.Title, "Edition "), " ")
		seen[number] = true
		if err := s.Export(ctx, r.Hash, io.Discard); err != nil {
			t.Fatalf("export %s: %v", r.Key, err)
		}
	}
	if len(seen) != 1 {
		t.Fatalf("editions are mixed: %q and %q", all[0].Title, all[1].Title)
	}
	for number := range seen {
		n, _ := strconv.Atoi(number)
		return n
	}
	return 0
}

func TestPublishIsAllOrNothingWhateverFails(t *testing.T) {
	t.Parallel()
	d, faults := faulttest.SQLite(t)
	s := service(d)
	publish(t, s, edition(1))
	next := 1
	faults.Every(t, func(round int) error {
		next = round + 2
		_, err := s.Publish(context.Background(), edition(next))
		return err
	}, func(int) {
		if n := whole(t, service(d)); n < 1 || n > next {
			t.Fatalf("edition %d of %d", n, next)
		}
		// Once more, nothing in the way: it is there, on this node at once.
		publish(t, s, edition(next))
		if n := whole(t, s); n != next {
			t.Fatalf("after trying again: edition %d, want %d", n, next)
		}
	})
}

func publishForEver(args []string, ack func(string)) error {
	ctx := context.Background()
	d, err := db.OpenSQLite(ctx, args[0], 2)
	if err != nil {
		return err
	}
	s := service(d)
	all, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	n := 1
	if len(all) > 0 {
		number, _, _ := strings.Cut(strings.TrimPrefix(all[0].Title, "Edition "), " ")
		n, _ = strconv.Atoi(number)
	}
	for ; ; n++ {
		if _, err := s.Publish(ctx, edition(n)); err != nil {
			return err
		}
		ack(strconv.Itoa(n))
	}
}

func TestKilledPublisherLeavesWholeEditions(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "k.db")
	d, err := db.OpenSQLite(ctx, path, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, d); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	last := 0
	faulttest.Rounds(t, "publish", 20, 6, []string{path}, func(round int, acked []string) {
		if len(acked) > 0 {
			last, _ = strconv.Atoi(acked[len(acked)-1])
		}
		d, err := db.OpenSQLite(ctx, path, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if n := whole(t, service(d)); n < last || n > last+1 {
			t.Fatalf("round %d: edition %d in the database, %d acknowledged", round, n, last)
		}
		last = max(last, whole(t, service(d)))
	})
}
