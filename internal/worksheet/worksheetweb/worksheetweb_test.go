package worksheetweb_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/play"
	"greenroom/internal/play/playtest"
	"greenroom/internal/worksheet"
	"greenroom/internal/worksheet/worksheetweb"
)

const channelMap = `title: "Channel map"
minutes: 45
intro: "Make it *yours*."
document: "Our channel map"
sections:
  - title: "Why"
    help: "Short is good."
    fields:
      - { key: purpose, label: "Purpose", type: long, required: true, max_words: 5, help: "One sentence." }
      - { key: owner, label: "Owner", type: text }
      - { key: review, label: "Review by", type: date }
      - { key: level, label: "Level", type: choice, choices: ["low", "high"] }
  - title: "Channels"
    fields:
      - key: channels
        label: "Channels"
        type: table
        required: true
        rows: 2
        columns:
          - { key: channel, label: "Channel" }
          - { key: who, label: "Who" }
        given:
          - ["Website", "Web team"]
example:
  agency: "Kestrel Bay Council"
  values:
    purpose: "Answer within a day"
    owner: "Comms lead"
    channels:
      - ["Facebook", "Ana"]
self_check: ["It has a date.", "It has an owner."]
`

const plan = `title: "Plan"
minutes: 10
document: "Plan"
sections:
  - title: "Plan"
    fields:
      - { key: aim, label: "Aim", type: long, carry: m/map#purpose }
`

const at = playtest.Course + "/m/map"

func each(t *testing.T, fn func(t *testing.T, d *bun.DB, site *playtest.Site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		fn(t, d, playtest.Serve(t, d, map[string]string{"01-map.worksheet.yaml": channelMap, "02-plan.worksheet.yaml": plan},
			[]course.Kind{worksheet.Kind{}}, func(p playtest.Parts) []play.Player {
				return []play.Player{worksheetweb.New(worksheet.New(p.DB, p.Records, p.Now))}
			}))
	})
}

func set(f url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func TestFillWithoutScript(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		p := b.Get(at).Want(200, "Make it <em>yours</em>.", "Example from Kestrel Bay Council", "Short is good.", "One sentence.",
			">Website</textarea>", `name="a.channels.1.0"`, "It has a date.", "5,000", "500 characters").Not(`name="a.channels.2.0"`, "Finished on")

		f := set(p.Form("finish"), "a.owner", "Me")
		p = b.Post(at+"/finish", f).Want(422, "Fill in ‘Purpose’.", `href="#f-purpose"`, "Add at least one row of your own to ‘Channels’.", `href="#f-channels"`, `id="f-channels"`, `value="Me"`)
		if site.Done(d) != "" {
			t.Fatal("unfinished, but done")
		}

		// A row more, by a button that also saves.
		p = b.Post(at+"/row", set(p.Form("finish"), "a.purpose", "Say it once", "add", "channels")).Want(200, ">Say it once</textarea>", `name="a.channels.2.0"`).Not(`name="a.channels.3.0"`)
		p = b.Post(at+"/row", set(p.Form("finish"), "add", "channels")).Want(200, `name="a.channels.3.0"`)
		f = set(p.Form("finish"), "a.channels.3.0", "Phone", "a.channels.3.1", "Ana", "a.channels.0.0", "", "a.channels.0.1", "", "a.review", "2026-12-31", "a.level", "high", "check.1", "1")
		p = b.Post(at+"/finish", f).Want(200, "Finished on 3 December 2026", "this step is complete", ">Phone</textarea>").Not(">Website</textarea>")
		if p.Path != at || site.Done(d) != "m/map" {
			t.Fatalf("went to %s, done %q", p.Path, site.Done(d))
		}
		f = p.Form("finish")
		if f.Get("a.level") != "high" || f.Get("a.review") != "2026-12-31" || f.Get("check.1") != "1" || f.Has("check.0") || f.Get("a.channels.0.0") != "Phone" {
			t.Errorf("form %v", f)
		}
		b.Get(playtest.Course+"/m/plan").Want(200, ">Say it once</textarea>", "Taken over from ‘Channel map’")

		// It can be changed ever after.
		b.Post(at+"/save", set(f, "a.purpose", "")).Want(200, "Your draft is saved.", "Finished on")
		b.Get(at+"/versions").Want(200, "<dd>Say it once</dd>")
		b.Post(at+"/restore", set(url.Values{}, "kept", b.Get(at+"/versions").Form("restore").Get("kept"))).Want(200, ">Say it once</textarea>")
	})
}

func TestTheExampleFillsOnlyWhatIsEmpty(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		f := set(b.Get(at).Form("finish"), "a.owner", "Myself")
		b.Post(at+"/example", f).Want(200, ">Answer within a day</textarea>", `value="Myself"`, ">Facebook</textarea>", "Make it your own").Not(`value="Comms lead"`)
	})
}

const hostile = `<script>alert(1)</script> =cmd|' /C calc'!A0 **b** [x](javascript:alert(1))` + "\x01\x1b\u0085\r\nSet-Cookie: x=1"

func docx(t *testing.T, raw string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(raw)), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(body)
	}
	return out
}

func TestDocuments(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		b.Get(at+"/document").Want(200, "Our channel map", "(nothing written yet)", "<td>Website</td>") // the blank one
		f := set(b.Get(at).Form("finish"), "a.purpose", hostile, "a.owner", hostile, "a.channels.1.0", hostile, "a.review", "2026-12-31")
		b.Post(at+"/save", f).Want(200).Not("<script>alert")

		b.Get(at+"/document").Want(200, `class="document"`, "<h1>Our channel map</h1>", "&lt;script&gt;alert(1)&lt;/script&gt; =cmd|", "31 December 2026", "Made with Greenroom", "As at 3 December 2026").Not("<script>alert", "By ")
		md := b.Get(at+"/document.md").Want(200, "# Our channel map", "&lt;script&gt;alert(1)&lt;/script&gt; =cmd", `\*\*b\*\* \[x\](javascript:`).Not("\x01", "\x1b", "<script", "\r")
		if got := md.Header.Get("Content-Disposition"); got != "attachment; filename=map.md" || md.Header.Get("Content-Type") != "text/markdown; charset=utf-8" || md.Header.Get("Set-Cookie") != "" {
			t.Errorf("headers %v", md.Header)
		}
		dx := b.Get(at + "/document.docx").Want(200)
		if got := dx.Header.Get("Content-Disposition"); got != "attachment; filename=map.docx" || dx.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(dx.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("headers %v", dx.Header)
		}
		body := docx(t, dx.Body)["word/document.xml"]
		if !strings.Contains(body, "&lt;script&gt;alert(1)&lt;/script&gt; =cmd|") || strings.ContainsAny(body, "\x01\x1b") || strings.Contains(body, "<script") {
			t.Errorf("document.xml: %s", body)
		}
		b.Get(at + "/document.pdf").Want(404)
	})
}

func TestTheNameIsOnTheDocumentByChoice(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		b.Post(at+"/save", b.Get(at).Not("Put my name").Form("finish")).Want(200).Not("Put my name") // a guest has none
		if _, err := d.NewUpdate().Model((*account.Person)(nil)).Set("name = ?", "Asha <b>").Where("1 = 1").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := b.Get(at).Want(200, "Put my name on the document")
		b.Get(at + "/document").Want(200).Not("By Asha")
		b.Post(at+"/save", set(p.Form("finish"), "named", "1")).Want(200)
		b.Get(at+"/document").Want(200, "By Asha &lt;b&gt;")
		if core := docx(t, b.Get(at+"/document.docx").Body)["docProps/core.xml"]; !strings.Contains(core, "<dc:creator>Asha &lt;b&gt;</dc:creator>") {
			t.Errorf("properties: %s", core)
		}
	})
}

func TestAutosaveTwoTabsAndLimits(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		b := site.Browser()
		b.Post(at+"/save", b.Get(at).Form("finish")).Want(200)
		one, two := b.Get(at).Form("finish"), b.Get(at).Form("finish")
		b.Fetch(at+"/save", set(one, "n", "1", "a.purpose", "from one")).Want(204)
		b.Fetch(at+"/save", set(two, "n", "1", "a.purpose", "from two")).Want(409, `"error":"This worksheet was changed on another device`)
		p := b.Post(at+"/save", two).Want(409, ">from two</textarea>", "<dd>from one</dd>", "Use the other answers")
		b.Get(at).Want(200, ">from one</textarea>")
		b.Post(at+"/save", p.Form("finish")).Want(200, ">from two</textarea>")
		b.Get(at+"/versions").Want(200, "<dd>from one</dd>")

		f := b.Get(at).Form("finish")
		long := strings.Repeat("é", worksheet.MaxLong)
		b.Fetch(at+"/save", set(f, "a.purpose", long)).Want(204)
		b.Fetch(at+"/save", set(f, "a.purpose", long+"!")).Want(422, "takes up to 5000 characters")
		b.Post(at+"/save", set(f, "a.purpose", long+"!")).Want(422, long+"!</textarea>", "Take out 1, then save again.")
		for i, name := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"} {
			f.Set("a.channels."+name+".0", strings.Repeat("c", i+1))
		}
		b.Post(at+"/save", set(f, "a.purpose", "x")).Want(422, "takes up to 12 rows")
		b.Post(at+"/save", set(f, "a.purpose", strings.Repeat("x", 513<<10))).Want(413)
		b.Get(at+"?rows=channels.99999999999999999999,channels.4000000,owner.3,x").Want(200, `name="a.channels.11.0"`).Not(`name="a.channels.12.0"`)
	})
}

func TestNobodyElseSeesIt(t *testing.T) {
	each(t, func(t *testing.T, d *bun.DB, site *playtest.Site) {
		me, other := site.Browser(), site.Browser()
		me.Post(at+"/save", set(me.Get(at).Form("finish"), "a.purpose", strings.Repeat("nightingale ", 20))).Want(200)
		me.Post(at+"/save", set(me.Get(at).Form("finish"), "a.purpose", "", "a.owner", "nightingale")).Want(200)
		kept := me.Get(at+"/versions").Want(200, "nightingale").Form("restore")
		other.Post(at+"/save", set(other.Get(at).Form("finish"), "a.owner", "other")).Want(200)
		for _, path := range []string{at, at + "/versions", at + "/document", at + "/document.md", playtest.Course + "/m/plan"} {
			site.Browser().Get(path).Want(200).Not("nightingale")
			other.Get(path).Want(200).Not("nightingale")
		}
		if body := docx(t, other.Get(at+"/document.docx").Body)["word/document.xml"]; strings.Contains(body, "nightingale") {
			t.Error("the other's document holds my text")
		}
		other.Post(at+"/restore", kept).Want(404)
		other.Get(at).Want(200).Not("nightingale")
	})
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for of, want := range map[string]string{
		"channel-map": "channel-map.md", "A\r\nSet-Cookie: x": "a-set-cookie-x.md", "../../etc/passwd": "etc-passwd.md",
		"": "worksheet.md", "日本": "worksheet.md", `a"b;c`: "a-b-c.md", strings.Repeat("a", 99): strings.Repeat("a", 60) + ".md",
	} {
		if got := worksheetweb.FileName(of, ".md"); got != want {
			t.Errorf("FileName(%q) = %q, want %q", of, got, want)
		}
	}
}
