package app_test

import (
	"archive/zip"
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"greenroom/internal/scenario"
)

// source is the file that an editor's page carries.
func (p *page) source() string {
	for n := range p.root().Descendants() {
		if n.Type == html.ElementNode && n.Data == "textarea" && attr(n, "name") == "source" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// An author begins, breaks a link, is told, mends it and takes the file along; nothing is kept by the site.
func TestWritingAScenarioInTheBrowser(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		const path = "/teach/write"
		c := s.person("Ada Author", "author")
		press := func(at, source, do string, more url.Values) *page {
			form := url.Values{"at": {at}, "source": {strings.ReplaceAll(source, "\n", "\r\n")}, "do": {do}}
			for k, v := range more {
				form[k] = v
			}
			return c.post(path, form)
		}
		c.get(path).want(200, "tiny/first/outage")
		p := c.post(path, url.Values{"do": {"copy"}, "from": {"tiny/first/outage"}}).want(200, "Cheerful post, broken portal", "Tuesday 12:41")
		c.post(path, url.Values{"do": {"copy"}, "from": {"tiny/first/check"}}).want(404)
		c.post(path, url.Values{"do": {"copy"}, "from": {"nowhere"}}).want(404)

		p = c.post(path, url.Values{"do": {"blank"}}).want(200, "Decision 1", "0 errors", "The map in words")
		p = press("scenes", p.source(), "check", url.Values{"passages/first/choices/0/to": {"zebra"}}).want(200, "1 error that", "E01", "zebra")
		p = press("scenes", p.source(), "open:p:first", nil).want(200, "What do you do?", "E01")
		p = press("p:first", p.source(), "check", url.Values{"passages/first/choices/0/to": {"second"}, "passages/first/title": {`"><script>x</script>`}}).want(200)
		if strings.Contains(p.raw, "<script>x") {
			t.Error("a title is not escaped")
		}
		p = press("p:first", p.source(), "check", url.Values{"passages/first/title": {"The first hour"}}).want(200, "0 errors", "The first hour (first)")
		f := press("p:first", p.source(), "download", url.Values{"passages/first/ask": {"What now?"}}).want(200)
		if got := f.header.Get("Content-Disposition"); got != "attachment; filename=my-scenario.scenario.yaml" {
			t.Errorf("the file comes as %q", got)
		}
		made, found := scenario.Parse([]byte(f.raw))
		if found.Broken() || made.Passage("first").Title.Value != "The first hour" || made.Passage("first").Ask.Value != "What now?" {
			t.Errorf("the file: %v", found)
		}

		c.post(path, url.Values{"do": {"paste"}}).want(422, "Paste the text")
		c.post(path, url.Values{"do": {"paste"}, "source": {"title: a: b"}}).want(200, "E30", "title: a: b")
		big := strings.Repeat("zebra ", 50_000)
		c.post(path, url.Values{"do": {"paste"}, "source": {big}}).want(422, "larger than 256 KB", "zebra zebra")
		press("text", big, "check", nil).want(422, "larger than 256 KB", "zebra zebra")
		press("scenes", p.source(), "zebra:x", url.Values{"passages/zebra/to": {"x"}}).want(200, "0 errors")
		c.post(path, url.Values{"source": {strings.Repeat("%", 1<<20)}}).want(413)
	})
}

// A story from another program opens as a draft whose gaps stay listed until the author takes them out; what is no story,
// or means harm, is refused in words. A sound scenario goes out as Twee and comes back whole.
func TestAStoryFromAnotherProgram(t *testing.T) {
	each(t, setup{courses: withOutage()}, func(t *testing.T, s *site) {
		c := s.person("Ada Author", "author")
		send := func(field, name string, data []byte) *page {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			w, err := m.CreateFormFile(field, name)
			ok(t, err)
			_, err = w.Write(data)
			ok(t, err)
			ok(t, m.Close())
			r, err := http.NewRequest("POST", c.s.url+"/teach/write/import", &b)
			ok(t, err)
			r.Header.Set("Content-Type", m.FormDataContentType())
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return c.do(r)
		}
		const lane = ":: StoryTitle\nThe lane\n\n:: Noon\n<<set $x to 1>>It is noon <b>here</b>.\n[[Call->End]]\n[[Wait->End]]\n\n:: End\nQuiet.\n"
		p := send("file", "lane.twee", []byte(lane)).want(200, "The lane", "gaps", "not imported: &lt;&lt;set $x to 1&gt;&gt;")
		src := p.source()
		again := c.post("/teach/write", url.Values{"at": {"scenes"}, "source": {src}, "do": {"open:about"}}).want(200, "not imported: &lt;&lt;set $x to 1&gt;&gt;")
		if strings.Count(again.source(), "# Gap: ") != strings.Count(src, "# Gap: ") {
			t.Error("gaps are lost by the forms")
		}
		c.post("/teach/write", url.Values{"at": {"scenes"}, "source": {strings.Replace(src, "to: end", "to: zebra", 1)}, "do": {"twee"}}).want(422, "cannot be written as Twee", "zebra")

		blank := c.post("/teach/write", url.Values{"do": {"blank"}}).want(200)
		out := c.post("/teach/write", url.Values{"at": {"scenes"}, "source": {blank.source()}, "do": {"twee"}}).want(200, ":: StoryTitle")
		if got := out.header.Get("Content-Disposition"); got != "attachment; filename=my-scenario.twee" {
			t.Errorf("the sketch comes as %q", got)
		}
		if back := send("file", "x.twee", []byte(out.raw)).want(200, "0 errors"); strings.TrimSpace(back.source()) != strings.TrimSpace(blank.source()) {
			t.Error("the scenario does not come back whole")
		}

		var evil bytes.Buffer
		z := zip.NewWriter(&evil)
		for _, name := range []string{"h5p.json", "../../etc/passwd"} {
			w, err := z.Create(name)
			ok(t, err)
			_, err = w.Write([]byte("{}"))
			ok(t, err)
		}
		ok(t, z.Close())
		send("file", "evil.h5p", evil.Bytes()).want(422, "was not brought in")
		send("file", "none.twee", []byte("only words")).want(422, "was not brought in")
		send("other", "x.twee", []byte(lane)).want(422, "Choose a file first")
		c.post("/teach/write/import", url.Values{"a": {"b"}}).want(422, "Choose a file first")
		send("file", "big.h5p", make([]byte, 16<<20+1)).want(422, "larger than 16 MB")
	})
}
