package roster

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/id"
	"greenroom/internal/mail"
	"greenroom/internal/record"
)

// Pending is somebody whom a trainer added by an address that nobody has proven; table pending_enrolment. When somebody
// proves it they come in, and the row goes. Until then it belongs to nobody, whoever claims to have the address.
type Pending struct {
	bun.BaseModel `bun:"table:pending_enrolment,alias:pe"`

	ID          string `bun:",pk"`
	DeliveryID  string
	Email       string
	EmailFolded string
	Name        string
	Source      string // delivery.SourceTrainer or delivery.SourceImport
	PersonID    string `bun:",nullzero"` // who has proven the address and could not come in; Why says why
	Why         string
	CreatedBy   string
	CreatedAt   time.Time
}

// What became of somebody who was added.
const (
	Enrolled = "enrolled"
	Waiting  = "waiting" // for a seat
	Promised = "pending" // they are in as soon as somebody proves the address
	Already  = "already" // they were in it, or waited, or were promised a place, before
	Kept     = "kept"    // prerequisites keep them out: see Added.Why
	Left     = "left"    // of an import: the row is not about a learner, or stands there twice
	Failed   = "error"   // of an import: the row has a fault
	Ready    = "ready"   // of an import in its dry run: they would be enrolled
)

// Outcomes lists them in the order in which they are counted on pages.
var Outcomes = []string{Ready, Enrolled, Waiting, Promised, Already, Kept, Left, Failed}

// Added is what became of one person.
type Added struct {
	Outcome string
	Person  *account.Person // nil while there is no account with a proven address
	Why     *fault.Error    // for Kept
}

// Add brings the holder of an address into a cohort: at once when an account has proven it, else when one does. The
// address gets a letter. NotFound unless actor leads the cohort; Invalid names email and name; Conflict says why they
// cannot be in it.
func (s *Service) Add(ctx context.Context, actor *account.Person, deliveryID, email, name string) (Added, error) {
	if err := leads(actor, deliveryID); err != nil {
		return Added{}, err
	}
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return Added{}, err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err != nil {
		return Added{}, err
	}
	email = strings.TrimSpace(email)
	name, named := account.CleanName(name)
	var f fault.Fields
	if !account.ValidEmail(email) {
		f.Add("email", "roster.email_wrong")
	}
	if !named {
		f.Add("name", "roster.name_wrong")
	}
	if err := f.Err(); err != nil {
		return Added{}, err
	}
	var out Added
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		people, err := peopleBy(ctx, tx, []string{account.Fold(email)})
		if err != nil {
			return err
		}
		p := people[account.Fold(email)]
		if p != nil && p.Disabled() {
			return fault.New(fault.Conflict, "roster.account_closed")
		}
		if p == nil || !p.Verified() {
			out, err = s.promise(ctx, tx, actor, d, email, name)
			return err
		}
		out, err = s.admit(ctx, tx, actor, d, p, rev.Hash)
		return err
	})
	if f := fault.From(err); f != nil && f.Kind == fault.Forbidden { // the gate
		p, err := s.accounts.ByEmail(ctx, email)
		return Added{Outcome: Kept, Person: p, Why: f}, err
	}
	return out, err
}

// admit enrols a person whose address is proven.
func (s *Service) admit(ctx context.Context, tx bun.IDB, actor *account.Person, d *delivery.Delivery, p *account.Person, revisionHash string) (Added, error) {
	e, fresh, err := s.deliveries.EnterTx(ctx, tx, p.ID, d.ID, revisionHash, delivery.SourceTrainer)
	if err != nil {
		return Added{}, err
	}
	out := Added{Outcome: Already, Person: p}
	if !fresh {
		return out, nil
	}
	if out.Outcome = Enrolled; e.Status == delivery.Waiting {
		out.Outcome = Waiting
	}
	if err := dropPending(ctx, tx, d.ID, p.EmailFolded); err != nil {
		return Added{}, err
	}
	return out, s.note(ctx, tx, actor, "roster.added", d.ID, p, d.Title, "", nil)
}

// promise keeps a place for an address that nobody has proven, and writes to it.
func (s *Service) promise(ctx context.Context, tx bun.IDB, actor *account.Person, d *delivery.Delivery, email, name string) (Added, error) {
	p := Pending{
		ID: id.New(), DeliveryID: d.ID, Email: email, EmailFolded: account.Fold(email), Name: name,
		Source: delivery.SourceTrainer, CreatedBy: idOf(actor), CreatedAt: s.now(),
	}
	if d.Status == delivery.Closed || d.Status == delivery.Cancelled {
		return Added{}, fault.New(fault.Conflict, "delivery.over")
	}
	fresh, err := insertPending(ctx, tx, []Pending{p})
	if err != nil {
		return Added{}, err
	}
	if len(fresh) == 0 {
		return Added{Outcome: Already}, nil
	}
	if err := s.mail.Queue(ctx, tx, s.letter(d, p)); err != nil {
		return Added{}, err
	}
	return Added{Outcome: Promised}, s.note(ctx, tx, actor, "roster.promised", d.ID, nil, email, "", nil)
}

// letter tells the holder of an address that a place is kept for them. It has neither the name that the trainer typed
// nor anything else of theirs beside the cohort's title: anybody's address can be added.
func (s *Service) letter(d *delivery.Delivery, p Pending) mail.Message {
	l := s.opts.Words.Printer("")
	args := []any{
		"Title", d.Title, "Site", s.opts.SiteName, "Email", p.Email,
		"Register", s.opts.BaseURL + "/register?email=" + url.QueryEscape(p.Email), "SignIn", s.opts.BaseURL + "/sign-in",
	}
	return mail.Message{To: p.Email, Subject: l.T("roster.mail.promised_subject", args...), Text: l.T("roster.mail.promised_text", args...)}
}

// Promises lists the addresses of a cohort for which a place is kept, and says how many there are.
func (s *Service) Promises(ctx context.Context, deliveryID string, page int) ([]Pending, int, error) {
	all, n, err := pendings(ctx, s.db, deliveryID, page)
	if err != nil {
		return nil, 0, fmt.Errorf("list promised places: %w", err)
	}
	return all, n, nil
}

// Withdraw takes a promised place back.
func (s *Service) Withdraw(ctx context.Context, actor *account.Person, deliveryID, pendingID string) error {
	if err := leads(actor, deliveryID); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		p, err := takePending(ctx, tx, deliveryID, pendingID)
		if err != nil {
			return err
		}
		return s.note(ctx, tx, actor, "roster.withdrawn", deliveryID, nil, p.Email, "", nil)
	})
}

// OnProven is the reactor to a proven address: what was promised to it, and the invitations that waited for it, hold.
func (s *Service) OnProven(ctx context.Context, f account.Proven) error {
	return s.redeem(ctx, f.PersonID)
}

// OnCompleted is the reactor to a completed course: it may have been what kept the person out of another.
func (s *Service) OnCompleted(ctx context.Context, f record.CourseCompleted) error {
	return s.redeem(ctx, f.PersonID)
}

// redeem brings a person in wherever a place is promised to their proven address, or an invitation waits for it. It may
// be called any number of times. What cannot be now stays, with the reason for who leads the cohort.
func (s *Service) redeem(ctx context.Context, personID string) error {
	p, err := s.accounts.ByID(ctx, personID)
	if fault.Is(err, fault.NotFound) {
		return nil // gone meanwhile
	}
	if err != nil || p.Guest() || p.Disabled() || !p.Verified() {
		return err
	}
	places, err := promised(ctx, s.db, p.EmailFolded)
	if err != nil {
		return err
	}
	for _, x := range places {
		if err := s.redeemOne(ctx, p, x); err != nil {
			return err
		}
	}
	wishes, err := wishesOf(ctx, s.db, p.ID)
	if err != nil {
		return err
	}
	for _, i := range wishes {
		if err := s.redeemWish(ctx, p, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) redeemOne(ctx context.Context, p *account.Person, x Pending) error {
	d, err := s.deliveries.ByID(ctx, x.DeliveryID)
	if err != nil {
		return err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if fault.Is(err, fault.NotFound) {
		return nil // the course is retired
	}
	if err != nil {
		return err
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		// The cohort's row comes first, as it does for imports.
		if _, _, err := s.deliveries.EnterTx(ctx, tx, p.ID, x.DeliveryID, rev.Hash, x.Source); err != nil {
			return err
		}
		_, err := takePending(ctx, tx, x.DeliveryID, x.ID)
		return err // NotFound: taken back, or redeemed, meanwhile; then all of this has not happened
	})
	f := fault.From(err)
	switch {
	case f == nil:
		return err
	case f.Kind == fault.NotFound:
		return nil
	case f.Key == "delivery.over" || f.Key == "delivery.cancelled":
		return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			return dropPending(ctx, tx, x.DeliveryID, x.EmailFolded)
		})
	}
	return keepPending(ctx, s.db, x.ID, p.ID, whyOf(f).text())
}

func (s *Service) redeemWish(ctx context.Context, p *account.Person, i Invitation) error {
	d, err := s.deliveries.ByID(ctx, i.DeliveryID)
	if err != nil {
		return err
	}
	rev, err := s.courses.Current(ctx, d.CourseKey)
	if err == nil {
		err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
			_, later, err := s.join(ctx, tx, i.ID, p, rev.Hash)
			if err == nil {
				err = later
			}
			return err
		})
	}
	if f := fault.From(err); f != nil { // the invitation's page says why, when they open it again
		return dropWish(ctx, s.db, i.ID, p.ID)
	}
	return err
}
