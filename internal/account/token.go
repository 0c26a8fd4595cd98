package account

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// The kinds of mailed link.
const (
	LinkVerify = "verify" // proves the address of a new account
	LinkReset  = "reset"  // sets a new password
	LinkChange = "change" // proves a new address and puts it in place of the old one
	LinkUndo   = "undo"   // puts the old address back
	LinkEnter  = "enter"  // signs in
)

var lives = map[string]time.Duration{
	LinkVerify: 7 * 24 * time.Hour,
	LinkReset:  time.Hour,
	LinkChange: 24 * time.Hour,
	LinkUndo:   72 * time.Hour,
	LinkEnter:  15 * time.Minute,
}

// Mails that one address gets for links of one kind.
const (
	mailsShort = 3 // in mailsIn
	mailsDay   = 10
	mailsIn    = 15 * time.Minute
)

// link is a row of account_token. The secret itself is only in the mail.
type link struct {
	bun.BaseModel `bun:"table:account_token,alias:t"`

	TokenHash string `bun:",pk"`
	Kind      string
	PersonID  string
	Email     string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time `bun:",nullzero"`
}

// Link is what a mailed link is about.
type Link struct {
	Kind     string
	PersonID string
	Email    string
}

// newLink makes a link and returns its address.
func (s *Service) newLink(ctx context.Context, tx bun.IDB, kind, personID, email string) (string, error) {
	token, now := id.Token(), s.now()
	l := &link{TokenHash: id.Hash(token), Kind: kind, PersonID: personID, Email: email, CreatedAt: now, ExpiresAt: now.Add(lives[kind])}
	if _, err := tx.NewInsert().Model(l).Exec(ctx); err != nil {
		return "", fmt.Errorf("new %s link: %w", kind, err)
	}
	path := kind
	if kind == LinkChange {
		path = LinkVerify // one page proves addresses
	}
	return s.opts.BaseURL + "/" + path + "/" + token, nil
}

// mayMail says whether another mail with a link of the kind may go to the address.
func (s *Service) mayMail(ctx context.Context, tx bun.IDB, kind, personID string) (bool, error) {
	var at []time.Time
	err := tx.NewSelect().Model((*link)(nil)).Column("created_at").
		Where("person_id = ?", personID).Where("kind = ?", kind).Where("created_at > ?", s.now().Add(-24*time.Hour)).
		Scan(ctx, &at)
	if err != nil {
		return false, fmt.Errorf("count links: %w", err)
	}
	recent := 0
	for _, t := range at {
		if t.After(s.now().Add(-mailsIn)) {
			recent++
		}
	}
	return recent < mailsShort && len(at) < mailsDay, nil
}

// Look returns what a mailed link is about, without spending it. It finds links of the kinds named. NotFound when
// the link is unknown, spent or too old: which of them is nobody's business.
func (s *Service) Look(ctx context.Context, token string, kinds ...string) (*Link, error) {
	l, err := s.findLink(ctx, s.db, token, kinds...)
	if err != nil {
		return nil, err
	}
	return &Link{Kind: l.Kind, PersonID: l.PersonID, Email: l.Email}, nil
}

func (s *Service) findLink(ctx context.Context, tx bun.IDB, token string, kinds ...string) (*link, error) {
	l := new(link)
	err := tx.NewSelect().Model(l).Where("token_hash = ?", id.Hash(token)).Where("kind IN (?)", bun.List(kinds)).
		Where("used_at IS NULL").Where("expires_at > ?", s.now()).Scan(ctx)
	if err = db.Err(err); fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "account.link_dead")
	}
	if err != nil {
		return nil, fmt.Errorf("find link: %w", err)
	}
	return l, nil
}

// spend uses a link up. Of two that try at once, one gets NotFound.
func (s *Service) spend(ctx context.Context, tx bun.IDB, l *link) error {
	r, err := tx.NewUpdate().Model((*link)(nil)).Set("used_at = ?", s.now()).
		Where("token_hash = ?", l.TokenHash).Where("used_at IS NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("spend link: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.NotFound, "account.link_dead")
	}
	return nil
}

// endLinks makes the open links of the kinds worthless. Undo links outlive everything but their use: who takes an
// account over must not be able to end them.
func (s *Service) endLinks(ctx context.Context, tx bun.IDB, personID string, kinds ...string) error {
	_, err := tx.NewUpdate().Model((*link)(nil)).Set("used_at = ?", s.now()).Where("person_id = ?", personID).
		Where("used_at IS NULL").Where("kind IN (?)", bun.List(kinds)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return nil
}
