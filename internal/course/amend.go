package course

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Amendment is one step's file, new or changed, for a course that is published.
type Amendment struct {
	Course string
	Step   string // "module/step": one that is there and of the kind, or a new one in a module that is there
	Kind   string // "scenario"
	Data   []byte
	Base   string // the hash that the person looked at; the answer is Conflict when another is current by then. "" is any
	// Note writes down who did it, in the transaction that publishes.
	Note func(ctx context.Context, tx bun.IDB, rev *Revision) error
}

// Amend publishes a new revision of a course with one step's file changed or added at the end of its module; all else
// stays byte for byte as it was. It is the same door as Publish: read strictly, all or nothing, learners stay where they
// are, and *Broken says what is wrong. Invalid names the field step. NotFound when there is no such course or module, Conflict when the step is of another kind,
// or was retired.
//
// A course that was amended here is left alone by Ship, as is what an operator publishes; see Ship.
func (s *Service) Amend(ctx context.Context, a Amendment) (Published, error) {
	cur, err := s.Current(ctx, a.Course)
	if err != nil {
		return Published{}, err
	}
	if a.Base != "" && a.Base != cur.Hash {
		return Published{}, errAmended
	}
	f, err := loadFolder(ctx, s.db, cur.Hash)
	if err != nil {
		return Published{}, fmt.Errorf("amend course %q: %w", a.Course, err)
	}
	kind := s.loader.kinds[a.Kind]
	if kind == nil {
		return Published{}, fmt.Errorf("amend course %q: there is no kind %q", a.Course, a.Kind)
	}
	path, err := f.fileOf(cur, a, kind.Ext())
	if err != nil {
		return Published{}, err
	}
	amended := &folder{key: f.key, texts: maps.Clone(f.texts), media: f.media, bad: map[string]bool{}}
	amended.texts[path] = a.Data
	if err := amended.fits(a); err != nil {
		return Published{}, err
	}
	amended.seal()
	read, found := s.loader.parse(amended, false)
	rev := read.rev
	if found.Broken() {
		return Published{}, &Broken{found}
	}
	var p Published
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "course.publish"); err != nil {
			return err
		}
		rows, err := courseRows(ctx, tx)
		if err != nil {
			return err
		}
		row := rows[a.Course]
		if row.RevisionHash != cur.Hash && row.RevisionHash != rev.Hash || !row.RetiredAt.IsZero() {
			return errAmended
		}
		lost, err := s.unmet(ctx, tx, []*Revision{rev}, rows)
		if err != nil {
			return err
		}
		more := Findings(nil)
		p, more, err = s.publish(ctx, tx, nil, rev, amended, row, row.RevisionHash == rev.Hash)
		if err != nil {
			return fmt.Errorf("amend course %q: %w", a.Course, err)
		}
		if lost = append(lost, more...); lost.Broken() {
			return &Broken{lost}
		}
		if p.State == StateUnchanged {
			return nil
		}
		if _, err := tx.NewUpdate().Model((*courseRow)(nil)).Set("amended = ?", true).Where("key = ?", a.Course).Exec(ctx); err != nil {
			return fmt.Errorf("amend course %q: %w", a.Course, db.Err(err))
		}
		if a.Note != nil {
			return a.Note(ctx, tx, rev)
		}
		return nil
	})
	s.forget()
	if err != nil {
		return Published{}, err
	}
	s.revisions.put(rev.Hash, rev, rev.weight)
	return p, nil
}

// errAmended means that the course is another than the one that was looked at.
var errAmended = fault.New(fault.Conflict, "course.error.changed")

// fileOf is the path of the step's file: that which it has, or a new one after the module's last.
func (f *folder) fileOf(rev *Revision, a Amendment, ext string) (string, error) {
	module, slug, ok := strings.Cut(a.Step, "/")
	if !ok || !keyForm.MatchString(slug) || len(slug) > maxKey {
		var bad fault.Fields
		bad.Add("step", "course.error.step_key")
		return "", bad.Err()
	}
	if slices.Contains(rev.Retired, a.Step) {
		return "", fault.New(fault.Conflict, "course.error.step_retired")
	}
	dir, last := "", 0
	for _, p := range f.paths() {
		d, base, ok := strings.Cut(p, "/")
		m := moduleName.FindStringSubmatch(d)
		if !ok || m == nil || m[2] != module {
			continue
		}
		dir = d
		x := activityName.FindStringSubmatch(base)
		if x == nil {
			continue
		}
		if x[2] == slug {
			if act := rev.Activity(a.Step); act == nil || act.Kind != a.Kind {
				return "", fault.New(fault.Conflict, "course.error.step_kind")
			}
			return p, nil
		}
		if n, err := strconv.Atoi(x[1]); err == nil {
			last = max(last, n)
		}
	}
	switch {
	case dir == "":
		return "", fault.New(fault.NotFound, "error.not_found")
	case last >= 99:
		return "", fault.New(fault.Conflict, "course.error.module_full")
	}
	return fmt.Sprintf("%s/%02d-%s.%s%s", dir, last+1, slug, a.Kind, ext), nil
}

// fits holds a folder to the limits that the walker holds files to.
func (f *folder) fits(a Amendment) error {
	if len(a.Data) > MaxTextFile {
		return fault.New(fault.Invalid, "course.error.file_size")
	}
	if len(f.texts)+len(f.media) > MaxFiles || f.size() > MaxCourse {
		return fault.New(fault.Conflict, "course.error.course_full")
	}
	return nil
}
