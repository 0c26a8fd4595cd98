package scenario

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/record"
)

// Marks are the levels that somebody gave, by criterion.
type Marks map[string]int

// Value writes them as JSON text.
func (m Marks) Value() (driver.Value, error) {
	if m == nil {
		return "{}", nil
	}
	raw, err := json.Marshal(map[string]int(m))
	return string(raw), err
}

// Scan reads them back.
func (m *Marks) Scan(src any) error {
	*m = Marks{}
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.NewDecoder(strings.NewReader(v)).Decode((*map[string]int)(m))
	case []byte:
		return json.Unmarshal(v, (*map[string]int)(m))
	}
	return fmt.Errorf("marks of a reply: unexpected %T", src)
}

func here(q *bun.SelectQuery, at record.Completion) *bun.SelectQuery {
	return q.Where("r.person_id = ?", at.PersonID).Where("r.course_key = ?", at.Course.Key).Where("r.activity_key = ?", at.Activity.Key)
}

// loaded is a run joined with one of its events; the event's columns are NULL for a run without any.
type loaded struct {
	Run
	Number  *int
	Kind    *string
	Passage *string
	Choice  *string
	Points  *int
	Meters  *string
	At      *time.Time
}

const loadColumns = "SELECT r.*, e.number, e.kind, e.passage, e.choice, e.points, e.meters, e.at FROM scenario_run AS r " +
	"LEFT JOIN scenario_event AS e ON e.run_id = r.id WHERE r.id = "

const ownRun = "r.person_id = ? AND r.course_key = ? AND r.activity_key = ?"

// What every look at a scenario and every move asks; see db.Prepare.
const (
	loadQuery  = loadColumns + "? AND " + ownRun + " ORDER BY e.number"
	shownQuery = loadColumns + "(SELECT r.id FROM scenario_run AS r WHERE " + ownRun + " AND r.state <> 'aside' " +
		"ORDER BY CASE WHEN r.state = 'open' THEN 0 ELSE 1 END, r.started_at DESC, r.id DESC LIMIT 1) ORDER BY e.number"
	appendQuery = "INSERT INTO scenario_event (run_id, number, kind, passage, choice, points, meters, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)

// load reads a run with its moves in one query: the one asked for, else the one to show, else nil.
func (s *Service) load(ctx context.Context, at record.Completion, runID string) (*Run, []Event, error) {
	var rows []loaded
	var err error
	if runID != "" {
		err = s.byID.All(ctx, &rows, runID, at.PersonID, at.Course.Key, at.Activity.Key)
	} else {
		err = s.shown.All(ctx, &rows, at.PersonID, at.Course.Key, at.Activity.Key)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, nil, fmt.Errorf("scenario run: %w", db.Err(err))
	}
	if len(rows) == 0 {
		if runID != "" {
			return nil, nil, errNoRun
		}
		return nil, nil, nil
	}
	r := rows[0].Run
	events := make([]Event, 0, len(rows))
	for _, x := range rows {
		if x.Number != nil {
			events = append(events, Event{
				RunID: r.ID, Number: *x.Number, Kind: *x.Kind, Passage: *x.Passage, Choice: *x.Choice, Points: *x.Points, Meters: *x.Meters, At: *x.At,
			})
		}
	}
	return &r, events, nil
}

// append adds a move to a run, in one message. It is Conflict when another move has taken its number.
func (s *Service) append(ctx context.Context, e *Event) error {
	n, err := s.add.Exec(ctx, e.RunID, e.Number, e.Kind, e.Passage, e.Choice, e.Points, e.Meters, e.At)
	if err != nil {
		return fmt.Errorf("move in scenario run %s: %w", e.RunID, err)
	}
	if n == 0 {
		return errGoneOn
	}
	return nil
}

func runsAt(ctx context.Context, tx bun.IDB, at record.Completion) ([]Run, error) {
	var all []Run
	if err := here(tx.NewSelect().Model(&all), at).OrderExpr("r.started_at DESC, r.id DESC").Limit(100).Scan(ctx); err != nil {
		return nil, fmt.Errorf("scenario runs: %w", db.Err(err))
	}
	return all, nil
}

// started returns the run that a form started, else the one that is open.
func started(ctx context.Context, tx bun.IDB, at record.Completion, client string) (*Run, error) {
	r := new(Run)
	err := here(tx.NewSelect().Model(r), at).Where("(r.client = ? OR r.state = ?)", client, Open).
		OrderExpr("CASE WHEN r.client = ? THEN 0 ELSE 1 END", client).Limit(1).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("started scenario run: %w", db.Err(err))
	}
	return r, nil
}

func byClient(ctx context.Context, tx bun.IDB, at record.Completion, client string) (*Run, error) {
	r := new(Run)
	err := here(tx.NewSelect().Model(r), at).Where("r.client = ?", client).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("scenario run of a form: %w", db.Err(err))
	}
	return r, nil
}

// insertRun adds a run unless its client id is known or another one is open: the database decides.
func insertRun(ctx context.Context, tx bun.IDB, r *Run) error {
	if _, err := tx.NewInsert().Model(r).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("start scenario run: %w", db.Err(err))
	}
	return nil
}

func insertEvent(ctx context.Context, tx bun.IDB, e *Event) error {
	if _, err := tx.NewInsert().Model(e).Exec(ctx); err != nil {
		return fmt.Errorf("move in scenario run %s: %w", e.RunID, db.Err(err))
	}
	return nil
}

func insertCopies(ctx context.Context, tx bun.IDB, events []Event, texts []Written) error {
	if _, err := tx.NewInsert().Model(&events).Exec(ctx); err != nil {
		return fmt.Errorf("copy scenario moves: %w", db.Err(err))
	}
	if len(texts) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&texts).Exec(ctx); err != nil {
		return fmt.Errorf("copy scenario replies: %w", db.Err(err))
	}
	return nil
}

// finishRun stores that an ending was reached. The first run that a person played from its start is the one that counts
// in what others chose.
func finishRun(ctx context.Context, tx bun.IDB, r *Run) error {
	q := tx.NewUpdate().Model(r).Column("state", "finished_at", "ending").WherePK()
	if r.ReplayOf == "" {
		earlier := tx.NewSelect().TableExpr("scenario_run AS o").ColumnExpr("1").Where("o.person_id = ?", r.PersonID).
			Where("o.course_key = ?", r.CourseKey).Where("o.activity_key = ?", r.ActivityKey).Where("o.first")
		q = q.Set("first = NOT EXISTS (?)", earlier)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("finish scenario run %s: %w", r.ID, db.Err(err))
	}
	return nil
}

func setTiming(ctx context.Context, tx bun.IDB, at record.Completion, runID, timing string) error {
	res, err := tx.NewUpdate().Model((*Run)(nil)).Set("timing = ?", timing).
		Where("id = ?", runID).Where("person_id = ?", at.PersonID).Where("course_key = ?", at.Course.Key).Where("activity_key = ?", at.Activity.Key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("timing of scenario run %s: %w", runID, db.Err(err))
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errNoRun, err)
	}
	return nil
}

func setAside(ctx context.Context, tx bun.IDB, at record.Completion) error {
	_, err := tx.NewUpdate().Model((*Run)(nil)).Set("state = ?", Aside).Where("state = ?", Open).
		Where("person_id = ?", at.PersonID).Where("course_key = ?", at.Course.Key).Where("activity_key = ?", at.Activity.Key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("set scenario run aside: %w", db.Err(err))
	}
	return nil
}

// findReply is the text that is being written at a passage of a run, or nil. One that was begun before a move was taken
// back is found again.
func findReply(ctx context.Context, tx bun.IDB, runID, passage string) (*Written, error) {
	w := new(Written)
	err := tx.NewSelect().Model(w).Where("run_id = ?", runID).Where("passage = ?", passage).Where("state <> ?", Marked).
		Order("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("scenario reply: %w", db.Err(err))
	}
	return w, nil
}

// lastSent is the text that was sent last at a passage of a run, or nil.
func lastSent(ctx context.Context, tx bun.IDB, runID, passage string) (*Written, error) {
	w := new(Written)
	err := tx.NewSelect().Model(w).Where("run_id = ?", runID).Where("passage = ?", passage).Where("state = ?", Marked).
		Order("number DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sent scenario reply: %w", db.Err(err))
	}
	return w, nil
}

func putReply(ctx context.Context, tx bun.IDB, w *Written, isNew bool) error {
	var err error
	if isNew {
		_, err = tx.NewInsert().Model(w).Exec(ctx)
	} else {
		_, err = tx.NewUpdate().Model(w).WherePK().Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("store scenario reply: %w", db.Err(err))
	}
	return nil
}

func repliesOf(ctx context.Context, tx bun.IDB, runID string) ([]Written, error) {
	var all []Written
	if err := tx.NewSelect().Model(&all).Where("run_id = ?", runID).Order("number").Scan(ctx); err != nil {
		return nil, fmt.Errorf("scenario replies: %w", db.Err(err))
	}
	return all, nil
}
