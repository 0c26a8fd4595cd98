package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"

	"greenroom/internal/fault"
)

// hashWait is how long a password waits for its turn.
const hashWait = 2 * time.Second

// defaultHash is OWASP's minimum for argon2id; changing it rehashes each password when it is next used.
var defaultHash = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hasher hashes passwords, one per core at once: more would only take memory and make everybody wait.
type hasher struct {
	params argon2id.Params
	places chan struct{}
	dummy  string // what the password of an unknown account is compared with
	done   atomic.Int64
}

func newHasher(p *argon2id.Params) *hasher {
	h := &hasher{params: defaultHash, places: make(chan struct{}, runtime.NumCPU())}
	if p != nil {
		h.params = *p
	}
	h.dummy = fake(h.params)
	return h
}

// fake is written as a hash is, and no password has it. Comparing with it costs what comparing with any other does;
// making it costs nothing, where a real one takes 19 MiB that a node would hold from its start.
func fake(p argon2id.Params) string {
	salt, key := make([]byte, p.SaltLength), make([]byte, p.KeyLength)
	_, _ = rand.Read(salt) // never fails
	_, _ = rand.Read(key)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, b64(salt), b64(key))
}

// enter waits for a place; leave must follow. Unavailable when none came free in time.
func (h *hasher) enter(ctx context.Context) error {
	t := time.NewTimer(hashWait)
	defer t.Stop()
	select {
	case h.places <- struct{}{}:
		return nil
	case <-t.C:
		return fault.New(fault.Unavailable, "error.busy")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) leave() { <-h.places }

// create hashes a new password.
func (h *hasher) create(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	h.done.Add(1)
	return argon2id.CreateHash(password, &h.params)
}

// matches compares within a place that the caller has entered. An empty hash costs the same and never matches.
// Stale says that the hash was made with other settings.
func (h *hasher) matches(password, hash string) (ok, stale bool, err error) {
	h.done.Add(1)
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	ok, p, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, false, fmt.Errorf("stored password: %w", err)
	}
	return ok && known, *p != h.params, nil
}

// Hashes says how many password hashes have been computed since the start: for metrics, and for tests that an
// unknown account costs what a known one does.
func (s *Service) Hashes() int64 { return s.hash.done.Load() }
