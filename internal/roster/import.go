package roster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/course"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/mail"
)

// The states of an import.
const (
	Preview = "preview" // a dry run: nothing has happened
	Queued  = "queued"  // being applied
	Done    = "done"
	Stopped = "stopped" // Why says why; applying it again goes on where it stopped
)

// Import is one file of people on its way into a cohort; table roster_import.
//
// It is applied in the background, some hundred rows a transaction, each of which holds the import's row and moves
// Reached: so learners who write at the same time wait for a fraction of a second and not for the whole file, a program
// that ends in the middle goes on where it was, two nodes never take the same rows, and the page shows how far it is.
// Every row is idempotent besides, so the same file again, or twice at once, changes nothing.
type Import struct {
	bun.BaseModel `bun:"table:roster_import,alias:ri"`

	ID         string `bun:",pk"`
	DeliveryID string
	FileName   string
	Encoding   string
	State      string
	Letters    bool // write to addresses without an account
	Total      int  // rows
	Reached    int  // rows that were applied
	Failures   int  // tries that went wrong in a row
	Why        string
	CreatedBy  string
	CreatedAt  time.Time
	AppliedAt  *time.Time
	DoneAt     *time.Time
}

// ImportRow is one row; table roster_import_row.
type ImportRow struct {
	bun.BaseModel `bun:"table:roster_import_row,alias:rr"`

	ImportID    string `bun:",pk"`
	N           int    `bun:",pk"`
	Line        int    // in the file
	Email       string
	EmailFolded string
	Name        string
	Outcome     string
	Why         string
}

// settled says whether nothing is to be done about the row: it has a fault, or is not about a learner.
func (r *ImportRow) settled() bool { return r.Outcome == Failed || r.Outcome == Left }

const (
	chunk    = 400                 // rows of a transaction
	keptFor  = 30 * 24 * time.Hour // files have addresses of people: they do not stay
	maxTries = 5
)

// Prepare reads a file and says of every row what applying it would do. It changes nothing in the cohort. NotFound
// unless actor leads it; Invalid on "file" when the file as a whole is of no use. The same form again gives the same
// import.
func (s *Service) Prepare(ctx context.Context, actor *account.Person, deliveryID, formID, fileName string, data []byte) (*Import, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return nil, err
	}
	lines, encoding, err := ReadFile(data)
	if err != nil {
		return nil, err
	}
	if !id.Valid(formID) {
		formID = id.New()
	}
	im := &Import{
		ID: formID, DeliveryID: d.ID, FileName: shortName(fileName), Encoding: encoding, State: Preview, Letters: true,
		Total: len(lines), CreatedBy: idOf(actor), CreatedAt: s.now(),
	}
	rows := make([]ImportRow, len(lines))
	for i, l := range lines {
		rows[i] = ImportRow{
			ImportID: im.ID, N: i + 1, Line: l.Line, Email: cut(l.Email, 254), EmailFolded: cut(account.Fold(l.Email), 254), Name: l.Name,
			Outcome: l.Outcome, Why: l.Why.text(),
		}
	}
	if err := s.foresee(ctx, d, rows); err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := insertImport(ctx, tx, im)
		if err != nil || !fresh {
			return err
		}
		for lump := range slices.Chunk(rows, chunk) {
			if _, err := tx.NewInsert().Model(&lump).Exec(ctx); err != nil {
				return fmt.Errorf("keep an import's rows: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Import(ctx, actor, deliveryID, im.ID)
}

func shortName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s[strings.LastIndexAny(s, `/\`)+1:])
	return cut(s, 100)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// foresee fills in the outcome of rows that nothing is wrong with.
func (s *Service) foresee(ctx context.Context, d *delivery.Delivery, rows []ImportRow) error {
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err != nil {
		return err
	}
	for lump := range slices.Chunk(rows, chunk) {
		people, err := peopleBy(ctx, s.db, addresses(lump))
		if err != nil {
			return err
		}
		promised, err := promisedIn(ctx, s.db, d.ID, addresses(lump))
		if err != nil {
			return err
		}
		var ids []string
		for _, p := range people {
			if p.Verified() {
				ids = append(ids, p.ID)
			}
		}
		in, err := placesOf(ctx, s.db, d.ID, ids)
		if err != nil {
			return err
		}
		var first []string
		for _, p := range ids {
			if !in[p] {
				first = append(first, p)
			}
		}
		kept, err := s.Gate(ctx, s.db, d, rev.Hash, first)
		if err != nil {
			return err
		}
		for i := range lump {
			r := &lump[i]
			if r.Outcome != "" {
				continue
			}
			p := people[r.EmailFolded]
			switch {
			case p == nil || !p.Verified() && !p.Disabled():
				if r.Outcome = Promised; promised[r.EmailFolded] {
					r.Outcome = Already
				}
			case p.Disabled():
				r.Outcome, r.Why = Failed, because("roster.account_closed").text()
			case in[p.ID]:
				r.Outcome = Already
			case kept[p.ID] != nil:
				r.Outcome, r.Why = Kept, whyOf(fault.From(kept[p.ID])).text()
			default:
				r.Outcome = Ready
			}
		}
	}
	return nil
}

func addresses(rows []ImportRow) []string {
	out := make([]string, 0, len(rows))
	for _, r := range rows {
		if !r.settled() {
			out = append(out, r.EmailFolded)
		}
	}
	return out
}

// Import is one import of a cohort. NotFound unless actor leads it.
func (s *Service) Import(ctx context.Context, actor *account.Person, deliveryID, importID string) (*Import, error) {
	if err := leads(actor, deliveryID); err != nil {
		return nil, err
	}
	return importBy(ctx, s.db, deliveryID, importID)
}

// Apply lets an import happen, in the background; letters says whether addresses without an account get a letter. One
// that is being applied, or was, is left alone; one that stopped goes on.
func (s *Service) Apply(ctx context.Context, actor *account.Person, deliveryID, importID string, letters bool) error {
	im, err := s.Import(ctx, actor, deliveryID, importID)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if im, err = lockImport(ctx, tx, im.ID); err != nil || im.State == Queued || im.State == Done {
			return err
		}
		now := s.now()
		if im.AppliedAt == nil {
			im.AppliedAt, im.Letters = &now, letters
			err := s.note(ctx, tx, actor, "roster.imported", deliveryID, nil, im.FileName, "", map[string]any{"import": im.ID, "rows": im.Total, "letters": letters})
			if err != nil {
				return err
			}
		}
		im.State, im.Why, im.Failures = Queued, "", 0
		db.AfterCommit(ctx, s.Wake)
		return updateImport(ctx, tx, im)
	})
	return err
}

// Wake lets Run look for work now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run applies imports until ctx ends. It may run on every node.
func (s *Service) Run(ctx context.Context) error {
	t, clean := time.NewTicker(5*time.Second), time.NewTicker(time.Hour)
	defer t.Stop()
	defer clean.Stop()
	for {
		if err := s.Drain(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.ErrorContext(ctx, "roster: an import does not go on", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-t.C:
		case <-clean.C:
			if err := s.Clean(ctx); err != nil && ctx.Err() == nil {
				s.opts.Log.ErrorContext(ctx, "roster: old imports are not forgotten", "error", err.Error())
			}
		}
	}
}

// Drain applies all that is queued now.
func (s *Service) Drain(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := nextImport(ctx, s.db)
		if err != nil || next == "" {
			return err
		}
		for more := true; more && ctx.Err() == nil; {
			if more, err = s.step(ctx, next); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// step applies the next rows of an import and says whether there are more.
func (s *Service) step(ctx context.Context, importID string) (more bool, err error) {
	im, err := importByID(ctx, s.db, importID)
	if err != nil {
		return false, err
	}
	d, err := s.deliveries.ByID(ctx, im.DeliveryID)
	if err != nil {
		return false, err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err == nil {
		err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			more, err = s.applyRows(ctx, tx, importID, d, rev)
			return err
		})
	}
	if err == nil || ctx.Err() != nil {
		return more, err
	}
	if f := fault.From(err); f != nil { // the cohort is over, the course retired: no row can go on
		return false, stopImport(ctx, s.db, importID, whyOf(f).text(), im.Failures)
	}
	s.opts.Log.ErrorContext(ctx, "roster: rows of an import failed", "import", importID, "reached", im.Reached, "error", err.Error())
	if im.Failures++; im.Failures >= maxTries {
		return false, stopImport(ctx, s.db, importID, because("roster.import_failed").text(), im.Failures)
	}
	return false, failedImport(ctx, s.db, importID, im.Failures)
}

func (s *Service) applyRows(ctx context.Context, tx bun.IDB, importID string, d *delivery.Delivery, rev *course.Revision) (more bool, err error) {
	im, err := lockImport(ctx, tx, importID)
	if err != nil || im.State != Queued {
		return false, err
	}
	rows, err := rowsAfter(ctx, tx, im.ID, im.Reached, chunk)
	if err != nil {
		return false, err
	}
	now := s.now()
	if len(rows) == 0 {
		im.State, im.DoneAt = Done, &now
		return false, updateImport(ctx, tx, im)
	}
	if err := s.enrolRows(ctx, tx, im, d, rev, rows); err != nil {
		return false, err
	}
	if err := saveOutcomes(ctx, tx, rows); err != nil {
		return false, err
	}
	im.Reached, im.Failures = rows[len(rows)-1].N, 0
	if im.Reached >= im.Total {
		im.State, im.DoneAt = Done, &now
	}
	return im.State == Queued, updateImport(ctx, tx, im)
}

// enrolRows does what the rows say, and writes into them what became of it.
func (s *Service) enrolRows(ctx context.Context, tx bun.IDB, im *Import, d *delivery.Delivery, rev *course.Revision, rows []ImportRow) error {
	people, err := peopleBy(ctx, tx, addresses(rows))
	if err != nil {
		return err
	}
	var ids []string
	var places []Pending
	for i := range rows {
		r := &rows[i]
		if r.settled() {
			continue
		}
		switch p := people[r.EmailFolded]; {
		case p == nil || !p.Verified() && !p.Disabled():
			places = append(places, Pending{
				ID: id.New(), DeliveryID: d.ID, Email: r.Email, EmailFolded: r.EmailFolded, Name: r.Name,
				Source: delivery.SourceImport, CreatedBy: im.CreatedBy, CreatedAt: s.now(),
			})
		case p.Disabled():
			r.Outcome, r.Why = Failed, because("roster.account_closed").text()
		default:
			ids = append(ids, p.ID)
		}
	}
	placed, err := s.deliveries.EnrolManyTx(ctx, tx, d.ID, rev.Hash, delivery.SourceImport, ids)
	if err != nil {
		return err
	}
	fresh, err := insertPending(ctx, tx, places)
	if err != nil {
		return err
	}
	var folded []string
	for i := range rows {
		r := &rows[i]
		if r.settled() {
			continue
		}
		if p := people[r.EmailFolded]; p != nil && p.Verified() {
			r.Outcome, r.Why = outcomeOf(placed[p.ID])
			folded = append(folded, r.EmailFolded)
		} else {
			if r.Outcome, r.Why = Already, ""; fresh[r.EmailFolded] {
				r.Outcome = Promised
			}
		}
	}
	if err := dropPending(ctx, tx, d.ID, folded...); err != nil || !im.Letters || len(fresh) == 0 {
		return err
	}
	var letters []mail.Message
	for _, p := range places {
		if fresh[p.EmailFolded] {
			letters = append(letters, s.letter(d, p))
		}
	}
	return s.mail.QueueAll(ctx, tx, letters)
}

func outcomeOf(p delivery.Placed) (outcome, why string) {
	switch f := fault.From(p.Err); {
	case f != nil && f.Kind == fault.Forbidden:
		return Kept, whyOf(f).text()
	case f != nil:
		return Failed, whyOf(f).text()
	case !p.Fresh:
		return Already, ""
	case p.Status == delivery.Waiting:
		return Waiting, ""
	}
	return Enrolled, ""
}

// Clean forgets imports that are older than a month, and promised places of cohorts that are over.
func (s *Service) Clean(ctx context.Context) error {
	return clean(ctx, s.db, s.now().Add(-keptFor))
}

// Tally is how many rows of an import came to what.
type Tally map[string]int

// Rows lists an import's rows, those with one outcome unless it is "", and counts them all by outcome.
func (s *Service) Rows(ctx context.Context, im *Import, outcome string, page int) ([]ImportRow, Tally, error) {
	tally, err := tallyOf(ctx, s.db, im.ID)
	if err != nil {
		return nil, nil, err
	}
	rows, err := rowsOf(ctx, s.db, im.ID, outcome, page)
	return rows, tally, err
}

// Imports lists a cohort's imports, newest first, at most ten.
func (s *Service) Imports(ctx context.Context, deliveryID string) ([]Import, error) {
	return imports(ctx, s.db, deliveryID)
}

// Trouble calls fn with every row that was not brought in, in the order of the file.
func (s *Service) Trouble(ctx context.Context, im *Import, fn func(ImportRow) error) error {
	return trouble(ctx, s.db, im.ID, fn)
}
