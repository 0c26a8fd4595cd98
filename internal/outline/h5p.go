package outline

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// branching is the content of an H5P Branching Scenario, as far as it is read.
type branching struct {
	Scenario struct {
		Title       string     `json:"title"`
		StartScreen startH5P   `json:"startScreen"`
		EndScreens  []endH5P   `json:"endScreens"`
		Content     []nodeH5P  `json:"content"`
		Scoring     scoringH5P `json:"scoringOptionGroup"`
	} `json:"branchingScenario"`
}

type startH5P struct {
	Title    string `json:"startScreenTitle"`
	Subtitle string `json:"startScreenSubtitle"`
}

type endH5P struct {
	Title    string   `json:"endScreenTitle"`
	Subtitle string   `json:"endScreenSubtitle"`
	ID       *float64 `json:"contentId"`
	Score    *float64 `json:"endScreenScore"`
}

type scoringH5P struct {
	Option string `json:"scoringOption"`
}

type nodeH5P struct {
	Type struct {
		Library  string          `json:"library"`
		Params   json.RawMessage `json:"params"`
		Metadata struct {
			Title string `json:"title"`
		} `json:"metadata"`
	} `json:"type"`
	Next     *float64    `json:"nextContentId"`
	Feedback feedbackH5P `json:"feedback"`
}

type feedbackH5P struct {
	Title    string          `json:"title"`
	Subtitle string          `json:"subtitle"`
	Image    json.RawMessage `json:"image"`
	Score    *float64        `json:"endScreenScore"`
}

type questionH5P struct {
	Question struct {
		Text         string `json:"question"`
		Alternatives []struct {
			Text     string      `json:"text"`
			Next     *float64    `json:"nextContentId"`
			Feedback feedbackH5P `json:"feedback"`
		} `json:"alternatives"`
	} `json:"branchingQuestion"`
}

type essayH5P struct {
	Task     string `json:"taskDescription"`
	Solution struct {
		Sample string `json:"sample"`
	} `json:"solution"`
	Keywords []struct {
		Keyword string `json:"keyword"`
	} `json:"keywords"`
}

// FromH5P reads an H5P Branching Scenario package. Places are named p0, p1 and so on, as H5P counts them.
func FromH5P(raw []byte) (*Draft, error) {
	z, err := unzip(raw)
	if err != nil {
		return nil, err
	}
	about, err := storyFile(z, "h5p.json")
	if err != nil {
		return nil, err
	}
	var meta struct {
		Title string `json:"title"`
		Main  string `json:"mainLibrary"`
	}
	if err := json.Unmarshal(about, &meta); err != nil {
		return nil, fmt.Errorf("h5p.json cannot be read: %w", err)
	}
	if meta.Main != "H5P.BranchingScenario" {
		return nil, fmt.Errorf("the package holds %q; only Branching Scenario is imported", cut(meta.Main, 60))
	}
	content, err := storyFile(z, "content/content.json")
	if err != nil {
		return nil, err
	}
	var in branching
	if err := json.Unmarshal(content, &in); err != nil {
		return nil, fmt.Errorf("content/content.json cannot be read: %w", err)
	}
	s := &story{title: meta.Title, start: "p0"}
	if t := flat(in.Scenario.Title); t != "" {
		s.title = t
	}
	if t := flat(in.Scenario.StartScreen.Title + "\n\n" + in.Scenario.StartScreen.Subtitle); t != "" {
		s.gap("start screen", "its words did not come over; they may be what the player's role says: %q", cut(t, 300))
	}
	if o := in.Scenario.Scoring.Option; o != "" && o != "no-score" {
		s.gap("", "scores (%s) did not come over: let answers change meters instead", cut(o, 40))
	}
	ends := s.ends(in.Scenario.EndScreens)
	for i := range in.Scenario.Content {
		if len(s.places) > maxPassages {
			s.gap("", "the passages after p%d did not come over", i)
			break
		}
		s.node(fmt.Sprintf("p%d", i), &in.Scenario.Content[i], ends)
	}
	if len(s.places) == 0 {
		return nil, ErrEmpty
	}
	s.places = append(s.places, ends.all...)
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "content/") || f.Name == "content/content.json" || strings.HasSuffix(f.Name, "/") {
			continue
		}
		s.gap(f.Name, "this file did not come over")
	}
	return s.draft()
}

// endings are the end screens by the negative number that leads to them; -1 is the one for all else.
type endings struct {
	by  map[int]*place
	all []*place
}

func (s *story) ends(screens []endH5P) *endings {
	out := &endings{by: map[int]*place{}}
	for i, e := range screens {
		n := -1
		if e.ID != nil {
			n = int(*e.ID)
		}
		if n >= 0 || out.by[n] != nil {
			s.gap(fmt.Sprintf("end screen %d", i+1), "nothing leads to it: %q", cut(flat(e.Title+" "+e.Subtitle), 200))
			continue
		}
		p := &place{name: fmt.Sprintf("end %d", i+1), title: flat(e.Title), text: flat(e.Subtitle), ending: true}
		if p.text == "" {
			p.text = p.title
		}
		out.by[n] = p
		out.all = append(out.all, p)
	}
	return out
}

// to is where a number leads: to a place, or to an end screen.
func (e *endings) to(next *float64) string {
	n := -1
	if next != nil {
		n = int(*next)
	}
	if n >= 0 {
		return fmt.Sprintf("p%d", n)
	}
	p := e.by[n]
	if p == nil {
		p = e.by[-1]
	}
	if p == nil {
		p = &place{name: "end", ending: true}
		e.by[-1] = p
		e.all = append(e.all, p)
	}
	return p.name
}

func (s *story) node(name string, n *nodeH5P, ends *endings) {
	p := &place{name: name, title: flat(n.Type.Metadata.Title)}
	library, _, _ := strings.Cut(n.Type.Library, " ")
	feedback := s.feedback(name, n.Feedback)
	switch library {
	case "H5P.BranchingQuestion":
		var q questionH5P
		if json.Unmarshal(n.Type.Params, &q) != nil {
			s.gap(name, "the question cannot be read")
		}
		p.ask = flat(q.Question.Text)
		p.text = p.ask
		for _, a := range q.Question.Alternatives {
			p.ways = append(p.ways, way{text: flat(a.Text), to: ends.to(a.Next), feedback: s.feedback(name, a.Feedback)})
		}
		if p.ask == "" {
			s.gap(name, "the question has no words")
		}
		s.places = append(s.places, p)
		return
	case "H5P.AdvancedText", "H5P.Text":
		var t struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(n.Type.Params, &t) != nil {
			s.gap(name, "the text cannot be read")
		}
		p.text = s.html(name, t.Text)
	case "H5P.Essay":
		var e essayH5P
		if json.Unmarshal(n.Type.Params, &e) != nil {
			s.gap(name, "the essay cannot be read")
		}
		p.isReply, p.text, p.sample = true, flat(e.Task), flat(e.Solution.Sample)
		for _, k := range e.Keywords {
			s.gap(name, "the keyword %q did not come over: let a row of the rubric say what it stands for", cut(flat(k.Keyword), 60))
		}
	default:
		s.gap(name, "its content (%s) did not come over; write what the learner has to know from it, or link to it", cut(n.Type.Library, 60))
		p.text = p.title
	}
	p.ways = []way{{text: "On", to: ends.to(n.Next), feedback: feedback}}
	s.places = append(s.places, p)
}

func (s *story) feedback(where string, f feedbackH5P) string {
	if len(f.Image) > 2 && string(f.Image) != "null" {
		s.gap(where, "the picture of a feedback did not come over")
	}
	return strings.TrimSpace(flat(f.Title) + "\n\n" + flat(f.Subtitle))
}

var (
	paragraph = regexp.MustCompile(`(?i)</(?:p|div|li|h[1-6]|tr)>|<br\s*/?>`)
	anyTag    = regexp.MustCompile(`<[^<>]*>`)
	dropped   = regexp.MustCompile(`(?i)<(?:img|iframe|video|audio|table|object)\b[^<>]*>`)
)

// html is flat, with a gap for what was no text.
func (s *story) html(where, text string) string {
	for _, m := range dropped.FindAllString(text, 20) {
		s.gap(where, "did not come over: %s", cut(m, 120))
	}
	return flat(text)
}

// flat makes text of H5P's HTML: it is what H5P keeps all its words in, so tags are no gap.
func flat(text string) string {
	text = paragraph.ReplaceAllString(text, "\n\n")
	return strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(text, "")))
}
