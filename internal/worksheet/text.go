package worksheet

import (
	"regexp"
	"strings"
)

// paragraphs splits a text at its line ends and drops empty lines.
func paragraphs(s string) []string {
	var out []string
	for line := range strings.SplitSeq(tidy(s), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Markdown writes the document as CommonMark with a GFM table. What learners typed is text: nothing of it becomes
// markup, wherever the file is opened.
func (d Document) Markdown() string {
	var b strings.Builder
	b.WriteString("# " + escape(d.Title) + "\n")
	for _, l := range d.Lines {
		b.WriteString("\n" + escape(l) + "\n")
	}
	for _, s := range d.Sections {
		b.WriteString("\n## " + escape(s.Title) + "\n")
		for _, f := range s.Fields {
			b.WriteString("\n**" + escape(f.Label) + "**\n")
			for _, p := range f.Paragraphs {
				b.WriteString("\n" + escape(p) + "\n")
			}
			if len(f.Head) > 0 {
				b.WriteString("\n")
				tableRow(&b, f.Head)
				b.WriteString("|" + strings.Repeat(" --- |", len(f.Head)) + "\n")
				for _, r := range f.Rows {
					tableRow(&b, r)
				}
			}
		}
	}
	b.WriteString("\n---\n\n" + escape(d.Footer) + "\n")
	return b.String()
}

func tableRow(b *strings.Builder, cells []string) {
	b.WriteString("|")
	for _, c := range cells {
		b.WriteString(" " + escape(strings.Join(strings.Fields(c), " ")) + " |")
	}
	b.WriteString("\n")
}

var (
	markup = regexp.MustCompile("[\\\\`*_{}\\[\\]#|~$^]")
	entity = regexp.MustCompile(`&(#?\w+;)`)
	// Not every reader of Markdown takes a backslash before these.
	angles = strings.NewReplacer("<", "&lt;", ">", "&gt;")
	// At a line's start these would begin a list, a quotation, a rule or a heading.
	lineStart = regexp.MustCompile(`^(\d{0,9})([-+=.):])`)
)

// escape makes s one line of literal Markdown text.
func escape(s string) string {
	s = printable(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
	s = markup.ReplaceAllString(strings.TrimSpace(s), `\$0`)
	s = lineStart.ReplaceAllString(s, `$1\$2`)
	return angles.Replace(entity.ReplaceAllString(s, `&amp;$1`))
}

// printable drops what no document may hold: the control characters that XML 1.0 forbids (production 2, Char)
// and broken UTF-8. Tab and line end stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r',
			0x20 <= r && r < 0x7F, 0xA0 <= r && r <= 0xD7FF, 0xE000 <= r && r < 0xFFFD, 0x10000 <= r && r <= 0x10FFFF:
			return r
		case r == 0x85:
			return ' '
		}
		return -1
	}, s)
}
