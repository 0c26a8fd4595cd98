package resourcesweb_test

import (
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/play"
	"greenroom/internal/play/playtest"
	"greenroom/internal/resources"
	"greenroom/internal/resources/resourcesweb"
)

const further = `title: "Go further"
minutes: 3
intro: "Some of it is *short*."
items:
  - { source: S1, why: "Says **who** decides." }
  - { title: "On paper <only>", year: 1999, why: "Still right." }
terms:
  - { term: "Rented land", meaning: "A place somebody else can close." }
misconceptions:
  - { claim: "Deleting a post deletes the record.", correction: "The record is kept elsewhere." }
`

func TestLookAndMarkComplete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		site := playtest.Serve(t, d, map[string]string{"01-further.resources.yaml": further, "02-again.resources.yaml": further},
			[]course.Kind{resources.Kind{}}, func(p playtest.Parts) []play.Player { return []play.Player{resourcesweb.New(p.Records)} })
		b := site.Browser()
		at := playtest.Course + "/m/further"
		p := b.Get(at).Want(200,
			`<a href="https://example.org/a" rel="noopener">A source</a>`, "(A publisher, 2021)", "Says <strong>who</strong> decides.",
			"<cite>On paper &lt;only&gt;</cite>", "(1999)", "<dt>Rented land</dt>", "Deleting a post deletes the record.", "The record is kept elsewhere.")
		if p = b.Post(at+"/complete", p.Form("complete")).Want(200); p.Path != playtest.Course+"/m/again" || site.Done(d) != "m/further" {
			t.Fatalf("went to %s, done %q", p.Path, site.Done(d))
		}
		b.Get(at).Want(200, "Done on 3 December 2026")
		b.Post(at+"/save", nil).Want(404)
	})
}
