package app_test

import (
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
