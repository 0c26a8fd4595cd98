// Package dbtest gives each test a fresh, migrated database of its own, on SQLite and on PostgreSQL.
//
//	dbtest.go   Each and New
//	server.go   a throw-away PostgreSQL, started by the tests themselves
//
// PostgreSQL is migrated once into a template and cloned for every test. SQLite gets a copy of one migrated file.
// SQLite pools have one connection: code that forgets its transaction hangs, and the guard says so.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/id"
)

// URLVar names the environment variable that hands a running PostgreSQL over to tests (see cmd/testpg).
const URLVar = "GREENROOM_TEST_PG"

// RequireVar, when set, makes a missing PostgreSQL a failure instead of a skip. CI counts too.
const RequireVar = "GREENROOM_REQUIRE_PG"

// Engines are the names of the databases.
var Engines = []string{"sqlite", "postgres"}

// Each runs fn as one subtest for each database, in parallel, each with a database of its own.
func Each(t *testing.T, fn func(t *testing.T, d *bun.DB)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(e, func(t *testing.T) {
			t.Parallel()
			fn(t, New(t, e))
		})
	}
}

// New returns a fresh migrated database of the engine, gone when the test ends.
func New(t testing.TB, engine string) *bun.DB {
	t.Helper()
	d, _ := NewURL(t, engine, 1)
	return d
}

// NewURL is New for tests that open the database a second time (another process, another node): it returns the URL
// too. conns is the size of the SQLite pool.
func NewURL(t testing.TB, engine string, conns int) (*bun.DB, string) {
	t.Helper()
	ctx := context.Background()
	var d *bun.DB
	var u string
	var err error
	switch engine {
	case "sqlite":
		path := filepath.Join(t.TempDir(), "test.db")
		u = "sqlite:" + path
		if err = copySQLite(path); err == nil {
			d, err = db.OpenSQLite(ctx, path, conns)
		}
	case "postgres":
		u = clonePostgres(t)
		d, err = db.Open(ctx, u)
	default:
		t.Fatalf("no engine %q", engine)
	}
	if err != nil {
		t.Fatalf("%s: %v", engine, err)
	}
	if engine == "postgres" {
		d.SetMaxOpenConns(8) // many tests share one server
		d.SetMaxIdleConns(8)
	}
	t.Cleanup(func() { _ = d.Close() })
	if engine == "sqlite" && conns == 1 {
		guard(t, d)
	}
	return d, u
}

// Empty returns the URL of a database of the engine without any table, gone when the test ends: for tests of
// migrations and of whole programs.
func Empty(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
	}
	needPostgres(t)
	u, err := FreshPostgres(pg.server)
	if err != nil {
		t.Fatalf("make an empty database: %v", err)
	}
	t.Cleanup(func() { drop(u) })
	return u
}

// guard ends a test that waits for its own connection, with words that say why.
func guard(t testing.TB, d *bun.DB) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		var since time.Time
		var held int64
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Second):
			}
			s := d.DB.Stats()
			stuck := s.InUse == 1 && s.WaitCount > 0 && s.WaitCount == held
			held = s.WaitCount
			if !stuck || s.Idle > 0 {
				since = time.Now()
				continue
			}
			if !since.IsZero() && time.Since(since) > 90*time.Second {
				panic("dbtest: the one SQLite connection was held for 90 s while another query waited: " +
					"a query inside a transaction uses the pool instead of tx")
			}
		}
	}()
}

var lite struct {
	once sync.Once
	raw  []byte
	err  error
}

// copySQLite writes a migrated database file to path; the migrations run once in a test binary.
func copySQLite(path string) error {
	lite.once.Do(func() {
		dir, err := os.MkdirTemp("", "greenroom-sqlite-")
		if err != nil {
			lite.err = err
			return
		}
		defer os.RemoveAll(dir)
		file := filepath.Join(dir, "template.db")
		d, err := db.OpenSQLite(context.Background(), file, 1)
		if err == nil {
			err = errors.Join(db.Migrate(context.Background(), d), run(d, "PRAGMA wal_checkpoint(TRUNCATE)"), d.Close())
		}
		if err == nil {
			lite.raw, err = os.ReadFile(file)
		}
		lite.err = err
	})
	if lite.err != nil {
		return lite.err
	}
	return os.WriteFile(path, lite.raw, 0o600)
}

func run(d *bun.DB, q string) error {
	_, err := d.Exec(q)
	return err
}

var pg struct {
	once   sync.Once
	server string // URL of the server's maintenance database
	err    error
	mu     sync.Mutex // one clone at a time: CREATE DATABASE wants the template alone
	name   string     // the template of this test binary
}

// needPostgres starts or finds the server; without one the test is skipped, or fails where that is forbidden.
func needPostgres(t testing.TB) {
	t.Helper()
	pg.once.Do(func() { pg.server, pg.name, pg.err = prepare() })
	if pg.err != nil {
		if os.Getenv(RequireVar) == "" && os.Getenv("CI") == "" {
			t.Skipf("no PostgreSQL: %v", pg.err)
		}
		t.Fatalf("no PostgreSQL: %v", pg.err)
	}
}

func clonePostgres(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	name := "t_" + id.Token()[:20]
	pg.mu.Lock()
	err := admin(pg.server, fmt.Sprintf(`CREATE DATABASE %q TEMPLATE %q`, name, pg.name))
	pg.mu.Unlock()
	if err != nil {
		t.Fatalf("clone the template database: %v", err)
	}
	u := withName(pg.server, name)
	t.Cleanup(func() { drop(u) })
	return u
}

// drop removes a database, whoever is still connected.
func drop(rawURL string) {
	if u, err := url.Parse(rawURL); err == nil {
		_ = admin(pg.server, fmt.Sprintf(`DROP DATABASE IF EXISTS %q WITH (FORCE)`, strings.TrimPrefix(u.Path, "/")))
	}
}

// prepare finds or starts the server and makes this binary's migrated template.
func prepare() (server, name string, err error) {
	if server = os.Getenv(URLVar); server == "" {
		s, err := Start()
		if err != nil {
			return "", "", err
		}
		server = s.URL
	}
	name = "template_" + id.Token()[:20]
	if err := admin(server, fmt.Sprintf(`CREATE DATABASE %q`, name)); err != nil {
		return "", "", err
	}
	d, err := db.Open(context.Background(), withName(server, name))
	if err != nil {
		return "", "", err
	}
	return server, name, errors.Join(db.Migrate(context.Background(), d), d.Close())
}

// FreshPostgres makes an empty database on the server at URL and returns its URL: for a whole program under test.
func FreshPostgres(server string) (string, error) {
	name := "t_" + id.Token()[:20]
	if err := admin(server, fmt.Sprintf(`CREATE DATABASE %q`, name)); err != nil {
		return "", err
	}
	return withName(server, name), nil
}

func admin(server, q string) error {
	d, err := db.Open(context.Background(), server)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.ExecContext(context.Background(), q)
	return err
}

// withName is the server's URL with another database in it.
func withName(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
