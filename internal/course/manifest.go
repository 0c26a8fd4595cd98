package course

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"greenroom/internal/locale"
	"greenroom/internal/markdown"
)

// courseFile is course.yaml.
type courseFile struct {
	Line        Line
	Format      string       `yaml:"format" rule:"required,oneof=course/1"`
	Key         string       `yaml:"key" rule:"required,key"`
	Title       Text         `yaml:"title" rule:"required,line,max=120"`
	Summary     Text         `yaml:"summary" rule:"required,line,max=240"`
	Description Text         `yaml:"description" rule:"required"`
	Audience    Text         `yaml:"audience" rule:"required,line,max=240"`
	Outcomes    []Text       `yaml:"outcomes" rule:"required,min=3,max=8"`
	Language    string       `yaml:"language" rule:"required"`
	Licence     string       `yaml:"licence" rule:"required,max=60"`
	Level       string       `yaml:"level" rule:"required,oneof=introductory|intermediate|advanced"`
	Topics      []Text       `yaml:"topics" rule:"required,min=1,max=8"`
	Authors     []authorFile `yaml:"authors" rule:"required,min=1,max=50"`
	Order       int          `yaml:"order" rule:"min=0,max=100000"`
	Open        bool         `yaml:"open"`
	Mandatory   bool         `yaml:"mandatory"`
	FactsAsAt   time.Time    `yaml:"facts_as_at" rule:"required"`
	Art         string       `yaml:"art" rule:"oneof=bubbles|paths|dots|door|waves|steps"`
	Sources     []sourceFile `yaml:"sources" rule:"max=500"`
	Requires    []string     `yaml:"requires" rule:"max=20"`
	Retired     []string     `yaml:"retired" rule:"max=5000"`
}

type authorFile struct {
	Name Text `yaml:"name" rule:"required,line,max=120"`
	Role Text `yaml:"role" rule:"line,max=120"`
}

type sourceFile struct {
	Line      Line
	ID        string `yaml:"id" rule:"required,max=40"`
	Title     Text   `yaml:"title" rule:"required,line,max=300"`
	Publisher Text   `yaml:"publisher" rule:"line,max=200"`
	Year      int    `yaml:"year" rule:"min=1000,max=2200"`
	URL       string `yaml:"url"`
	Note      Text   `yaml:"note" rule:"max=500"`
}

// moduleFile is module.yaml.
type moduleFile struct {
	Line        Line
	Title       Text      `yaml:"title" rule:"required,line,max=120"`
	Summary     Text      `yaml:"summary" rule:"required,line,max=400"`
	Outcomes    []Text    `yaml:"outcomes" rule:"required,min=2,max=6"`
	FactsAsAt   time.Time `yaml:"facts_as_at"`
	Art         string    `yaml:"art" rule:"oneof=bubbles|paths|dots|door|waves|steps"`
	ContentNote Text      `yaml:"content_note" rule:"max=1000"`
	Sources     []string  `yaml:"sources" rule:"max=500"`
}

var (
	sourceID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)
	sourceURL  = regexp.MustCompile(`^https://[^\s/?#@"'<>\\]+(?:[/?#][^\s"'<>\\]*)?$`)
	retiredKey = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*$`)
)

// stale is how old facts may be before a warning.
const stale = 183 * 24 * time.Hour

func (p *parse) course(lay *layout) {
	rep, rev := p.report("course.yaml"), p.rev
	p.setLanguage(locale.Default)
	p.noSources = true
	if !lay.hasCourse {
		rep.Error(0, "the course has no course.yaml", "add it; docs/course-format.md has a pattern to copy")
		return
	}
	var c courseFile
	if p.folder.bad["course.yaml"] || !Decode(File{Path: rep.file, Data: p.folder.texts["course.yaml"]}, rep, &c) {
		return
	}
	p.noSources = false
	line := int(c.Line)
	if c.Key != "" && c.Key != p.folder.key {
		rep.Error(line, fmt.Sprintf("the key %q is not the folder's name %q", c.Key, p.folder.key), "make them the same")
	}
	if c.Language != "" && !validLanguage(c.Language) {
		rep.Error(line, fmt.Sprintf("the language %q is not a language tag", c.Language), "write it like en-AU")
	} else if c.Language != "" {
		p.setLanguage(c.Language)
	}
	p.facts(rep, line, c.FactsAsAt)
	p.addSources(rep, c.Sources)
	rev.Title, rev.Summary, rev.Audience = c.Title.Value, c.Summary.Value, c.Audience.Value
	rev.Description = rep.Markdown(c.Description)
	rev.Outcomes, rev.Topics = Strings(c.Outcomes), Strings(c.Topics)
	rev.Language, rev.Licence, rev.Level, rev.Art = c.Language, c.Licence, c.Level, c.Art
	rev.Order, rev.Open, rev.Mandatory, rev.FactsAsAt = c.Order, c.Open, c.Mandatory, c.FactsAsAt
	if rev.Art == "" {
		rev.Art = "bubbles"
	}
	for _, a := range c.Authors {
		rev.Authors = append(rev.Authors, Author{Name: a.Name.Value, Role: a.Role.Value})
	}
	if len(lay.modules) == 0 {
		rep.Error(0, "the course has no modules", "add a folder like 01-an-introduction with a module.yaml")
	}
	p.requires(rep, line, c.Requires)
	p.retired(rep, line, c.Retired, lay)
	rep.After(func(*Revision) {
		for _, s := range c.Sources {
			if !p.stored && s.ID != "" && !p.cited[s.ID] {
				rep.Warn(int(s.Line), fmt.Sprintf("nothing cites the source %s", s.ID), "cite it, name it in a module's sources, or take it out")
			}
		}
	})
}

func (p *parse) facts(rep *Reporter, line int, at time.Time) {
	switch {
	case at.IsZero() || p.stored:
	case at.After(p.today.Add(24 * time.Hour)):
		rep.Error(line, fmt.Sprintf("facts_as_at is in the future (%s)", at.Format(time.DateOnly)), "write the day when you last checked the facts")
	case p.today.Sub(at) > stale:
		rep.Warn(line, fmt.Sprintf("the facts were checked on %s, more than six months ago", at.Format(time.DateOnly)), "check them and set facts_as_at")
	}
}

func (p *parse) addSources(rep *Reporter, in []sourceFile) {
	for _, s := range in {
		line := int(s.Line)
		if s.ID == "" {
			continue
		}
		if !sourceID.MatchString(s.ID) {
			rep.Error(line, fmt.Sprintf("the source id %q cannot be cited", s.ID), "use letters, digits, hyphens and dots, like S30")
		}
		if _, twice := p.sources[s.ID]; twice {
			rep.Error(line, fmt.Sprintf("the source %s is there twice", s.ID), "give it another id, or take one out")
			continue
		}
		if s.URL != "" && !sourceURL.MatchString(s.URL) {
			rep.Error(line, fmt.Sprintf("the address %q of source %s is not an https address", s.URL, s.ID), "write it as the browser shows it, with https://")
			s.URL = ""
		}
		src := Source{ID: s.ID, Title: s.Title.Value, Publisher: s.Publisher.Value, URL: s.URL, Note: s.Note.Value, Year: s.Year}
		p.sources[s.ID] = src
		p.rev.Sources = append(p.rev.Sources, src)
	}
}

func (p *parse) retired(rep *Reporter, line int, keys []string, lay *layout) {
	now := map[string]bool{}
	for _, m := range lay.modules {
		for _, a := range m.activities {
			now[m.key+"/"+a.key] = true
		}
	}
	for _, k := range keys {
		switch {
		case !retiredKey.MatchString(k):
			rep.Error(line, fmt.Sprintf("%q in retired is not a step", k), "write module-key/step-key, without numbers and kind")
		case now[k]:
			rep.Error(line, fmt.Sprintf("the step %q is retired and there", k), "take it out of retired, or take its file away")
		case slices.Contains(p.rev.Retired, k):
			rep.Error(line, fmt.Sprintf("%q is twice in retired", k), "keep one")
		default:
			p.rev.Retired = append(p.rev.Retired, k)
		}
	}
}

func (p *parse) module(d *moduleDir) {
	rep := p.report(d.dir + "/module.yaml")
	m := &Module{Key: d.key, FactsAsAt: p.rev.FactsAsAt, Art: p.rev.Art}
	p.rev.Modules = append(p.rev.Modules, m)
	var in moduleFile
	if !d.hasModule {
		rep.Error(0, "the module has no module.yaml", "add it with title, summary and outcomes")
	} else if !p.folder.bad[d.dir+"/module.yaml"] && Decode(File{Path: rep.file, Data: p.folder.texts[d.dir+"/module.yaml"]}, rep, &in) {
		p.fillModule(rep, m, in)
	}
	for _, f := range d.activities {
		if a, aside := p.activity(m, f); aside {
			m.Asides = append(m.Asides, a)
		} else {
			m.Activities = append(m.Activities, a)
		}
	}
}

func (p *parse) fillModule(rep *Reporter, m *Module, in moduleFile) {
	m.Title, m.Summary, m.ContentNote = in.Title.Value, in.Summary.Value, in.ContentNote.Value
	m.Outcomes = Strings(in.Outcomes)
	if !in.FactsAsAt.IsZero() {
		p.facts(rep, int(in.Line), in.FactsAsAt)
		m.FactsAsAt = in.FactsAsAt
	}
	if in.Art != "" {
		m.Art = in.Art
	}
	for _, id := range in.Sources {
		s, ok := rep.Source(id)
		if !ok {
			rep.Error(int(in.Line), fmt.Sprintf("there is no source %q", id), "add it to sources in course.yaml, or mend the id")
			continue
		}
		m.Sources = append(m.Sources, s)
	}
}

// activity reads one file, and says whether it stands beside the steps. Of one that was published before only the head is
// read, if it is plain to see: the rest when somebody asks for it.
func (p *parse) activity(m *Module, f *activityFile) (a *Activity, aside bool) {
	rep := p.report(f.rel)
	data := p.folder.texts[f.rel]
	a = &Activity{Key: m.Key + "/" + f.key, Slug: f.key, Kind: f.kind, Module: m}
	kind := p.loader.kinds[f.kind]
	if _, aside = kind.(Beside); p.folder.bad[f.rel] {
		return a, aside
	}
	file := File{Path: rep.file, Data: data}
	if p.stored {
		if meta, plain := headOf(data); plain {
			a.Title, a.Summary, a.Minutes = meta.Title, meta.Summary, meta.Minutes
			a.later = true
			a.read = sync.OnceValues(func() (Content, string) {
				p.late.Lock() // the reporters of a course share what they note
				defer p.late.Unlock()
				_, content := kind.Parse(file, rep)
				if content == nil {
					slog.Error("a step cannot be shown", "revision", p.rev.Hash, "step", a.Key, "findings", rep.findings.String())
				}
				return content, rep.mark(data)
			})
			return a, aside
		}
	}
	meta, content := kind.Parse(file, rep)
	a.Title, a.Summary, a.Minutes = meta.Title, meta.Summary, meta.Minutes
	if rep.Failed() && !p.stored {
		content = nil
	}
	a.With(content, rep.mark(data))
	if !rep.Failed() && (strings.TrimSpace(meta.Title) == "" || meta.Minutes < 1) {
		rep.Error(1, "the step has no title or minutes", "add title and minutes")
	}
	if meta.Minutes > maxMinutes && f.ext == ".md" {
		rep.Warn(1, fmt.Sprintf("the step takes %d minutes", meta.Minutes), fmt.Sprintf("split it: at most %d read well in one go", maxMinutes))
	}
	if !p.stored {
		if head, plain := headOf(data); plain && head != meta && !rep.Failed() {
			rep.Error(1, "title, summary or minutes are not what their lines seem to say", "begin no other line with title:, summary: or minutes:")
		}
		p.measure(rep, f.ext)
	}
	return a, aside
}

// setLanguage picks the words that rendered texts need.
func (p *parse) setLanguage(lang string) {
	p.lang = lang
	b := p.loader.words()
	if b == nil {
		return
	}
	l := b.Printer(lang)
	p.labels = markdown.Labels{
		Note: l.T("course.note"), Tip: l.T("course.tip"), Caution: l.T("course.caution"), Term: l.T("course.term"),
		Story: l.T("course.story"), Case: l.T("course.case"), Example: l.T("course.example"), Myth: l.T("course.myth"),
		Try: l.T("course.try"), Answer: l.T("course.answer"), Table: l.T("course.table"),
		Transcript: l.T("course.transcript"), Captions: l.T("course.captions"), Back: l.T("course.back"),
	}
}
