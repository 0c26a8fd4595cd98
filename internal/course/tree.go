package course

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// Limits of a course folder. They are in docs/course-format.md too.
const (
	MaxTextFile  = 256 << 10
	MaxMediaFile = 10 << 20
	MaxCourse    = 200 << 20
	MaxFiles     = 5000
	MaxDepth     = 8   // folders below the course folder
	MaxPath      = 200 // bytes of a path below the course folder
)

// folder is the files of one course. Texts are in memory, of media only what is known about them.
type folder struct {
	key   string
	texts map[string][]byte // by path from the course folder
	media map[string]*medium
	bad   map[string]bool // texts that are not worth parsing; the reason is reported
	hash  string
}

// medium is a picture, film, caption file or document.
type medium struct {
	Size          int64
	Sum           string // SHA-256, hexadecimal
	Width, Height int
}

func (f *folder) paths() []string {
	out := make([]string, 0, len(f.texts)+len(f.media))
	for p := range f.texts {
		out = append(out, p)
	}
	for p := range f.media {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

// seal computes the name of the revision: the SHA-256 of the list of all files with their sizes and SHA-256 sums. So it does not
// depend on how the files are packed.
func (f *folder) seal() {
	h := sha256.New()
	fmt.Fprintf(h, "greenroom %s\n", Format)
	for _, p := range f.paths() {
		if data, ok := f.texts[p]; ok {
			fmt.Fprintf(h, "%s\x00%d\x00%s\n", p, len(data), sum(data))
		} else {
			m := f.media[p]
			fmt.Fprintf(h, "%s\x00%d\x00%s\n", p, m.Size, m.Sum)
		}
	}
	f.hash = hex.EncodeToString(h.Sum(nil))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// walker reads a courses folder.
type walker struct {
	fsys    fs.FS
	found   Findings
	folders []*folder
	common  []sharedFile
}

func (w *walker) error(file string, line int, what, remedy string) {
	w.found = append(w.found, Finding{File: file, Line: line, Severity: SevError, What: what, Remedy: remedy})
}

func (w *walker) warn(file string, what, remedy string) {
	w.found = append(w.found, Finding{File: file, Severity: SevWarning, What: what, Remedy: remedy})
}

// besides are files that may lie beside the courses.
var besides = regexp.MustCompile(`^(?:README|LICEN[CS]E|NOTICE|CONTRIBUTING)(?:\.md|\.txt)?$|\.go$|\.schema\.json$`)

func (w *walker) walk() {
	entries, err := fs.ReadDir(w.fsys, ".")
	if err != nil {
		w.error(".", 0, "the courses folder cannot be read", "check its name and permissions")
		return
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."):
		case e.Type()&fs.ModeSymlink != 0:
			w.error(name, 0, "a link to another place", "put the files themselves here")
		case e.IsDir() && (!keyForm.MatchString(name) || len(name) > maxKey):
			w.error(name, 0, "the folder's name is not a key", "use small letters, digits and single hyphens, at most 60")
		case e.IsDir():
			w.course(name)
		case w.shared(name):
		case !besides.MatchString(name):
			w.warn(name, "this file belongs to no course", "move it into a course's folder, or take it away")
		}
	}
}

func (w *walker) course(key string) {
	f := &folder{key: key, texts: map[string][]byte{}, media: map[string]*medium{}, bad: map[string]bool{}}
	files, total, lower := 0, int64(0), map[string]string{}
	err := fs.WalkDir(w.fsys, key, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			w.error(p, 0, "cannot be read", "check its permissions")
			return nil
		}
		if p == key {
			return nil
		}
		rel := strings.TrimPrefix(p, key+"/")
		if strings.HasPrefix(e.Name(), ".") {
			w.warn(p, "a hidden file, left out", "take it away")
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if twin, ok := lower[strings.ToLower(rel)]; ok {
			w.error(p, 0, fmt.Sprintf("differs from %q only in capital letters", twin), "give it another name")
		}
		lower[strings.ToLower(rel)] = rel
		switch {
		case len(rel) > MaxPath:
			w.error(p, 0, fmt.Sprintf("the path is longer than %d characters", MaxPath), "use shorter names")
			return skip(e)
		case strings.Count(rel, "/") >= MaxDepth:
			w.error(p, 0, fmt.Sprintf("more than %d folders deep", MaxDepth), "move it up")
			return skip(e)
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			w.error(p, 0, "not an ordinary file", "put the file itself here, not a link")
			return nil
		}
		if files++; files > MaxFiles {
			w.error(key, 0, fmt.Sprintf("more than %d files", MaxFiles), "split the course")
			return fs.SkipAll
		}
		n := w.file(f, p, rel)
		if total += n; total > MaxCourse {
			w.error(key, 0, fmt.Sprintf("more than %d MB", MaxCourse>>20), "make the media smaller or split the course")
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		w.error(key, 0, "cannot be read", "check its permissions")
	}
	f.seal()
	w.folders = append(w.folders, f)
}

func skip(e fs.DirEntry) error {
	if e.IsDir() {
		return fs.SkipDir
	}
	return nil
}

var plainPath = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// file reads one file into the folder and returns its size.
func (w *walker) file(f *folder, p, rel string) int64 {
	if !plainPath.MatchString(rel) {
		w.error(p, 0, "a file name with spaces or signs", "use letters, digits, hyphens and dots")
		return 0
	}
	ext := path.Ext(rel)
	isText := ext == ".md" || ext == ".yaml" || ext == "" || ext == ".txt"
	limit := int64(MaxTextFile)
	if !isText {
		limit = MaxMediaFile
	}
	data, err := readFile(w.fsys, p, limit)
	switch {
	case err == errTooBig && isText:
		w.error(p, 0, fmt.Sprintf("larger than %d KB", MaxTextFile>>10), "split it into several steps")
		f.texts[rel], f.bad[rel] = nil, true
		return limit
	case err == errTooBig:
		w.error(p, 0, fmt.Sprintf("larger than %d MB", MaxMediaFile>>20), "make it smaller")
		return limit
	case err != nil:
		w.error(p, 0, "cannot be read", "check its permissions")
		return 0
	}
	if isText {
		if line, what, remedy := badText(data); what != "" {
			w.error(p, line, what, remedy)
			f.bad[rel] = true
		}
		f.texts[rel] = data
		return int64(len(data))
	}
	m := &medium{Size: int64(len(data)), Sum: sum(data)}
	var what, remedy string
	if m.Width, m.Height, what, remedy = checkMedia(ext, data); what != "" {
		w.error(p, 0, what, remedy)
	}
	f.media[rel] = m
	return m.Size
}

var errTooBig = fmt.Errorf("too big")

func readFile(fsys fs.FS, p string, limit int64) ([]byte, error) {
	in, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var b bytes.Buffer
	if st, err := in.Stat(); err == nil && st.Size() <= limit {
		b.Grow(int(st.Size()) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(in, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, errTooBig
	}
	return b.Bytes(), nil
}

// badText finds what makes a file no plain text; what is "" when it is one.
func badText(data []byte) (line int, what, remedy string) {
	at := func(i int) int { return 1 + bytes.Count(data[:i], []byte{'\n'}) }
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return 1, "the file begins with a byte order mark", `save it as "UTF-8" without BOM`
	}
	if i := bytes.IndexByte(data, '\r'); i >= 0 {
		return at(i), "lines end as on Windows (CRLF)", "set your editor to LF, or run: sed -i 's/\\r$//' FILE"
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return at(i), "the file is not UTF-8", `save it as "UTF-8"`
		case r < ' ' && r != '\n' && r != '\t' || r == 0x7f:
			return at(i), fmt.Sprintf("a control character (U+%04X)", r), "delete it"
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return at(i), fmt.Sprintf("a hidden sign that turns the writing direction (U+%04X)", r), "delete it"
		case r == 0xfeff || r == 0x2028 || r == 0x2029:
			return at(i), fmt.Sprintf("a hidden sign (U+%04X)", r), "delete it"
		}
		i += n
	}
	return 0, "", ""
}

// weight is how many bytes of text the folder has.
func (f *folder) weight() int {
	n := 0
	for _, t := range f.texts {
		n += len(t)
	}
	return n
}

// size is how many bytes all files have.
func (f *folder) size() int64 {
	n := int64(f.weight())
	for _, m := range f.media {
		n += m.Size
	}
	return n
}
