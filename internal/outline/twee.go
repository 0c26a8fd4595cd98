package outline

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"greenroom/internal/scenario"
)

// whole is the passage in which a scenario goes along with its sketch.
const whole = "greenroom scenario"

// passage of a Twee file.
type passage struct {
	name string
	tags []string
	body string
}

// header is ":: name [tags] {metadata}"; name and tags may have \[ \] \{ \} \\.
var header = regexp.MustCompile(`^::\s*((?:\\.|[^\[\]{}\\])*?)\s*(?:\[((?:\\.|[^\]\\])*)\])?\s*(\{.*\})?\s*$`)

var unescape = regexp.MustCompile(`\\(.)`)

// FromTwee reads a Twee 3 file. A file that Twee wrote brings its scenario back; what was changed in the sketch since is a gap.
func FromTwee(src []byte) (*Draft, error) {
	if len(src) > 2*scenario.MaxBytes {
		return nil, fmt.Errorf("the file has %d KB; at most %d are read", len(src)>>10, 2*scenario.MaxBytes>>10)
	}
	if !utf8.Valid(src) {
		return nil, fmt.Errorf("the file is not UTF-8")
	}
	s := &story{}
	all := s.split(strings.TrimPrefix(scenario.Tidy(string(src)), "\ufeff"))
	for _, p := range all {
		if p.name == whole {
			return again(p, all)
		}
	}
	for _, p := range all {
		switch {
		case p.name == "StoryTitle":
			s.title = strings.TrimSpace(p.body)
		case p.name == "StoryData":
			s.data(p.body)
		case slices.Contains(p.tags, "script"), slices.Contains(p.tags, "stylesheet"), slices.Contains(p.tags, "style"):
			s.gap(p.name, "it is a script or a style sheet, which scenarios do not have")
		case slices.Contains([]string{"StoryInit", "StoryMenu", "StoryCaption", "StorySettings", "StoryIncludes", "PassageHeader", "PassageFooter", "PassageDone", "PassageReady", "StoryInterface", "StoryAuthor", "StorySubtitle"}, p.name):
			s.gap(p.name, "it is for the program that shows the story; it did not come over: %q", cut(strings.TrimSpace(p.body), 100))
		default:
			s.places = append(s.places, s.place(p))
		}
	}
	if s.start == "" {
		s.start = "Start"
		if !slices.ContainsFunc(s.places, func(p *place) bool { return p.name == "Start" }) {
			s.start = ""
		}
	}
	return s.draft()
}

func (s *story) split(src string) []passage {
	var all []passage
	for line := range strings.SplitSeq(src, "\n") {
		if strings.HasPrefix(line, "::") {
			m := header.FindStringSubmatch(line)
			if m == nil {
				name := strings.TrimSpace(strings.TrimPrefix(line, "::"))
				if i := strings.IndexAny(name, "[{"); i >= 0 {
					name = strings.TrimSpace(name[:i])
				}
				s.gap(name, "the tags or the metadata in the heading cannot be read")
				m = []string{"", name, "", ""}
			}
			if m[3] != "" && !json.Valid([]byte(m[3])) {
				s.gap(m[1], "the metadata in the heading cannot be read")
			}
			p := passage{name: unescape.ReplaceAllString(m[1], "$1"), tags: strings.Fields(unescape.ReplaceAllString(m[2], "$1"))}
			if p.name == "" {
				p.name = fmt.Sprintf("passage %d", len(all)+1)
				s.gap(p.name, "it has no name")
			}
			all = append(all, p)
			continue
		}
		if len(all) > 0 {
			all[len(all)-1].body += line + "\n"
		} else if strings.TrimSpace(line) != "" {
			s.gap("", "a line before the first passage did not come over: %q", cut(line, 100))
		}
	}
	return all
}

func (s *story) data(body string) {
	var d struct {
		Start   string `json:"start"`
		Format  string `json:"format"`
		Version string `json:"format-version"`
		Older   string `json:"formatVersion"`
	}
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		s.gap("StoryData", "it cannot be read as JSON; the start may be wrong")
		return
	}
	s.start = d.Start
}

var (
	link = regexp.MustCompile(`\[\[([^\[\]]+?)\](?:\[([^\[\]]*)\])?\]`)
	// A macro with a constant target, in the three dialects.
	jump  = regexp.MustCompile(`<<\s*(?:goto|display|include)\s+["']([^"'<>]+)["']\s*>>|\(\s*(?:go-?to|display|goto|link-goto)\s*:\s*(?:["'][^"']*["']\s*,\s*)?["']([^"']+)["']\s*\)|\{\s*embed passage\s*:\s*["']([^"'{}]+)["']\s*\}`)
	macro = regexp.MustCompile(`<<[^<>]*>>|\(\s*[a-z][a-z-]+\s*:[^()]*\)|\{\s*[a-z][a-z ]*[:}][^{}]*\}?|\[(?:if|unless|else|after|continue|JavaScript|CSS|align|note)[^\[\]]*\]`)
	vars  = regexp.MustCompile(`[$_][A-Za-z][A-Za-z0-9_]*`)
)

// place reads the body of a passage: its links become ways, macros with a constant target too, all others are gaps.
func (s *story) place(p passage) *place {
	out := &place{name: p.name}
	text := link.ReplaceAllStringFunc(p.body, func(m string) string {
		g := link.FindStringSubmatch(m)
		in := g[1]
		if g[2] != "" {
			s.gap(p.name, "what a link does besides leading on did not come over: %q", cut(g[2], 100))
		}
		w := way{text: in, to: in}
		if a, b, ok := strings.Cut(in, "|"); ok {
			w.text, w.to = a, b
		} else if i := strings.LastIndex(in, "->"); i >= 0 {
			w.text, w.to = in[:i], in[i+2:]
		} else if a, b, ok := strings.Cut(in, "<-"); ok {
			w.text, w.to = b, a
		}
		w.text, w.to = strings.TrimSpace(w.text), strings.TrimSpace(w.to)
		if vars.MatchString(w.to) && strings.HasPrefix(w.to, "$") {
			s.gap(p.name, "a link whose target is worked out did not come over: %q", cut(m, 100))
			return ""
		}
		out.ways = append(out.ways, w)
		return ""
	})
	text = jump.ReplaceAllStringFunc(text, func(m string) string {
		g := jump.FindStringSubmatch(m)
		to := strings.TrimSpace(g[1] + g[2] + g[3])
		out.ways = append(out.ways, way{text: to, to: to, macro: true})
		return ""
	})
	text = macro.ReplaceAllStringFunc(text, func(m string) string {
		s.gap(p.name, "not imported: %s", cut(strings.Join(strings.Fields(m), " "), 120))
		return ""
	})
	if v := vars.FindString(text); v != "" {
		s.gap(p.name, "the text names a variable, %s", v)
	}
	out.text = text
	return out
}

// again brings a scenario back that went out as Twee.
func again(p passage, all []passage) (*Draft, error) {
	var b strings.Builder
	for line := range strings.SplitSeq(p.body, "\n") {
		b.WriteString(strings.TrimPrefix(line, " ") + "\n")
	}
	src := []byte(strings.TrimSpace(b.String()) + "\n")
	sc, found := scenario.Parse(src)
	if sc == nil || found.Broken() {
		return nil, fmt.Errorf("the scenario that goes along with the sketch is broken; take the passage %q out to import the sketch alone", whole)
	}
	d := &Draft{YAML: src}
	now := map[string]string{}
	for _, x := range all {
		now[x.name] = strings.TrimSpace(x.body)
	}
	sketch := (&story{}).split(string(ToTwee(sc, src)))
	for _, x := range sketch {
		if x.name == whole {
			continue
		}
		switch body, there := now[x.name]; {
		case !there:
			d.Gaps = append(d.Gaps, Gap{x.name, "it was taken out of the sketch; it is still in the scenario"})
		case body != strings.TrimSpace(x.body):
			d.Gaps = append(d.Gaps, Gap{x.name, "it was changed in the sketch; the change is not in the scenario: " + cut(body, 300)})
		}
		delete(now, x.name)
	}
	for _, x := range all {
		if body, fresh := now[x.name]; fresh && x.name != whole && len(d.Gaps) < maxGaps {
			d.Gaps = append(d.Gaps, Gap{x.name, "it is new in the sketch and not in the scenario: " + cut(body, 300)})
		}
	}
	return d, nil
}

var escapeName = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`)

// ToTwee writes a scenario as a sketch in Twee 3, with the scenario itself as a passage of its own: FromTwee brings it back
// whole. Source is the scenario's file.
func ToTwee(sc *scenario.Scenario, source []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ":: StoryTitle\n%s\n\n", body(sc.Title.Value))
	data, err := json.Marshal(map[string]string{"ifid": "00000000-0000-4000-8000-000000000000", "start": sc.Start.Key, "format": "Chapbook", "format-version": "2.2.0"})
	if err == nil {
		fmt.Fprintf(&b, ":: StoryData\n%s\n\n", data)
	}
	to := func(text string, p *scenario.Passage) {
		if p != nil {
			fmt.Fprintf(&b, "[[%s->%s]]\n", linkText.Replace(text), p.Key)
		}
	}
	for _, p := range sc.Passages {
		fmt.Fprintf(&b, ":: %s [%s]\n", escapeName.Replace(p.Key), p.Kind)
		for _, t := range []string{p.Title.Value, p.Text.Value} {
			if t != "" {
				b.WriteString(body(t) + "\n\n")
			}
		}
		for i := range p.Feed {
			x := &p.Feed[i]
			name := ""
			if x.By != nil {
				name = x.By.Name.Value
			}
			b.WriteString(body(name+": "+x.Text.Value) + "\n\n")
		}
		if !p.Ask.Empty() {
			b.WriteString(body(p.Ask.Value) + "\n\n")
		}
		for _, c := range p.Choices {
			to(c.Text.Value, c.To)
		}
		for i := range p.Routes {
			to("otherwise", p.Routes[i].To)
		}
		if p.Kind == scenario.Scene || p.Kind == scenario.Reply {
			to("On", p.To)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, ":: %s [%s]\n", whole, "greenroom")
	for line := range strings.SplitSeq(strings.TrimSpace(string(source)), "\n") {
		b.WriteString(" " + strings.TrimSuffix(line, "\r") + "\n")
	}
	return []byte(b.String())
}

var linkText = strings.NewReplacer("[", "(", "]", ")", "|", "/", "->", "→", "<-", "←", "\n", " ")

// body keeps lines of a text from being headings.
func body(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(" "+text, " "), "\n::", "\n ::")
}
