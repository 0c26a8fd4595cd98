package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// store keeps scs's sessions in the table session. Find reads the person along, so that a request costs one
// query. Times are the service's own; the expiry that scs computes is only its cookie's.
type store struct{ svc *Service }

// FindCtx returns a living session's data and tells the request's holder whose it is.
func (s *store) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	e, gen, ok := s.svc.cache.get("session " + hash)
	if !ok {
		var err error
		if e, err = s.read(ctx, hash); err != nil {
			return nil, false, err
		}
		s.svc.cache.put("session "+hash, gen, e)
	}
	now := s.svc.now()
	if e.person.ID == "" || !now.Before(e.expires) || now.Sub(e.seen) >= sessionIdle {
		return nil, false, nil
	}
	if now.Sub(e.seen) >= touchEvery {
		_, err := s.svc.db.NewUpdate().Model((*session)(nil)).Set("seen_at = ?", now).Where("token_hash = ?", hash).Exec(ctx)
		if err != nil {
			return nil, false, fmt.Errorf("touch session: %w", err)
		}
		s.svc.cache.forget()
	}
	p := e.person
	p.Powers = p.Powers.At(now)
	h := holderOf(ctx)
	h.person, h.signed, h.hash, h.since = &p, true, hash, e.expires.Add(-sessionLife)
	return e.data, true, nil
}

// read finds a session and its person; an entry without person says that there is none.
func (s *store) read(ctx context.Context, hash string) (entry, error) {
	row := new(session)
	err := s.svc.db.NewSelect().Model(row).Relation("Person").Where("s.token_hash = ?", hash).Scan(ctx)
	if err = db.Err(err); fault.Is(err, fault.NotFound) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, fmt.Errorf("find session: %w", err)
	}
	if row.Person == nil || row.Person.Disabled() || row.Person.Guest() {
		return entry{}, nil
	}
	p := *row.Person
	p.PasswordHash, p.NoPassword = "", p.PasswordHash == ""
	return entry{person: p, data: row.Data, seen: row.SeenAt, expires: row.ExpiresAt}, nil
}

// CommitCtx writes a session's data. A new row is the person's who is being signed in, and ends their oldest.
// A row that has ended meanwhile is not written again: signing out everywhere stays so.
func (s *store) CommitCtx(ctx context.Context, hash string, data []byte, _ time.Time) error {
	h := holderOf(ctx)
	if h.pending == "" {
		_, err := s.svc.db.NewUpdate().Model((*session)(nil)).Set("data = ?", data).Where("token_hash = ?", hash).Exec(ctx)
		s.svc.cache.forget()
		return err
	}
	now := s.svc.now()
	row := &session{
		TokenHash: hash, Data: data, PersonID: h.pending, UserAgent: h.agent,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLife),
	}
	defer s.svc.cache.forget()
	err := db.InTx(ctx, s.svc.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := lockByID(ctx, tx, row.PersonID)
		if err != nil {
			return err
		}
		if p.Disabled() {
			return errors.New("the account was closed meanwhile")
		}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		newest := tx.NewSelect().Model((*session)(nil)).Column("token_hash").Where("person_id = ?", row.PersonID).
			OrderExpr("created_at DESC, token_hash").Limit(perPerson)
		_, err = tx.NewDelete().Model((*session)(nil)).Where("person_id = ?", row.PersonID).Where("token_hash NOT IN (?)", newest).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("new session: %w", err)
	}
	h.hash, h.pending = hash, ""
	return nil
}

// DeleteCtx ends a session.
func (s *store) DeleteCtx(ctx context.Context, hash string) error {
	_, err := s.svc.db.NewDelete().Model((*session)(nil)).Where("token_hash = ?", hash).Exec(ctx)
	s.svc.cache.forget()
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

var errNoContext = errors.New("account: the session store needs a context")

// Find, Commit and Delete are scs's forms without context, which it never calls when the others are there.
func (s *store) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit: see Find.
func (s *store) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete: see Find.
func (s *store) Delete(string) error { return errNoContext }

// codec writes a session's values as JSON; only text is kept in sessions. It is a tenth of gob's cost.
type codec struct{}

type coded struct {
	Deadline time.Time         `json:"d"`
	Values   map[string]string `json:"v,omitempty"`
}

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	c := coded{Deadline: deadline, Values: map[string]string{}}
	for k, v := range values {
		t, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("session value %q is not text", k)
		}
		c.Values[k] = t
	}
	return json.Marshal(c)
}

func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	var c coded
	if err := json.Unmarshal(b, &c); err != nil {
		return time.Time{}, nil, fmt.Errorf("session data: %w", err)
	}
	values := make(map[string]any, len(c.Values))
	for k, v := range c.Values {
		values[k] = v
	}
	return c.Deadline, values, nil
}

// The cache in front of sessions and devices.
const (
	cacheFor  = time.Second
	cacheSize = 50_000 // entries; when full it begins anew
)

// cache remembers for at most a second who a token belongs to, so that the requests of one page view ask once.
// Every change made on this node empties it; a change made on another shows within that second.
type cache struct {
	now func() time.Time
	mu  sync.Mutex
	gen uint64
	by  map[string]entry
	fns []func() // called when it was emptied
}

type entry struct {
	person  Person // ID "": the token means nothing
	data    []byte
	seen    time.Time
	expires time.Time
	until   time.Time
}

func newCache(now func() time.Time) *cache { return &cache{now: now, by: map[string]entry{}} }

// get returns a fresh entry, and the generation that put wants back.
func (c *cache) get(key string) (entry, uint64, bool) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[key]
	return e, c.gen, ok && now.Before(e.until)
}

// put keeps what was read, unless something changed since get: then it may be what was true before.
func (c *cache) put(key string, gen uint64, e entry) {
	now := c.now()
	e.until = now.Add(cacheFor)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != gen {
		return
	}
	if len(c.by) >= cacheSize {
		clear(c.by)
	}
	c.by[key] = e
}

// forget empties the cache. It is called after each commit that a session shows.
func (c *cache) forget() {
	c.mu.Lock()
	c.gen++
	clear(c.by)
	fns := c.fns
	c.mu.Unlock()
	for _, fn := range fns {
		fn()
	}
}

func (c *cache) onForget(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fns = append(c.fns[:len(c.fns):len(c.fns)], fn)
}
