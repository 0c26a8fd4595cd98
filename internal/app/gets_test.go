package app_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// No GET writes: whatever is fetched by whomever, every table stays as it is.
func TestGetsChangeNothing(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		w := newCast(t, s)
		before := s.digest()
		if len(before) < 15 || before["person"] == before["certificate"] {
			t.Fatalf("the digest is of %d tables", len(before))
		}
		for _, route := range s.routes() {
			if path, is := strings.CutPrefix(route, "GET "); is {
				for _, role := range roles {
					w.by[role].get(w.at(matrix["GET "+path].path))
				}
			}
		}
		for a := s.course("tiny").First(); a != nil; a = a.Next {
			for _, role := range roles {
				for _, name := range []string{"", "/versions", "/document", "/document.docx", "/nothing"} {
					w.by[role].get(stepPath("tiny", a) + name)
				}
			}
		}
		s.same(before, "GET")
	})
}

// passing are the tables that a look may write to: when a browser was last seen.
var passing = []string{"session", "device"}

// digest is the content of each table.
func (s *site) digest() map[string]string {
	s.t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if s.DB.Dialect().Name().String() == "pg" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	out := map[string]string{}
	for _, table := range s.rows(query) {
		if slices.Contains(passing, table) {
			continue
		}
		var rows []map[string]any
		ok(s.t, s.DB.NewRaw("SELECT * FROM ?", s.ident(table)).Scan(s.t.Context(), &rows))
		lines := make([]string, len(rows))
		for i, r := range rows {
			lines[i] = fmt.Sprint(r) // a map prints in the order of its keys
		}
		slices.Sort(lines)
		out[table] = strconv.Itoa(len(lines)) + " rows\n" + strings.Join(lines, "\n")
	}
	return out
}

func (s *site) same(before map[string]string, what string) {
	s.t.Helper()
	for table, now := range s.digest() {
		if now != before[table] {
			s.t.Errorf("%s changed the table %s from\n%s\nto\n%s", what, table, clip(before[table]), clip(now))
		}
	}
}
