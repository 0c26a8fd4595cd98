package course

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// The lines of a head that can be read without reading the rest: one line, in quotes, with nothing in it that YAML reads in
// another way than it stands there.
var (
	headText    = regexp.MustCompile(`^(title|summary): "([^"\\\x00-\x1f]*)"$`)
	headMinutes = regexp.MustCompile(`^minutes: ([1-9][0-9]?)$`)
)

// headOf reads title, summary and minutes of a step's file. ok is false where they are not plain to see, as when one of them
// is there twice, because it stands in another text: then the file has to be read.
func headOf(data []byte) (m Meta, ok bool) {
	seen := map[string]bool{}
	if rest, front := bytes.CutPrefix(data, []byte("---")); front {
		data, _, _ = bytes.Cut(rest, []byte("\n---"))
	}
	for line := range bytes.Lines(data) {
		name, _, is := bytes.Cut(line, []byte(":"))
		key := string(name)
		if !is || key != "title" && key != "summary" && key != "minutes" {
			continue
		}
		if seen[key] {
			return m, false
		}
		seen[key] = true
		text := strings.TrimRight(string(line), "\r\n")
		if g := headMinutes.FindStringSubmatch(text); g != nil {
			m.Minutes, _ = strconv.Atoi(g[1])
			continue
		}
		g := headText.FindStringSubmatch(text)
		if g == nil || strings.TrimSpace(g[2]) != g[2] {
			return m, false
		}
		if key == "title" {
			m.Title = g[2]
		} else {
			m.Summary = g[2]
		}
	}
	return m, m.Title != "" && m.Minutes > 0
}
