package author

import (
	"strings"
	"unicode"
)

// gapMark begins the lines, at the head of a file, that say what an import could not bring over.
const gapMark = "# Gap: "

// WithGaps writes gaps at the head of a file, as comments: they stay there until the author takes them out.
func WithGaps(src []byte, gaps []string) []byte {
	var b strings.Builder
	for _, g := range gaps {
		b.WriteString(gapMark + strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return ' '
			}
			return r
		}, g) + "\n")
	}
	b.Write(src)
	return []byte(b.String())
}

// Gaps are those of WithGaps that are still at the head of a file.
func Gaps(src string) []string {
	var out []string
	for line := range strings.Lines(src) {
		switch g, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), gapMark); {
		case ok:
			out = append(out, g)
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#"):
			return out
		}
	}
	return out
}
