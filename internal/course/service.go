package course

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/sync/singleflight"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Bounds of what a node keeps in memory. Current revisions are kept on top of them, by the catalogue.
const (
	revisionBytes = 32 << 20 // source text; parsed it takes three to five times as much
	mediaBytes    = 64 << 20
	freshFor      = time.Second      // how long a node trusts what it knows of other nodes' publishing
	loadTimeout   = 30 * time.Second // a load goes on for those who wait although the first asker left
)

// Service keeps the published revisions of all courses. It is safe for use by many goroutines.
type Service struct {
	db        *bun.DB
	loader    *Loader
	now       func() time.Time
	onPublish []Hook

	flight    singleflight.Group
	revisions *lru[*Revision]
	files     *lru[[]byte]

	mu     sync.Mutex
	gen    int // rises with each publish on this node
	known  *snapshot
	common *sharedSnapshot
}

// snapshot is what this node knows of the current courses.
type snapshot struct {
	at   time.Time // monotonic
	rows []courseRow
	revs []*Revision
	by   map[string]*Revision
}

// Hook is called in the transaction that publishes a new or changed revision.
type Hook func(ctx context.Context, tx bun.IDB, rev *Revision) error

// New makes the service. now is the clock for what is written down.
func New(d *bun.DB, loader *Loader, now func() time.Time) *Service {
	return &Service{db: d, loader: loader, now: now, revisions: newLRU[*Revision](revisionBytes), files: newLRU[[]byte](mediaBytes)}
}

// OnPublish adds a hook. Call it before the first Publish.
func (s *Service) OnPublish(h Hook) { s.onPublish = append(s.onPublish, h) }

// Current returns the published revision of a course; NotFound when there is none or it is retired. A publish
// on this node shows at once, on another within a second. Nearly always without a query.
func (s *Service) Current(ctx context.Context, key string) (*Revision, error) {
	k, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if r, ok := k.by[key]; ok {
		return r, nil
	}
	for _, row := range k.rows { // it is there, but could not be read: say why
		if row.Key == key {
			return s.Revision(ctx, row.RevisionHash)
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// CurrentTx is Current for code within a transaction: it asks the database.
func (s *Service) CurrentTx(ctx context.Context, tx bun.IDB, key string) (*Revision, error) {
	rows, err := currentRows(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("look up courses: %w", err)
	}
	for _, row := range rows {
		if row.Key == key {
			return s.read(ctx, tx, row.RevisionHash)
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// Catalogue returns the current revisions of all courses that are not retired, in catalogue order.
// The slice is the caller's; the revisions are shared. As fresh as Current.
func (s *Service) Catalogue(ctx context.Context) ([]*Revision, error) {
	k, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(k.revs), nil
}

// fresh returns what is known, asking the database when that is older than a second.
func (s *Service) fresh(ctx context.Context) (*snapshot, error) {
	s.mu.Lock()
	k, gen := s.known, s.gen
	s.mu.Unlock()
	if k != nil && time.Since(k.at) < freshFor {
		return k, nil
	}
	return wait(ctx, &s.flight, fmt.Sprintf("catalogue %d", gen), func(ctx context.Context) (*snapshot, error) {
		return s.look(ctx, k, gen)
	})
}

func (s *Service) look(ctx context.Context, old *snapshot, gen int) (*snapshot, error) {
	k := &snapshot{at: time.Now(), by: map[string]*Revision{}}
	var err error
	if k.rows, err = currentRows(db.Shared(ctx), s.db); err != nil {
		return nil, fmt.Errorf("look up courses: %w", err)
	}
	revs, errs := make([]*Revision, len(k.rows)), make([]error, len(k.rows))
	var reading sync.WaitGroup // at once: it is most of the time that a process takes to start
	for i, row := range k.rows {
		reading.Go(func() { revs[i], errs[i] = s.held(ctx, old, row) })
	}
	reading.Wait()
	for i, row := range k.rows {
		rev, err := revs[i], errs[i]
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			// One damaged course must not take the others away.
			slog.ErrorContext(ctx, "a course cannot be shown", "course", row.Key, "error", err)
			continue
		}
		k.revs = append(k.revs, rev)
		k.by[row.Key] = rev
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen == gen {
		s.known = k
	}
	return k, nil
}

func (s *Service) held(ctx context.Context, old *snapshot, row courseRow) (*Revision, error) {
	if old != nil {
		if r := old.by[row.Key]; r != nil && r.Hash == row.RevisionHash {
			return r, nil
		}
	}
	return s.Revision(ctx, row.RevisionHash)
}

// forget makes the next look at the catalogue ask the database.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gen++
	s.known = nil
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Revision returns a revision by its hash, parsed and cached; NotFound when it was never published.
func (s *Service) Revision(ctx context.Context, hash string) (*Revision, error) {
	if r, ok := s.revisions.get(hash); ok {
		return r, nil
	}
	if !hashForm.MatchString(hash) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return wait(ctx, &s.flight, hash, func(ctx context.Context) (*Revision, error) { return s.read(ctx, s.db, hash) })
}

// RevisionTx is Revision for code within a transaction.
func (s *Service) RevisionTx(ctx context.Context, tx bun.IDB, hash string) (*Revision, error) {
	return s.read(ctx, tx, hash)
}

// read loads a revision from the database; within a transaction when d is one.
func (s *Service) read(ctx context.Context, d bun.IDB, hash string) (*Revision, error) {
	if r, ok := s.revisions.get(hash); ok {
		return r, nil
	}
	f, err := loadFolder(ctx, d, hash)
	if err != nil {
		return nil, fmt.Errorf("load revision: %w", err)
	}
	// It was checked when it was published. Rules that came later must not take it from its learners; only a step that
	// gives nothing to show does, where the whole of it has to be read for its head.
	p, found := s.loader.parse(f, true)
	rev := p.rev
	for _, m := range rev.Modules {
		for _, a := range m.Activities {
			if !a.later && a.Content() == nil {
				return nil, fmt.Errorf("revision %s: step %s cannot be shown: %v", hash, a.Key, found)
			}
		}
	}
	s.revisions.put(hash, rev, rev.weight)
	return rev, nil
}

// wait does a load once for all who ask at the same time. It goes on when one of them leaves.
func wait[V any](ctx context.Context, g *singleflight.Group, key string, load func(context.Context) (V, error)) (V, error) {
	ch := g.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return load(ctx)
	})
	var none V
	select {
	case r := <-ch:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(V), nil
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
