package course

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"go.yaml.in/yaml/v3"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// What Publish did with a course.
const (
	StateNew       = "new"
	StateChanged   = "changed"
	StateUnchanged = "unchanged"
	StateRestored  = "restored" // it was retired
	StateAmended   = "amended"  // left alone, since it was changed on the site
)

// Result says what Publish did.
type Result struct {
	Courses  []Published
	Shared   []Published // the files that all courses share; their key is the file's name
	Findings Findings
}

// Published is what happened to one course.
type Published struct {
	Key, Title, Hash string
	State            string // one of the states
	Changes          Changes
}

// Publish reads a courses folder and stores every course that changed, all or none. With errors in the tree it
// returns a *Broken and changes nothing. Publishing the same tree again changes nothing.
// Courses that are not in the tree stay as they are.
func (s *Service) Publish(ctx context.Context, fsys fs.FS) (Result, error) {
	return s.publishTree(ctx, fsys, asAsked)
}

// Renew is Publish for a program that starts with the operator's folder: courses that were changed on the site since are left
// alone, so that a restart never undoes that. Publish makes the folder count again.
func (s *Service) Renew(ctx context.Context, fsys fs.FS) (Result, error) {
	return s.publishTree(ctx, fsys, notAmended)
}

// How much of a tree is published.
type extent int

const (
	asAsked    extent = iota // all of it
	notAmended               // not the courses that were changed on the site
	onlyNew                  // nor what was published once
)

// Ship is Publish for the courses that a program brings along: what was published once is left alone. So a restart
// never undoes a newer edition, whether a newer program or an author published it, and never brings a retired course back.
// Nor does a newer program's edition replace a course that was changed on the site: the operator publishes it when that is
// meant.
//
// Where all of them were, it only compares hashes: what was published was checked then.
func (s *Service) Ship(ctx context.Context, fsys fs.FS) (Result, error) {
	if res, ok, err := s.shipped(ctx, fsys); ok || err != nil {
		return res, err
	}
	return s.publishTree(ctx, fsys, onlyNew)
}

// shipped says whether every course of the tree was published once, exactly so, and what is current can be shown.
func (s *Service) shipped(ctx context.Context, fsys fs.FS) (Result, bool, error) {
	var reading sync.WaitGroup // while the tree is compared; whoever asks for a course below waits for it
	reading.Go(func() { _, _ = s.fresh(ctx) })
	defer reading.Wait()
	w := &walker{fsys: fsys}
	w.walk()
	if w.found.Broken() || len(w.folders) == 0 {
		return Result{}, false, nil
	}
	if ok, err := s.sharedShipped(ctx, w.common); !ok || err != nil {
		return Result{}, false, err
	}
	var hashes []string
	for _, f := range w.folders {
		hashes = append(hashes, f.hash)
	}
	known, err := knownHashes(ctx, s.db, hashes)
	if err != nil || len(known) < len(hashes) {
		return Result{}, false, err
	}
	var res Result
	for _, f := range w.folders {
		rev, err := s.Current(ctx, f.key)
		if errors.Is(err, errDamaged) {
			return Result{}, false, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) { // retired
			return Result{}, false, err
		}
		p := Published{Key: f.key, Hash: f.hash, State: StateUnchanged}
		if rev != nil {
			p.Title = rev.Title
		}
		res.Courses = append(res.Courses, p)
	}
	return res, true, nil
}

func (s *Service) publishTree(ctx context.Context, fsys fs.FS, what extent) (Result, error) {
	t := s.loader.load(fsys)
	revs, folders, found := t.revs, t.folders, t.found
	if found.Broken() {
		return Result{Findings: found}, &Broken{found}
	}
	heal := map[string]bool{} // courses whose current revision cannot be read
	for _, r := range revs {  // so that comparing inside the transaction finds the old ones parsed
		_, err := s.Current(ctx, r.Key)
		heal[r.Key] = errors.Is(err, errDamaged)
		if err != nil && !heal[r.Key] && !fault.Is(err, fault.NotFound) {
			return Result{Findings: found}, err
		}
	}
	res := Result{}
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		res = Result{Findings: found} // InTx may run it again
		if err := db.Lock(ctx, tx, "course.publish"); err != nil {
			return err
		}
		rows, err := courseRows(ctx, tx)
		if err != nil {
			return err
		}
		lost, err := s.unmet(ctx, tx, revs, rows)
		if err != nil {
			return err
		}
		known := map[string]bool{}
		if what == onlyNew {
			if known, err = knownHashes(ctx, tx, hashesOf(revs)); err != nil {
				return err
			}
		}
		for _, rev := range revs {
			row, ok := rows[rev.Key] // the zero row: never published
			same := ok && row.RevisionHash == rev.Hash && row.RetiredAt.IsZero() || known[rev.Hash]
			amended := what != asAsked && row.Amended
			same = (same || amended) && !heal[rev.Key]
			p, missing, err := s.publish(ctx, tx, fsys, rev, folders[rev.Hash], row, same)
			if err != nil {
				return fmt.Errorf("publish course %q: %w", rev.Key, err)
			}
			if amended && p.State == StateUnchanged && row.RevisionHash != rev.Hash && !known[rev.Hash] {
				p.State = StateAmended
			}
			res.Courses = append(res.Courses, p)
			lost = append(lost, missing...)
		}
		if res.Shared, err = s.publishShared(ctx, tx, t.common, what == onlyNew); err != nil {
			return err
		}
		if lost.Broken() {
			res.Findings = append(append(Findings(nil), found...), lost...)
			res.Findings.sort()
			return &Broken{res.Findings}
		}
		return nil
	})
	if broken := (*Broken)(nil); errors.As(err, &broken) {
		return Result{Findings: broken.Findings}, broken
	}
	s.forget() // also after an error: an answer lost after the commit is no proof that nothing happened
	if err != nil {
		return Result{Findings: found}, err
	}
	for _, r := range revs {
		s.revisions.put(r.Hash, r, r.weight)
	}
	return res, nil
}

func hashesOf(revs []*Revision) []string {
	out := make([]string, len(revs))
	for i, r := range revs {
		out[i] = r.Hash
	}
	return out
}

func (s *Service) publish(ctx context.Context, tx bun.Tx, fsys fs.FS, rev *Revision, f *folder, row courseRow, same bool) (Published, Findings, error) {
	p := Published{Key: rev.Key, Title: rev.Title, Hash: rev.Hash, State: StateNew}
	if row.Key != "" {
		switch {
		case same:
			p.State = StateUnchanged
			return p, nil, nil
		case !row.RetiredAt.IsZero():
			p.State = StateRestored
		default:
			p.State = StateChanged
		}
		lost, err := s.lost(ctx, tx, row.RevisionHash, rev)
		if err != nil || lost.Broken() {
			return p, lost, err
		}
		old, err := s.read(ctx, tx, row.RevisionHash)
		if ctx.Err() != nil {
			return p, nil, err
		}
		if err == nil { // one that cannot be read is no reason to keep it
			p.Changes = Diff(old, rev)
		}
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	if err := storeMedia(ctx, tx, fsys, f); err != nil {
		return p, nil, err
	}
	archive, err := pack(f)
	if err != nil {
		return p, nil, err
	}
	err = putRevision(ctx, tx, &revisionRow{Hash: rev.Hash, CourseKey: rev.Key, Title: rev.Title, Archive: archive, Size: f.size(), PublishedAt: now})
	if err != nil {
		return p, nil, err
	}
	if err := putCourse(ctx, tx, &courseRow{Key: rev.Key, RevisionHash: rev.Hash, Position: rev.Order, UpdatedAt: now}); err != nil {
		return p, nil, err
	}
	for _, hook := range s.onPublish {
		if err := hook(ctx, tx, rev); err != nil {
			return p, nil, err
		}
	}
	return p, nil, nil
}

// lost finds steps that were published and are neither there nor retired. It reads names only, so that an old revision which this
// program cannot parse any more still guards its keys.
func (s *Service) lost(ctx context.Context, tx bun.IDB, hash string, rev *Revision) (Findings, error) {
	f, err := loadFolder(ctx, tx, hash)
	if errors.Is(err, errDamaged) {
		return nil, nil // publishing is how it heals
	}
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, k := range rev.Retired {
		gone[k] = true
	}
	var out Findings
	for _, k := range f.keys() {
		if rev.Activity(k) == nil && rev.Aside(k) == nil && !gone[k] {
			out = append(out, Finding{
				File: rev.Key + "/course.yaml", Severity: SevError,
				What:   fmt.Sprintf("the published step %q is gone", k),
				Remedy: fmt.Sprintf("what people did hangs on it: keep its key, or add %s to retired", k),
			})
		}
	}
	return out, nil
}

// keys are all steps, and what stands beside them, that this folder has or had.
func (f *folder) keys() []string {
	seen := map[string]bool{}
	for p := range f.texts {
		dir, base, ok := strings.Cut(p, "/")
		m, a := moduleName.FindStringSubmatch(dir), activityName.FindStringSubmatch(base)
		if ok && m != nil && a != nil {
			seen[m[2]+"/"+a[2]] = true
		}
	}
	var c struct {
		Retired []string `yaml:"retired"`
	}
	if yaml.Unmarshal(f.texts["course.yaml"], &c) == nil {
		for _, k := range c.Retired {
			seen[k] = true
		}
	}
	out := make([]string, 0, len(seen))
	for k := range seen {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// storeMedia keeps the media that no revision had yet, one at a time, so that memory holds one.
func storeMedia(ctx context.Context, tx bun.IDB, fsys fs.FS, f *folder) error {
	at := map[string]string{}
	var sums []string
	for p, m := range f.media {
		if at[m.Sum] == "" {
			at[m.Sum] = p
			sums = append(sums, m.Sum)
		}
	}
	known, err := knownMedia(ctx, tx, sums)
	if err != nil {
		return err
	}
	for _, want := range sums {
		if known[want] {
			continue
		}
		p := f.key + "/" + at[want]
		data, err := readFile(fsys, p, MaxMediaFile)
		if err != nil {
			return fmt.Errorf("read %s: %w", p, err)
		}
		if sum(data) != want {
			return fmt.Errorf("%s changed while it was being published", p)
		}
		if err := insertMedia(ctx, tx, want, data); err != nil {
			return err
		}
	}
	return nil
}

// Retire takes a course out of the catalogue. Those who have begun go on with their revision. Publishing it again brings it back.
func (s *Service) Retire(ctx context.Context, key string) error {
	defer s.forget()
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		found, err := retireCourse(ctx, tx, key, s.now().UTC().Truncate(time.Microsecond))
		if err == nil && !found {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return err
	})
}
