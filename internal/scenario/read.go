package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxDepth is how deeply a file may be nested; the format needs nine.
const maxDepth = 50

// clean checks the bytes before any YAML reader sees them. It drops a byte order mark and returns nil when the
// rest cannot be read.
func clean(src []byte, rep *report) []byte {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	rep.lines = 1 + bytes.Count(bytes.TrimRight(src, "\n"), []byte("\n"))
	if len(src) > MaxBytes {
		rep.addf("E30", 1, "", "a scenario is text for fifteen minutes; split it, or take out what is not text",
			"the file has %d KB, at most %d are read", len(src)>>10, MaxBytes>>10)
		return nil
	}
	if len(bytes.TrimSpace(src)) == 0 {
		rep.add("E30", 1, "", "the file is empty", "begin with the line schema: "+Schema)
		return nil
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		line := func() int { return 1 + bytes.Count(src[:i], []byte("\n")) }
		switch {
		case r == utf8.RuneError && n == 1:
			rep.add("E30", line(), "", "the file is not UTF-8", `save it as "UTF-8"`)
			return nil
		case r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r >= 0x80 && r < 0xa0:
			rep.addf("E30", line(), "", "delete it", "a control character (U+%04X)", r)
			return nil
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff || r == 0x2028 || r == 0x2029:
			rep.addf("E30", line(), "", "delete it", "a hidden sign (U+%04X)", r)
			return nil
		}
		i += n
	}
	return src
}

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)
	// The library counts lines from 0 in these messages and from 1 in the others.
	yamlParser  = regexp.MustCompile(`: did not find expected (?:<|node|key|'-'|',')`)
	yamlUnknown = regexp.MustCompile(`unknown anchor '([^']*)'`)
)

// tree reads one YAML document into nodes and refuses what the format leaves out of YAML. It returns nil when there is
// nothing to go on with.
func tree(src []byte, rep *report) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		badYAML(src, rep, err)
		return nil
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		rep.add("E30", max(more.Line, 1), "", "a second document begins here", "one file is one scenario: take out the line ---")
		return nil
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		rep.add("E30", 1, "", "the file is no list of fields", "begin with the line schema: "+Schema)
		return nil
	}
	if !sane(doc.Content[0], 1, rep) {
		return nil
	}
	return doc.Content[0]
}

func badYAML(src []byte, rep *report, err error) {
	if errors.Is(err, io.EOF) {
		rep.add("E30", 1, "", "there is nothing but comments in the file", "begin with the line schema: "+Schema)
		return
	}
	msg := err.Error()
	line := 1
	if m := yamlLine.FindStringSubmatch(msg); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1])
		if yamlParser.MatchString(msg) {
			line++
		}
	} else if m := yamlUnknown.FindStringSubmatch(msg); m != nil {
		if i := bytes.Index(src, []byte("*"+m[1])); i >= 0 {
			line = 1 + bytes.Count(src[:i], []byte("\n"))
		}
	}
	what, remedy := "this is not YAML: "+yamlLine.ReplaceAllString(msg, ""), "look at this line and the one before: indent with spaces, put texts in quotation marks"
	switch {
	case strings.Contains(msg, "mapping values are not allowed"):
		what, remedy = "a colon inside a text that has no quotation marks", "put quotation marks round the text"
	case strings.Contains(msg, "cannot start any token"):
		what, remedy = "a value begins with a sign that YAML keeps for itself, such as @, ` or %", "write handles without @; put texts in quotation marks"
	case strings.Contains(msg, "unknown anchor"):
		what, remedy = "an alias (*)", "write the value out; put a text that begins with * in quotation marks"
	case strings.Contains(msg, "found a tab character"):
		what, remedy = "a tab at the start of the line", "indent with spaces"
	case strings.Contains(msg, "unexpected end of stream") && strings.Contains(msg, "quoted"):
		what, remedy = "a quotation mark is never closed", "close the text with the mark that it began with"
	case strings.Contains(msg, "exceeded max depth"):
		what, remedy = fmt.Sprintf("nested more than %d deep", maxDepth), "take the brackets or the indenting away"
	}
	if hash.MatchString(lineOf(src, line)) || hash.MatchString(lineOf(src, line-1)) {
		remedy += "; a # outside quotation marks cuts off the rest of its line"
	}
	rep.add("E30", line, "", what, remedy)
}

var hash = regexp.MustCompile(`\s#`)

func lineOf(src []byte, n int) string {
	for i := 1; i < n; i++ {
		_, rest, ok := bytes.Cut(src, []byte("\n"))
		if !ok {
			return ""
		}
		src = rest
	}
	l, _, _ := bytes.Cut(src, []byte("\n"))
	return string(l[:min(len(l), 2000)])
}

// sane refuses depth, anchors, aliases and tags, all of them reported.
func sane(n *yaml.Node, depth int, rep *report) bool {
	switch {
	case depth > maxDepth:
		rep.addf("E30", n.Line, "", "take the brackets or the indenting away", "nested more than %d deep", maxDepth)
		return false
	case n.Kind == yaml.AliasNode:
		rep.addf("E30", n.Line, "", "write the value out; put a text that begins with * in quotation marks", "an alias (*%s)", n.Value)
		return false
	}
	ok := true
	if n.Anchor != "" {
		rep.addf("E30", n.Line, "", "write the value out; put a text that begins with & in quotation marks", "an anchor (&%s)", n.Anchor)
		ok = false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		rep.addf("E30", n.Line, "", "take it out; put a text that begins with ! in quotation marks", "a tag (%s)", n.Tag)
		ok = false
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Kind != yaml.ScalarNode {
				rep.add("E30", n.Content[i].Line, "", "a field name that is not a word", "write name: value")
				return false
			}
		}
	}
	for _, c := range n.Content {
		if !sane(c, depth+1, rep) {
			ok = false
			if len(rep.all) >= maxFindings {
				break
			}
		}
	}
	return ok
}
