package reflectionweb_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/play"
	"greenroom/internal/play/playtest"
	"greenroom/internal/reflection"
	"greenroom/internal/reflection/reflectionweb"
)

const why = `title: "Why"
minutes: 10
prompt: "What would you *do*?"
words: { min: 3, max: 6 }
starters: ["I would begin by"]
model_answer: "Ask the canary first."
`

const at = playtest.Course + "/m/why"

func serve(t *testing.T, d *bun.DB) *playtest.Site {
	return playtest.Serve(t, d, map[string]string{"01-why.reflection.yaml": why, "02-more.reflection.yaml": why},
		[]course.Kind{reflection.Kind{}}, func(p playtest.Parts) []play.Player {
			return []play.Player{reflectionweb.New(reflection.New(p.DB, p.Records, p.Now))}
		})
}

func each(t *testing.T, fn func(t *testing.T, d *bun.DB, site *playtest.Site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) { fn(t, d, serve(t, d)) })
}

func TestWriteWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		p := b.Get(at).Want(200, "What would you <em>do</em>?", "Only you can see", "I would begin by", "3 to 6 words").Not("canary")

		f := p.Form("submit")
		f.Set("text", "too short")
		p = b.Post(at+"/submit", f).Want(422, "You have 2 words. Add at least 1 word to reach 3.", `href="#f-text"`, `id="f-text"`, ">too short</textarea>", "<title>Error: ").Not("canary")
		b.Get(at).Want(200, ">too short</textarea>") // kept on the server

		f = p.Form("submit")
		f.Set("text", "one two three four five six seven")
		p = b.Post(at+"/submit", f).Want(422, "Take out 1 word to come down to 6.")
		if site.Done(d) != "" {
			t.Fatal("out of range, but done")
		}

		f = p.Form("submit")
		f.Set("text", "I would listen\r\n\r\nfirst <script>alert(1)</script>")
		p = b.Post(at+"/submit", f).Want(200, "Ask the canary first.", "<p>I would listen</p>", "<p>first &lt;script&gt;alert(1)&lt;/script&gt;</p>", ">Continue<", "this step is complete").Not("<script>alert")
		if p.Path != at || site.Done(d) != "m/why" {
			t.Fatalf("went to %s, done %q", p.Path, site.Done(d))
		}

		// Changed afterwards, as a draft: the answer stands, and the text it replaces is kept.
		f = p.Form("submit")
		f.Set("text", "something")
		b.Post(at+"/save", f).Want(200, "<p>I would listen</p>", ">something</textarea>", "You have changed your text since", "Your draft is saved.")
		v := b.Get(at+"/versions").Want(200, "<p>I would listen</p>", "Use this text").Not("<script>alert")
		b.Post(at+"/restore", v.Form("restore")).Want(200, "The earlier text is back").Not(">something</textarea>")
	})
}

func TestAutosaveAndTwoTabs(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		b.Post(at+"/save", url.Values{"text": {"begun"}}).Want(200)
		one, two := b.Get(at).Form("submit"), b.Get(at).Form("submit")
		if one.Get("page") == two.Get("page") || one.Get("version") != "1" {
			t.Fatalf("forms %v and %v", one, two)
		}
		set := func(f url.Values, n, text string) url.Values { f.Set("n", n); f.Set("text", text); return f }
		for n, text := range map[string]string{"1": "from tab one"} {
			if p := b.Fetch(at+"/save", set(one, n, text)).Want(204); p.Body != "" {
				t.Errorf("204 with %q", p.Body)
			}
		}
		b.Fetch(at+"/save", set(one, "2", "from tab one, more")).Want(204)
		b.Fetch(at+"/save", set(two, "1", "from tab two")).Want(409, `"error":"This text was changed on another device`)
		p := b.Post(at+"/save", set(two, "2", "from tab two, pressed")).Want(409, "changed on another device", ">from tab two, pressed</textarea>", "<p>from tab one, more</p>")
		b.Get(at).Want(200, ">from tab one, more</textarea>")
		p = b.Post(at+"/save", p.Form("submit")).Want(200, ">from tab two, pressed</textarea>")
		b.Get(p.Path+"/versions").Want(200, "<p>from tab one, more</p>", "from tab two, pressed")
		b.Fetch(at+"/save", url.Values{"text": {strings.Repeat("x", reflection.MaxText+1)}, "version": {"4"}}).Want(422, "longer than we can keep")
	})
}

func TestNobodyElseSeesIt(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		me, other := site.Browser(), site.Browser()
		secret := strings.Repeat("nightingale ", 20)
		me.Post(at+"/save", url.Values{"text": {secret}}).Want(200, "nightingale")
		mine := me.Get(at).Form("submit")
		mine.Set("text", "")
		me.Post(at+"/save", mine).Want(200)
		v := me.Get(at+"/versions").Want(200, "nightingale")
		for _, path := range []string{at, at + "/versions", playtest.Course + "/m/more"} {
			site.Browser().Get(path).Want(200).Not("nightingale")
			other.Get(path).Want(200).Not("nightingale")
		}
		other.Post(at+"/save", url.Values{"text": {"mine"}}).Want(200)
		absent := other.Post(at+"/restore", url.Values{"text": {"018f0000-0000-7000-8000-000000000000"}}).Want(404)
		foreign := other.Post(at+"/restore", v.Form("restore")).Want(404)
		if strip(absent) != strip(foreign) {
			t.Error("another's text does not look like one that is not there")
		}
		me.Get(at + "/other").Want(404)
		me.Post(at+"/other", nil).Want(404)
	})
}

// strip takes out the request's id, the one thing that differs between two equal pages.
func strip(p *playtest.Page) string {
	return strings.ReplaceAll(p.Body, p.Header.Get("X-Request-Id"), "")
}
