package markdown

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Reading says how long and how hard a text is.
type Reading struct {
	Words     int     // all a reader reads: paragraphs, lists, headings, tables; not code
	Sentences int     // in paragraphs and list items
	Grade     float64 // school year by Flesch and Kincaid; 0 for less than 100 words of prose
}

// minProse is how many words of prose a grade needs to mean anything.
const minProse = 100

// Read measures a text.
func Read(src string) Reading {
	r := Reading{}
	prose, syllables := 0, 0
	eachBlock(src, func(n ast.Node, s string) {
		ws := Words(s)
		r.Words += len(ws)
		if !isProse(n) {
			return
		}
		for _, w := range ws {
			prose++
			syllables += Syllables(w)
		}
		r.Sentences += sentences(s)
	})
	if prose >= minProse && r.Sentences > 0 {
		r.Grade = 0.39*float64(prose)/float64(r.Sentences) + 11.8*float64(syllables)/float64(prose) - 15.59
	}
	return r
}

// Plain is the text without markup, blocks on their own lines: for search, mail and descriptions.
func Plain(src string) string {
	var out []string
	eachBlock(src, func(_ ast.Node, s string) {
		if s != "" {
			out = append(out, s)
		}
	})
	return strings.Join(out, "\n")
}

func eachBlock(src string, f func(n ast.Node, text string)) {
	b := []byte(src)
	doc := courseMarkdown.Parser().Parse(text.NewReader(b))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindParagraph, ast.KindTextBlock, ast.KindHeading, kindCalloutTitle, east.KindTableCell:
			f(n, strings.Join(strings.Fields(nodeText(b, n)), " "))
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
}

// isProse leaves out what has no sentences: headings, table cells and short list entries without a full stop.
func isProse(n ast.Node) bool {
	return n.Kind() == ast.KindParagraph || n.Kind() == ast.KindTextBlock
}

// sentences counts the ends of sentences; a text without one is one.
func sentences(s string) int {
	n, rs := 0, []rune(s)
	for i, c := range rs {
		if c != '.' && c != '!' && c != '?' && c != ':' && c != ';' {
			continue
		}
		rest := strings.TrimLeft(string(rs[i+1:min(i+4, len(rs))]), `"'”’)`)
		if rest == "" || rest[0] == ' ' {
			n++
		}
	}
	return max(n, 1)
}

// Words splits a text at white space and keeps what has a letter or number in it.
func Words(s string) []string {
	return strings.FieldsFunc(keepWords(s), unicode.IsSpace)
}

func keepWords(s string) string {
	var b strings.Builder
	for _, w := range strings.Fields(s) {
		if strings.IndexFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) >= 0 {
			b.WriteString(w + " ")
		}
	}
	return b.String()
}

// Syllables guesses the syllables of an English word: groups of vowels, less a silent e at the end, at least one. Numbers and
// abbreviations count as one. It is right for about nine words in ten, which is enough for a warning.
func Syllables(word string) int {
	w := strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }))
	n, before := 0, false
	for _, r := range w {
		vowel := strings.ContainsRune("aeiouy", r)
		if vowel && !before {
			n++
		}
		before = vowel
	}
	switch {
	case strings.HasSuffix(w, "le") && len(w) > 2 && !strings.ContainsRune("aeiouy", rune(w[len(w)-3])):
	case strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "ee"):
		n--
	case strings.HasSuffix(w, "ed") && len(w) > 3 && !strings.ContainsRune("td", rune(w[len(w)-3])) && !strings.ContainsRune("aeiouy", rune(w[len(w)-3])):
		n--
	}
	return max(n, 1)
}
