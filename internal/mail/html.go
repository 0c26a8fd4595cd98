package mail

import (
	"html"
	"strings"
)

// simpleHTML makes a page of plain text: paragraphs at empty lines, lines kept, own-line links made clickable.
func simpleHTML(title, text string) string {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><meta charset=\"utf-8\"><title>")
	b.WriteString(html.EscapeString(title))
	b.WriteString("</title></head><body>")
	for _, para := range strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		b.WriteString("<p>")
		for i, line := range strings.Split(para, "\n") {
			if i > 0 {
				b.WriteString("<br>")
			}
			e := html.EscapeString(line)
			if link(line) {
				b.WriteString(`<a href="` + e + `">` + e + `</a>`)
			} else {
				b.WriteString(e)
			}
		}
		b.WriteString("</p>")
	}
	b.WriteString("</body></html>")
	return b.String()
}

// link says whether a line is a web address and nothing else.
func link(line string) bool {
	return (strings.HasPrefix(line, "https://") || strings.HasPrefix(line, "http://")) && !strings.ContainsAny(line, " \t\"<>'")
}
