package course

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"greenroom/internal/locale"
	"greenroom/internal/markdown"
)

// Format is the name and number of the file format.
const Format = "course/1"

// Loader reads course trees. It is safe for use by many goroutines.
type Loader struct {
	kinds map[string]Kind
	words func() *locale.Bundle

	// Now is today for the warning about old facts; time.Now when nil.
	Now func() time.Time
}

// NewLoader makes a loader that knows the kinds. Two kinds of one name are a mistake of the program: the later wins.
func NewLoader(kinds ...Kind) *Loader {
	l := &Loader{kinds: map[string]Kind{}, words: sync.OnceValue(func() *locale.Bundle {
		b, _ := locale.Load() // its own test says what is wrong; texts then lack their labels
		return b
	})}
	for _, k := range kinds {
		l.kinds[k.Name()] = k
	}
	return l
}

// Load reads every course of a courses folder. It returns the courses without errors, in catalogue order, and all
// findings of the whole tree.
func (l *Loader) Load(fsys fs.FS) ([]*Revision, Findings) {
	t := l.load(fsys)
	return t.revs, t.found
}

// Lint returns the findings of a courses folder, and how hard each of its steps is to read, in the order of its files.
func (l *Loader) Lint(fsys fs.FS) (Findings, []Level) {
	t := l.load(fsys)
	return t.found, t.levels
}

// tree is a courses folder that was read.
type tree struct {
	revs    []*Revision        // without errors, in catalogue order
	folders map[string]*folder // by the revision's hash
	common  []sharedFile
	shared  Shared
	levels  []Level
	found   Findings
}

// LoadShared reads what the courses of a folder share, and says what is wrong in the whole tree.
func (l *Loader) LoadShared(fsys fs.FS) (Shared, Findings) {
	t := l.load(fsys)
	return t.shared, t.found
}

func (l *Loader) load(fsys fs.FS) tree {
	w := &walker{fsys: fsys}
	w.walk()
	found, folders := w.found, map[string]*folder{}
	var revs []*Revision
	var levels []Level
	check := refs{courses: map[string]*Revision{}, broken: map[string]bool{}}
	for _, f := range w.folders {
		p, fs := l.parse(f, false)
		rev := p.rev
		levels = append(levels, p.levels...)
		bad := fs.Broken()
		for _, x := range w.found {
			bad = bad || x.Severity == SevError && (x.File == f.key || strings.HasPrefix(x.File, f.key+"/"))
		}
		found = append(found, fs...)
		check.broken[f.key] = bad
		if !bad {
			check.courses[f.key] = rev
			revs = append(revs, rev)
			folders[rev.Hash] = f
		}
	}
	if len(w.folders) == 0 && !found.Broken() {
		found = append(found, Finding{File: ".", Severity: SevError, What: "no courses here", Remedy: "name the folder that has the courses' folders in it"})
	}
	var shared Shared
	for _, f := range w.common {
		fs, l := readShared(f, false, check, &shared)
		found, levels = append(found, fs...), append(levels, l)
	}
	found = append(found, circles(requirements(revs))...)
	found = append(found, elsewhere(revs, w.folders)...)
	sortCatalogue(revs)
	found.sort()
	return tree{revs: revs, folders: folders, common: w.common, shared: shared, levels: levels, found: found}
}

func sortCatalogue(revs []*Revision) {
	sort.SliceStable(revs, func(i, j int) bool {
		if revs[i].Order != revs[j].Order {
			return revs[i].Order < revs[j].Order
		}
		return revs[i].Key < revs[j].Key
	})
}

// parse is one course being parsed.
type parse struct {
	loader    *Loader
	folder    *folder
	stored    bool // published before: it was checked then
	rev       *Revision
	reps      []*Reporter
	sources   map[string]Source
	cited     map[string]bool
	noSources bool            // they are not known
	used      map[string]bool // media by path
	steps     map[string]string
	labels    markdown.Labels
	lang      string
	today     time.Time
	levels    []Level
	late      sync.Mutex // held by what is read later
}

func (l *Loader) parse(f *folder, stored bool) (*parse, Findings) {
	p := &parse{
		loader: l, folder: f, stored: stored,
		rev:     &Revision{Hash: f.hash, Key: f.key, activities: map[string]*Activity{}, media: f.media, weight: f.weight()},
		sources: map[string]Source{}, cited: map[string]bool{}, used: map[string]bool{}, steps: map[string]string{},
		today: time.Now(),
	}
	if l.Now != nil {
		p.today = l.Now()
	}
	lay := p.layout()
	p.course(lay)
	for _, m := range lay.modules {
		p.module(m)
	}
	p.join()
	if !stored {
		for _, r := range p.reps {
			for _, check := range r.afters {
				check(p.rev)
			}
		}
		p.unused()
	}
	var all Findings
	for _, r := range p.reps {
		all = append(all, r.findings...)
	}
	all.sort()
	return p, all
}

func (p *parse) report(rel string) *Reporter {
	r := &Reporter{file: strings.TrimSuffix(p.folder.key+"/"+rel, "/"), in: p, used: map[string]bool{}}
	p.reps = append(p.reps, r)
	return r
}

var (
	moduleName   = regexp.MustCompile(`^([0-9]{2,3})-([a-z0-9]+(?:-[a-z0-9]+)*)$`)
	activityName = regexp.MustCompile(`^([0-9]{2,3})-([a-z0-9]+(?:-[a-z0-9]+)*)\.([a-z-]+)(\.md|\.yaml)$`)
	courseFiles  = regexp.MustCompile(`^(?:README|LICEN[CS]E|NOTICE|CHANGELOG)(?:\.md|\.txt)?$`)
)

// layout is which file is what, from names alone.
type layout struct {
	hasCourse bool
	modules   []*moduleDir
}

type moduleDir struct {
	dir, key   string
	number     int
	hasModule  bool
	activities []*activityFile
}

type activityFile struct {
	rel, key, kind, ext string
	number              int
}

func inMedia(rel string) bool {
	parts := strings.Split(rel, "/")
	return len(parts) >= 2 && parts[0] == "media" || len(parts) >= 3 && parts[1] == "media"
}

// layout sorts the files into modules and activities and reports those that are nothing.
func (p *parse) layout() *layout {
	lay, dirs := &layout{}, map[string]*moduleDir{}
	for _, rel := range p.folder.paths() {
		dir, base := path.Split(rel)
		dir = strings.TrimSuffix(dir, "/")
		ext := path.Ext(rel)
		_, isMedia := p.folder.media[rel]
		top, _, _ := strings.Cut(rel, "/")
		if top != rel && top != "media" && dirs[top] == nil {
			dirs[top] = p.moduleDir(top)
		}
		m := dirs[top]
		switch {
		case inMedia(rel):
			if !isMedia && ext != ".md" {
				p.report(rel).Error(0, "this file is neither a picture, film, caption file, document nor transcript", "take it away")
			}
		case rel == "course.yaml":
			lay.hasCourse = true
		case dir == "" && courseFiles.MatchString(base):
		case m != nil && dir == top && base == "module.yaml":
			m.hasModule = true
		case isMedia:
			p.report(rel).Error(0, "media outside a media folder", "move it to media/ of the course or module")
		case m != nil && dir == top:
			p.activityFile(m, rel, base)
		default:
			p.report(rel).Error(0, "this file has no place in the format", "files are course.yaml, NN-module/module.yaml, NN-module/NN-step.kind.md or .yaml, and media/…")
		}
	}
	for _, m := range dirs {
		if m != nil && m.key != "" {
			lay.modules = append(lay.modules, m)
		}
	}
	p.order(lay)
	return lay
}

func (p *parse) moduleDir(name string) *moduleDir {
	g := moduleName.FindStringSubmatch(name)
	if g == nil || len(g[2]) > maxKey {
		p.report(name).Error(0, "the folder's name is not a number and a key", "name it like 01-an-introduction")
		return &moduleDir{dir: name}
	}
	n, _ := strconv.Atoi(g[1])
	return &moduleDir{dir: name, key: g[2], number: n}
}

func (p *parse) activityFile(m *moduleDir, rel, base string) {
	g := activityName.FindStringSubmatch(base)
	if g == nil || len(g[2]) > maxKey {
		p.report(rel).Error(0, "the file's name is not number, key, kind and ending", "name it like 03-three-questions.reading.md or 04-check.quiz.yaml")
		return
	}
	n, _ := strconv.Atoi(g[1])
	a := &activityFile{rel: rel, key: g[2], kind: g[3], ext: g[4], number: n}
	kind, ok := p.loader.kinds[a.kind]
	switch {
	case !ok:
		names := make([]string, 0, len(p.loader.kinds))
		for k := range p.loader.kinds {
			names = append(names, k)
		}
		sort.Strings(names)
		p.report(rel).Error(0, fmt.Sprintf("unknown kind %q", a.kind), "known are "+strings.Join(names, ", "))
		return
	case kind.Ext() != a.ext:
		p.report(rel).Error(0, fmt.Sprintf("a %s is written in a %s file", a.kind, kind.Ext()), "rename it, or write it in that format")
		return
	}
	m.activities = append(m.activities, a)
}

// order sorts by number and reports clashes of numbers and keys.
func (p *parse) order(lay *layout) {
	slices.SortFunc(lay.modules, func(a, b *moduleDir) int {
		if a.number != b.number {
			return a.number - b.number
		}
		return strings.Compare(a.dir, b.dir)
	})
	keys := map[string]string{}
	for i, m := range lay.modules {
		if i > 0 && lay.modules[i-1].number == m.number {
			p.report(m.dir).Error(0, fmt.Sprintf("the number %02d is taken by %s", m.number, lay.modules[i-1].dir), "give it a number of its own")
		}
		if twin := keys[m.key]; twin != "" {
			p.report(m.dir).Error(0, fmt.Sprintf("the module key %q is taken by %s", m.key, twin), "give it a key of its own")
		}
		keys[m.key] = m.dir
		slices.SortFunc(m.activities, func(a, b *activityFile) int {
			if a.number != b.number {
				return a.number - b.number
			}
			return strings.Compare(a.rel, b.rel)
		})
		taken := map[string]string{}
		for j, a := range m.activities {
			if j > 0 && m.activities[j-1].number == a.number {
				p.report(a.rel).Error(0, fmt.Sprintf("the number %02d is taken by %s", a.number, path.Base(m.activities[j-1].rel)), "give it a number of its own")
			}
			if twin := taken[a.key]; twin != "" {
				p.report(a.rel).Error(0, fmt.Sprintf("the key %q is taken by %s", a.key, twin), "give it a key of its own")
			}
			taken[a.key] = path.Base(a.rel)
			p.steps[a.rel] = "/courses/" + p.folder.key + "/" + m.key + "/" + a.key
		}
	}
}

// join links the activities of the course to each other and adds up.
func (p *parse) join() {
	var last *Activity
	for i, m := range p.rev.Modules {
		m.Number = i + 1
		for j, a := range m.Activities {
			a.Number, a.Prev = j+1, last
			if last != nil {
				last.Next = a
			}
			last = a
			m.Minutes += a.Minutes
			p.rev.activities[a.Key] = a
		}
		p.rev.Minutes += m.Minutes
	}
}

// unused warns of media that nothing shows and sources that nothing cites.
func (p *parse) unused() {
	for _, rel := range p.folder.paths() {
		if inMedia(rel) && !p.used[rel] {
			p.report(rel).Warn(0, "nothing shows this file", "take it away, or show it in a step")
		}
	}
}

func validLanguage(s string) bool {
	_, err := language.Parse(s)
	return err == nil
}
