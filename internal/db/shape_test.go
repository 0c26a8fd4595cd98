package db_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/db/dbtest"
)

// Shape says what schema.txt says.
func TestShape(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		all, err := db.Shape(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Count(string(raw), "\ntable "); len(all) != want {
			t.Errorf("%d tables, schema.txt has %d", len(all), want)
		}
		for _, x := range all {
			_, part, _ := strings.Cut(string(raw), "\ntable "+x.Name+"\n")
			part, _, _ = strings.Cut(part, "\ntable ")
			for _, c := range x.Columns {
				if !strings.Contains(part, "  "+c.Name+" ") {
					t.Errorf("schema.txt has no column %s.%s", x.Name, c.Name)
				}
				if got := strings.Contains(part, "- "+c.Name+" references "+c.References+","); got != (c.References != "") {
					t.Errorf("%s.%s refers to %q; schema.txt:\n%s", x.Name, c.Name, c.References, part)
				}
				if c.Text != (strings.Contains(part, "  "+c.Name+" text") || d.Dialect().Name().String() == "sqlite" && strings.Contains(part, "  "+c.Name+" time")) {
					t.Errorf("%s.%s: text %v; schema.txt:\n%s", x.Name, c.Name, c.Text, part)
				}
			}
		}
	})
}
