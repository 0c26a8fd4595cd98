package markdown

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
)

// Version of the sanitiser's rules. Who stores rendered HTML stores this too, and renders anew when it rose.
const Version = 1

var policy = newPolicy()

// newPolicy lists what may come out of this package. There is no style, no event, no data-* or hx-*; ids only in the forms that
// headings and footnotes get; classes only ours.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "blockquote",
		"ul", "li", "ol", "table", "thead", "tbody", "tr", "th", "td", "sup", "div", "span", "figure", "figcaption",
		"details", "summary")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("https", "mailto")

	id := regexp.MustCompile(`^(?:h[a-z0-9]*-[\p{L}\p{N}-]{1,80}|[a-z0-9]*fn(?:ref[0-9]*)?:[0-9]{1,4})$`)
	p.AllowAttrs("id").Matching(id).OnElements("h2", "h3", "h4", "h5", "h6", "li", "sup")

	p.AllowAttrs("href").Matching(regexp.MustCompile(
		outside.String() + `|` + own.String() + `|` + `^mailto:[^\s"'<>\\]+$` + `|^#[\p{L}\p{N}:%.-]+$`)).OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^nofollow noopener(?: ugc)?$`)).OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:cite|footnote-ref|footnote-backref)$`)).OnElements("a")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^doc-(?:noteref|backlink)$`)).OnElements("a")
	p.AllowAttrs("aria-label").OnElements("a", "div", "video")

	p.AllowAttrs("class").Matching(regexp.MustCompile(
		`^(?:note(?: note-(?:tip|caution|term|story|case|example|myth))?|try-first|table-wrap|footnotes)$`)).OnElements("div")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^(?:note|region|doc-endnotes)$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:note-title|try-question|kicker)$`)).OnElements("p")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:note-kind|cite)$`)).OnElements("span")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:try|transcript)$`)).OnElements("details")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^figure(?: video)?$`)).OnElements("figure")

	number := regexp.MustCompile(`^[0-9]{1,5}$`)
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:end|centre)$`)).OnElements("th", "td")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[A-Za-z0-9-]{1,20}$`)).OnElements("code")

	file := regexp.MustCompile(`^/[^/\\\s"'<>][^\s"'<>\\]*$`)
	p.AllowAttrs("src").Matching(file).OnElements("img", "source", "track")
	p.AllowAttrs("poster").Matching(file).OnElements("video")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("decoding").Matching(regexp.MustCompile(`^async$`)).OnElements("img")
	empty := regexp.MustCompile(`^$`)
	p.AllowAttrs("controls", "playsinline").Matching(empty).OnElements("video")
	p.AllowAttrs("preload").Matching(regexp.MustCompile(`^metadata$`)).OnElements("video")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^video/mp4$`)).OnElements("source")
	p.AllowAttrs("kind").Matching(regexp.MustCompile(`^captions$`)).OnElements("track")
	p.AllowAttrs("srclang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{2,20}$`)).OnElements("track")
	p.AllowAttrs("label").OnElements("track")
	p.AllowAttrs("default").Matching(empty).OnElements("track")
	return p
}

// sanitise takes out of markup whatever is not allowed. Most of a course's texts are one paragraph without any markup in
// it: nothing can be taken out of them, and a site reads thousands of them when it starts.
func sanitise(s string) HTML {
	if text, ok := strings.CutPrefix(s, "<p>"); ok {
		if text, ok = strings.CutSuffix(text, "</p>\n"); ok && !strings.ContainsAny(text, "<>\x00") {
			return HTML(s)
		}
	}
	if !strings.ContainsAny(s, "<>\x00") {
		return HTML(s)
	}
	return HTML(policy.Sanitize(s))
}
