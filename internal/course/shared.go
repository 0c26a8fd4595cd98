package course

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// sharedNames are the files that all courses share. They lie beside the courses' folders, are published with them, and are
// kept and exported byte for byte, as courses are.
var sharedNames = []string{GlossaryFile, PathwaysFile}

// Shared is what the courses of a site have in common. A part that was never published is nil.
type Shared struct {
	Glossary *Glossary
	Pathways *Pathways
}

// sharedFile is one such file being read.
type sharedFile struct {
	name string
	data []byte
}

func (f sharedFile) hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "greenroom %s\x00", f.name)
	h.Write(f.data)
	return hex.EncodeToString(h.Sum(nil))
}

// shared takes a file beside the courses' folders, when it is one of these.
func (w *walker) shared(name string) bool {
	if !slices.Contains(sharedNames, name) {
		return false
	}
	data, err := readFile(w.fsys, name, MaxTextFile)
	switch {
	case err == errTooBig:
		w.error(name, 0, fmt.Sprintf("larger than %d KB", MaxTextFile>>10), "shorten it")
	case err != nil:
		w.error(name, 0, "cannot be read", "check its permissions")
	default:
		if line, what, remedy := badText(data); what != "" {
			w.error(name, line, what, remedy)
			return true
		}
		w.common = append(w.common, sharedFile{name, data})
	}
	return true
}

// refs looks for what a shared file names. Without courses, as when a stored file is read, everything is taken as it is.
type refs struct {
	courses map[string]*Revision // those of the folder; nil: they are not asked
	broken  map[string]bool      // in the folder, but with errors of their own
}

func (r refs) split(rep *Reporter, line int, s, what string) (Ref, *Revision, bool) {
	c, part, ok := strings.Cut(s, "/")
	if !ok || !keyForm.MatchString(c) || part == "" {
		rep.Error(line, fmt.Sprintf("%q names no %s", s, what), "write the course's key, a slash, and the "+what)
		return Ref{}, nil, false
	}
	ref := Ref{c, part}
	if r.courses == nil || r.broken[c] {
		return ref, nil, true
	}
	rev := r.courses[c]
	if rev == nil {
		rep.Warn(line, fmt.Sprintf("the course %q is not in this folder", c), "pages leave it out until the site has it")
	}
	return ref, rev, true
}

// source reads a reference to an entry of a course's list of sources.
func (r refs) source(rep *Reporter, line int, s string) Ref {
	ref, rev, ok := r.split(rep, line, s, "source")
	if !ok {
		return Ref{}
	}
	if rev != nil && rev.Source(ref.Part).ID == "" {
		rep.Error(line, fmt.Sprintf("there is no source %q in the course %q", ref.Part, ref.Course), "add it to its course.yaml, or mend the id")
	}
	return ref
}

// modules reads references to modules, each once.
func (r refs) modules(rep *Reporter, line int, in []string) (out []Ref) {
	for _, s := range in {
		ref, rev, ok := r.split(rep, line, s, "module")
		switch {
		case !ok:
			continue
		case slices.Contains(out, ref):
			rep.Error(line, fmt.Sprintf("the module %q is there twice", s), "keep one")
			continue
		case rev != nil && rev.Module(ref.Part) == nil:
			rep.Error(line, fmt.Sprintf("there is no module %q in the course %q", ref.Part, ref.Course), "write the folder's name without its number")
		}
		out = append(out, ref)
	}
	return out
}

// readShared reads one file into what the courses share.
func readShared(f sharedFile, stored bool, check refs, into *Shared) (Findings, Level) {
	rep := &Reporter{file: f.name, in: &parse{stored: stored}, used: map[string]bool{}}
	switch f.name {
	case GlossaryFile:
		into.Glossary = readGlossary(rep, f.data, check)
	case PathwaysFile:
		into.Pathways = readPathways(rep, f.data, check)
	}
	l := rep.level()
	if !stored && l.Grade > maxGrade {
		rep.Warn(0, fmt.Sprintf("the file as a whole reads at school year %.1f", l.Grade), "shorter sentences and plainer words; aim for year 9")
	}
	return rep.findings, l
}

type sharedRevisionRow struct {
	bun.BaseModel `bun:"table:shared_revision,alias:sr"`

	Hash        string    `bun:"hash,pk"`
	Name        string    `bun:"name"`
	Data        []byte    `bun:"data"`
	PublishedAt time.Time `bun:"published_at"`
}

type sharedFileRow struct {
	bun.BaseModel `bun:"table:shared_file,alias:sf"`

	Name         string    `bun:"name,pk"`
	RevisionHash string    `bun:"revision_hash"`
	UpdatedAt    time.Time `bun:"updated_at"`
}

// publishShared stores the shared files that changed; with onlyNew none that was published once.
func (s *Service) publishShared(ctx context.Context, tx bun.IDB, files []sharedFile, onlyNew bool) ([]Published, error) {
	var out []Published
	for _, f := range files {
		p := Published{Key: f.name, Hash: f.hash(), State: StateNew}
		old := sharedFileRow{Name: f.name}
		err := tx.NewSelect().Model(&old).WherePK().Scan(ctx)
		switch err = db.Err(err); {
		case err == nil && old.RevisionHash == p.Hash:
			p.State = StateUnchanged
		case err == nil:
			p.State = StateChanged
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
		if onlyNew && p.State == StateChanged {
			known, err := tx.NewSelect().Model((*sharedRevisionRow)(nil)).Where("hash = ?", p.Hash).Exists(ctx)
			if err != nil {
				return nil, db.Err(err)
			}
			if known {
				p.State = StateUnchanged
			}
		}
		if p.State != StateUnchanged {
			if err := s.putShared(ctx, tx, f, p.Hash); err != nil {
				return nil, fmt.Errorf("publish %s: %w", f.name, err)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) putShared(ctx context.Context, tx bun.IDB, f sharedFile, hash string) error {
	now := s.now().UTC().Truncate(time.Microsecond)
	row := &sharedRevisionRow{Hash: hash, Name: f.name, Data: f.data, PublishedAt: now}
	if _, err := tx.NewInsert().Model(row).On("CONFLICT (hash) DO NOTHING").Exec(ctx); err != nil {
		return db.Err(err)
	}
	_, err := tx.NewInsert().Model(&sharedFileRow{Name: f.name, RevisionHash: hash, UpdatedAt: now}).
		On("CONFLICT (name) DO UPDATE").Set("revision_hash = EXCLUDED.revision_hash").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
	return db.Err(err)
}

// sharedShipped says whether each of these files was published once, exactly so.
func (s *Service) sharedShipped(ctx context.Context, files []sharedFile) (bool, error) {
	var hashes []string
	for _, f := range files {
		hashes = append(hashes, f.hash())
	}
	if len(hashes) == 0 {
		return true, nil
	}
	n, err := s.db.NewSelect().Model((*sharedRevisionRow)(nil)).Where("hash IN (?)", bun.List(hashes)).Count(ctx)
	return int(n) == len(hashes), db.Err(err)
}

// SharedFile is the published state of glossary.yaml or pathways.yaml, byte for byte; NotFound when the site has none.
func (s *Service) SharedFile(ctx context.Context, name string) ([]byte, error) {
	row := sharedRevisionRow{}
	err := s.db.NewSelect().Model(&row).Join("JOIN shared_file AS sf ON sf.revision_hash = sr.hash").Where("sf.name = ?", name).Scan(ctx)
	if err != nil {
		return nil, db.Err(err)
	}
	if (sharedFile{row.Name, row.Data}).hash() != row.Hash {
		return nil, fmt.Errorf("%s: %w", name, errDamaged)
	}
	return row.Data, nil
}

// IsShared says whether a file of this name is one that the courses share.
func IsShared(name string) bool { return slices.Contains(sharedNames, name) }

// sharedSnapshot is what this node knows of the shared files.
type sharedSnapshot struct {
	at     time.Time // monotonic
	gen    int
	hashes string
	Shared
}

// Shared is what the courses have in common; as fresh as Current, and nearly always without a query. Do not change it.
func (s *Service) Shared(ctx context.Context) (Shared, error) {
	s.mu.Lock()
	k, gen := s.common, s.gen
	s.mu.Unlock()
	if k != nil && k.gen == gen && time.Since(k.at) < freshFor {
		return k.Shared, nil
	}
	k, err := wait(ctx, &s.flight, fmt.Sprintf("shared %d", gen), func(ctx context.Context) (*sharedSnapshot, error) {
		return s.lookShared(ctx, k, gen)
	})
	if err != nil {
		return Shared{}, err
	}
	return k.Shared, nil
}

func (s *Service) lookShared(ctx context.Context, old *sharedSnapshot, gen int) (*sharedSnapshot, error) {
	k := &sharedSnapshot{at: time.Now(), gen: gen}
	var rows []sharedFileRow
	if err := s.db.NewSelect().Model(&rows).Order("name").Scan(db.Shared(ctx)); err != nil {
		return nil, fmt.Errorf("look up shared files: %w", db.Err(err))
	}
	for _, r := range rows {
		k.hashes += r.RevisionHash
	}
	if old != nil && old.hashes == k.hashes {
		k.Shared = old.Shared
	} else {
		for _, r := range rows {
			data, err := s.SharedFile(ctx, r.Name)
			if err != nil {
				return nil, err
			}
			readShared(sharedFile{r.Name, data}, true, refs{}, &k.Shared) // it was checked when it was published
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen == gen {
		s.common = k
	}
	return k, nil
}
