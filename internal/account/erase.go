package account

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/audit"
	"greenroom/internal/db"
	"greenroom/internal/fault"
)

// Wish is what a person chose for the time after their account.
type Wish struct {
	KeepCertificates bool // their certificates stay checkable: name, course and day
}

// Eraser does what the database's own cascade does not when a person is deleted: it keeps what a rule says, or takes
// names out of what stays. It joins the transaction and runs before the person's row goes.
type Eraser interface {
	Erase(ctx context.Context, tx bun.IDB, p *Person, w Wish) error
}

// EraserFunc is a function that is an Eraser.
type EraserFunc func(ctx context.Context, tx bun.IDB, p *Person, w Wish) error

// Erase calls the function.
func (f EraserFunc) Erase(ctx context.Context, tx bun.IDB, p *Person, w Wish) error {
	return f(ctx, tx, p, w)
}

// Stay is one thing that stays after a person is deleted. Key is a message about it.
type Stay struct {
	Key   string
	Args  []any
	On    time.Time // the day of what it says
	Until time.Time // when it is removed; zero where the message says what ends it
}

// Stayer tells beforehand what an Eraser will keep.
type Stayer interface {
	Stays(ctx context.Context, p *Person) ([]Stay, error)
}

// AddEraser adds what is to happen when a person is deleted; in the order they were added. Those that keep something
// are asked what, too.
func (s *Service) AddEraser(e ...Eraser) { s.erasers = append(s.erasers, e...) }

// Stays lists what would stay of a person if they were deleted now.
func (s *Service) Stays(ctx context.Context, personID string) ([]Stay, error) {
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return nil, err
	}
	var out []Stay
	for _, e := range s.erasers {
		if st, is := e.(Stayer); is {
			more, err := st.Stays(ctx, p)
			if err != nil {
				return nil, fmt.Errorf("what stays: %w", err)
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// HasPassword says whether the person signs in with a password. Who does not confirms by typing the address.
func (s *Service) HasPassword(ctx context.Context, personID string) (bool, error) {
	p, err := s.ByID(ctx, personID)
	return err == nil && p.PasswordHash != "", err
}

// Goodbye is how somebody confirms that they want their account deleted: by its password, or by its address where there
// is no password.
type Goodbye struct {
	Password, Email string
	Wish
}

// recent is how fresh a sign-in has to be for what needs no password because there is none.
const recent = 15 * time.Minute

// Delete ends an account. What belongs to the person goes with the row, by the database's own rule; the erasers see to
// what does not. Letters to the address are removed, except the one that says goodbye. Invalid on "password", or on
// "email" for who has no password.
func (s *Service) Delete(ctx context.Context, personID string, g Goodbye) error {
	if err := s.confirm(ctx, personID, g); err != nil {
		return err
	}
	err := s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		return s.erase(ctx, tx, p, g.Wish, true)
	})
	if err == nil {
		s.log.InfoContext(ctx, "account: deleted", "person", personID)
	}
	return err
}

func (s *Service) confirm(ctx context.Context, personID string, g Goodbye) error {
	has, err := s.HasPassword(ctx, personID)
	if err != nil {
		return err
	}
	if has {
		_, err := s.checkSecret(ctx, personID, g.Password, "password", "account.password_wrong")
		return err
	}
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return err
	}
	var f fault.Fields
	if Fold(g.Email) != p.EmailFolded {
		f.Add("email", "account.delete_email_wrong")
		return f.Err()
	}
	if !s.FreshFor(ctx, p.ID, recent) {
		f.Add("email", "account.delete_sign_in_again")
	}
	return f.Err()
}

// erase deletes a person. Told says whether they get a letter about it.
func (s *Service) erase(ctx context.Context, tx bun.IDB, p *Person, w Wish, told bool) error {
	for _, e := range s.erasers {
		if err := e.Erase(ctx, tx, p, w); err != nil {
			return fmt.Errorf("erase by %T: %w", e, err)
		}
	}
	if p.Email != "" {
		if err := s.mail.Forget(ctx, tx, p.Email); err != nil {
			return err
		}
	}
	if told && p.Verified() {
		if err := s.tell(ctx, tx, p, p.Email, "deleted"); err != nil {
			return err
		}
	}
	// The id alone: operators replay it after a backup from before was restored.
	err := audit.Record(ctx, tx, audit.Entry{At: s.now(), ActorID: p.ID, Action: "account.deleted", PersonID: p.ID})
	if err != nil {
		return err
	}
	if err := audit.Forget(ctx, tx, p.ID, p.Email, p.EmailFolded); err != nil {
		return err
	}
	_, err = tx.NewDelete().Model(p).WherePK().Exec(ctx)
	return db.Err(err)
}
