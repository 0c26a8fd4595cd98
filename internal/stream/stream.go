// Package stream numbers what changes live.
//
// A stream is a thread, a board, a room, a person's inbox: a counter row and its events. An event gets its number
// inside the transaction that made it, under the counter row's lock, last thing before commit. So numbers have
// no gaps and no reader sees number 8 before number 7 is there.
//
// The doorbell only says "stream X has something new"; readers then ask Since. A doorbell that fails costs
// seconds, never an event. The local one serves one process; the one between nodes (internal/bell) has the same interface.
package stream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
)

// Event is one entry of a stream.
type Event struct {
	bun.BaseModel `bun:"table:stream_event"`

	StreamID string `bun:",pk"`
	N        int64  `bun:",pk"` // from 1, without gaps
	Kind     string
	Payload  string // JSON or HTML: the stream's own business
	At       time.Time
}

type counter struct {
	bun.BaseModel `bun:"table:stream,alias:stream"`

	ID    string `bun:",pk"`
	Head  int64
	Epoch int64
}

// Hint says that a stream has grown to Head at least; 0 where that is not known. A hint that names no stream says that
// others may have been lost: look at all that you listen to.
type Hint struct {
	Stream string
	Head   int64
}

// Doorbell tells readers in this and other processes that a stream has grown. Hints may be lost, come twice or be wrong.
type Doorbell interface {
	Ring(h Hint)
	Subscribe(streamID string) (rings <-chan struct{}, cancel func())
	// Listen has fn called for every hint. It must not wait.
	Listen(fn func(h Hint))
}

// Service appends to streams and reads them.
type Service struct {
	db   *bun.DB
	now  func() time.Time
	bell Doorbell
	once *db.Prepared // onceQuery
}

// New makes the service.
func New(d *bun.DB, now func() time.Time, bell Doorbell) *Service {
	return &Service{db: d, now: now, bell: bell, once: db.Prepare(d, onceQuery(d))}
}

// Entry is an event that is to be appended.
type Entry struct{ Stream, Kind, Payload string }

// Append adds an event in the transaction and returns its number, and rings after the commit (that of db.InTx). Call it
// last before the commit, since it holds the stream's row until then. A stream begins with its first event.
func (s *Service) Append(ctx context.Context, tx bun.IDB, streamID, kind, payload string) (int64, error) {
	n, err := s.AppendAll(ctx, tx, []Entry{{streamID, kind, payload}})
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// AppendAll is Append for several events, of one or more streams, in one or two statements. It takes the streams' rows in the order of
// their names: call it once in a transaction, so that two cannot wait for each other.
func (s *Service) AppendAll(ctx context.Context, tx bun.IDB, all []Entry) ([]int64, error) {
	if len(all) == 0 {
		return nil, nil
	}
	more := map[string]int64{}
	for _, e := range all {
		more[e.Stream]++
	}
	rows := make([]counter, 0, len(more))
	for _, id := range slices.Sorted(maps.Keys(more)) {
		rows = append(rows, counter{ID: id, Head: more[id], Epoch: 1})
	}
	if t, is := tx.(bun.Tx); is && db.WritesWithin(tx) {
		return s.appendOnce(ctx, t, all, rows, more)
	}
	var heads []counter
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (id) DO UPDATE").Set("head = stream.head + EXCLUDED.head").Returning("id, head").Exec(ctx, &heads)
	if err != nil {
		return nil, fmt.Errorf("number events of %q: %w", rows[0].ID, db.Err(err))
	}
	last := make(map[string]int64, len(heads)) // number that was given out, by stream
	for _, h := range heads {
		last[h.ID] = h.Head - more[h.ID]
	}
	at, events, n := s.now().UTC().Truncate(time.Microsecond), make([]Event, len(all)), make([]int64, len(all))
	for i, e := range all {
		last[e.Stream]++
		n[i] = last[e.Stream]
		events[i] = Event{StreamID: e.Stream, N: n[i], Kind: e.Kind, Payload: e.Payload, At: at}
	}
	if _, err := tx.NewInsert().Model(&events).Exec(ctx); err != nil {
		return nil, fmt.Errorf("append to %q: %w", rows[0].ID, db.Err(err))
	}
	s.ring(ctx, heads)
	return n, nil
}

// onceQuery is AppendAll in one statement: it takes streams as rows of (id, how many events), the time, and events as rows of (stream,
// how many of the stream follow, kind, payload).
func onceQuery(d bun.IDB) string {
	return `WITH up AS (INSERT INTO stream AS s (id, head, epoch) SELECT column1, CAST(column2 AS bigint), 1 FROM ` + db.RowsOf(d, 2) + ` AS r
	ON CONFLICT (id) DO UPDATE SET head = s.head + EXCLUDED.head RETURNING id, head)
INSERT INTO stream_event (stream_id, n, kind, payload, at) SELECT up.id, up.head - CAST(w.column2 AS bigint), w.column3, w.column4, ` + db.Moment(d) + `
FROM ` + db.RowsOf(d, 4) + ` AS w JOIN up ON up.id = w.column1 RETURNING stream_id, n`
}

// appendOnce is AppendAll in one statement.
func (s *Service) appendOnce(ctx context.Context, tx bun.Tx, all []Entry, rows []counter, more map[string]int64) ([]int64, error) {
	heads, events := make([][]string, len(rows)), make([][]string, len(all))
	for i, r := range rows {
		heads[i] = []string{r.ID, strconv.FormatInt(r.Head, 10)}
	}
	left := maps.Clone(more) // events of a stream that are not numbered yet
	behind := make([]int64, len(all))
	for i, e := range all {
		left[e.Stream]--
		behind[i] = left[e.Stream]
		events[i] = []string{e.Stream, strconv.FormatInt(behind[i], 10), e.Kind, e.Payload}
	}
	var told []Event
	at := any(s.now().UTC().Truncate(time.Microsecond))
	if err := s.once.AllIn(ctx, tx, &told, slices.Concat(db.TextRows(tx, 2, heads), []any{at}, db.TextRows(tx, 4, events))...); err != nil {
		return nil, fmt.Errorf("append to %q: %w", rows[0].ID, db.Err(err))
	}
	head := map[string]int64{}
	for _, e := range told {
		head[e.StreamID] = max(head[e.StreamID], e.N)
	}
	n := make([]int64, len(all))
	for i, e := range all {
		n[i] = head[e.Stream] - behind[i]
	}
	for i := range rows {
		rows[i].Head = head[rows[i].ID]
	}
	s.ring(ctx, rows)
	return n, nil
}

// ring tells of new heads once they are committed.
func (s *Service) ring(ctx context.Context, heads []counter) {
	db.AfterCommit(ctx, func() {
		for _, h := range heads {
			s.bell.Ring(Hint{h.ID, h.Head})
		}
	})
}

// Ring rings a name that holds no events: something else has changed that those who know the name look at.
func (s *Service) Ring(name string) { s.bell.Ring(Hint{Stream: name}) }

// Hint rings with a hint of the caller's own making.
func (s *Service) Hint(h Hint) { s.bell.Ring(h) }

// Since returns up to limit events after number after, in order, and whether there are more.
func (s *Service) Since(ctx context.Context, streamID string, after int64, limit int) (events []Event, more bool, err error) {
	err = s.db.NewSelect().Model(&events).Where("stream_id = ? AND n > ?", streamID, after).
		OrderExpr("n").Limit(int64(limit) + 1).Scan(ctx)
	if err != nil {
		return nil, false, db.Err(err)
	}
	if len(events) > limit {
		return events[:limit], true, nil
	}
	return events, false, nil
}

// Head returns the newest number (0 for a stream without events) and the epoch. A reader whose epoch differs
// starts anew, since the history it knows was replaced.
func (s *Service) Head(ctx context.Context, streamID string) (head, epoch int64, err error) {
	var list []counter
	if err := s.db.NewSelect().Model(&list).Where("id = ?", streamID).Scan(ctx); err != nil {
		return 0, 0, db.Err(err)
	}
	if len(list) == 0 {
		return 0, 1, nil
	}
	return list[0].Head, list[0].Epoch, nil
}

// Subscribe returns a channel that holds a token whenever the stream may have grown. Subscribe first, then read:
// what comes between is then heard of. Call cancel when done.
func (s *Service) Subscribe(streamID string) (rings <-chan struct{}, cancel func()) {
	return s.bell.Subscribe(streamID)
}

// Listen has fn called for every hint, of this process or another. It must not wait.
func (s *Service) Listen(fn func(h Hint)) { s.bell.Listen(fn) }

// Mark is how far a stream is.
type Mark struct{ Head, Epoch int64 }

// Heads is Head for several streams at once; those without events are left out.
func (s *Service) Heads(ctx context.Context, streamIDs []string) (map[string]Mark, error) {
	var list []counter
	if err := s.db.NewSelect().Model(&list).Where("id IN (?)", bun.List(streamIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("heads of streams: %w", db.Err(err))
	}
	out := make(map[string]Mark, len(list))
	for _, c := range list {
		out[c.ID] = Mark{c.Head, c.Epoch}
	}
	return out, nil
}

// Local is the doorbell of one process. Rings are joined: a slow reader hears once.
type Local struct {
	mu  sync.Mutex
	ear map[string]map[chan struct{}]struct{}
	all []func(h Hint)
}

// NewLocal makes a doorbell for one process.
func NewLocal() *Local { return &Local{ear: map[string]map[chan struct{}]struct{}{}} }

// Ring wakes the stream's readers in this process; all of them, where the hint names no stream. It never waits.
func (l *Local) Ring(h Hint) {
	l.mu.Lock()
	if h.Stream != "" {
		wake(l.ear[h.Stream])
	} else {
		for _, ears := range l.ear {
			wake(ears)
		}
	}
	all := l.all
	l.mu.Unlock()
	for _, fn := range all {
		fn(h)
	}
}

func wake(ears map[chan struct{}]struct{}) {
	for c := range ears {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Listen has fn called for every hint.
func (l *Local) Listen(fn func(h Hint)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all[:len(l.all):len(l.all)], fn)
}

// Subscribe registers a reader.
func (l *Local) Subscribe(streamID string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ear[streamID] == nil {
		l.ear[streamID] = map[chan struct{}]struct{}{}
	}
	l.ear[streamID][c] = struct{}{}
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.ear[streamID], c)
		if len(l.ear[streamID]) == 0 {
			delete(l.ear, streamID)
		}
	}
}

// Restored is what has to follow when the database was made what it was some time ago, in the same transaction: the
// epochs rise, so that readers who have seen later numbers load again instead of waiting for those to come. They rise to
// the time, in seconds: the same backup restored twice makes two histories, and each has an epoch of its own.
func Restored(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewUpdate().Model((*counter)(nil)).Set("epoch = CASE WHEN epoch < ? THEN ? ELSE epoch + 1 END", time.Now().Unix(), time.Now().Unix()).
		Where("TRUE").Exec(ctx)
	if err != nil {
		return fmt.Errorf("raise the epochs: %w", db.Err(err))
	}
	return nil
}
