package readingweb_test

import (
	"net/url"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/play"
	"greenroom/internal/play/playtest"
	"greenroom/internal/reading"
	"greenroom/internal/reading/readingweb"
)

const front = "---\ntitle: \"Why it matters\"\nminutes: 5\n---\n"

func serve(t *testing.T, d *bun.DB) *playtest.Site {
	return playtest.Serve(t, d, map[string]string{
		"01-why.reading.md":  front + "Because *it does*.\n",
		"02-next.reading.md": front + "More.\n",
	}, []course.Kind{reading.Kind{}}, func(p playtest.Parts) []play.Player { return []play.Player{readingweb.New(p.Records)} })
}

func TestReadAndMarkComplete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		site := serve(t, d)
		b := site.Browser()
		why := playtest.Course + "/m/why"
		p := b.Get(why).Want(200, "Because <em>it does</em>.", "Mark complete and continue").Not("Done on")
		if site.Done(d) != "" {
			t.Fatal("looking completed the step")
		}
		p = b.Post(why+"/complete", p.Form("complete")).Want(200, "More.")
		if p.Path != playtest.Course+"/m/next" || site.Done(d) != "m/why" {
			t.Fatalf("went to %s, done %q", p.Path, site.Done(d))
		}
		b.Get(why).Want(200, "Done on 3 December 2026", ">Continue<").Not("Mark complete and continue")
		b.Post(why+"/complete", url.Values{}).Want(200) // sent twice: one completion
		if site.Done(d) != "m/why" {
			t.Errorf("done %q", site.Done(d))
		}
		b.Post(why+"/other", url.Values{}).Want(404)
		site.Browser().Get(why).Want(200, "Mark complete and continue") // somebody else has not read it
	})
}
