package app

import (
	"context"

	"github.com/a-h/templ"
	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/record"
	"greenroom/internal/record/recordweb"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/pages"
)

// keepCertificates lets the certificates of who wants it be checked after the account is gone.
func (a *App) keepCertificates(ctx context.Context, tx bun.IDB, p *account.Person, w account.Wish) error {
	if !w.KeepCertificates {
		return nil
	}
	return a.Credentials.Keep(ctx, tx, p.ID)
}

// transcripts makes transcripts as documents: at /me/transcript and in the file of everything about a person.
func (a *App) transcripts() *recordweb.Transcripts {
	return &recordweb.Transcripts{Records: a.Records, Credentials: a.Credentials, Scores: a.Quizzes, Marking: a.Forum, People: a.Accounts, Site: a.cfg.BaseURL}
}

// privacy is the page that says what is kept, with the site's own numbers.
func (a *App) privacy(p layout.Page) templ.Component {
	k := pages.Keeping{Mandatory: a.cfg.KeepFacts, Guests: a.cfg.KeepGuests, Unproven: a.cfg.KeepEmpty}
	if k.Guests <= 0 {
		k.Guests = 90
	}
	return pages.Privacy(p, k)
}

// demoCertificate lets a trainer recognise what one demo person learnt before, so that a demo site has a certificate.
func (a *App) demoCertificate(ctx context.Context) error {
	r, err := a.Courses.Current(ctx, demoCourse)
	if err != nil {
		return ignoreGone(err)
	}
	learner, err := a.Accounts.ByEmail(ctx, "learner8@demo.example")
	if err != nil {
		return ignoreGone(err)
	}
	trainer, err := a.Accounts.ByEmail(ctx, "trainer@demo.example")
	if err != nil {
		return ignoreGone(err)
	}
	at, err := a.Records.Of(ctx, learner.ID, r.Key)
	if err != nil || at.CompletedAt != nil || r.First() == nil {
		return err
	}
	var steps []string
	for act := r.First(); act != nil; act = act.Next {
		steps = append(steps, act.Key)
	}
	_, err = a.Records.Decide(ctx, trainer, record.Decision{
		PersonID: learner.ID, PersonName: learner.Name, Course: r, Kind: record.Recognised, Steps: steps,
		Reason: "Completed the same course in the earlier system", Evidence: "Certificate of the earlier system, shown on paper",
	})
	return err
}

// forgetFacts removes what the retention rule has kept long enough.
func (a *App) forgetFacts(ctx context.Context) error {
	n, err := a.Retention.Purge(ctx)
	if n > 0 {
		a.log.InfoContext(ctx, "retention: facts removed, their time is over", "facts", n)
	}
	return err
}

// secret is the site's own, for what is derived from it.
func (a *App) secret() (string, error) {
	s, err := a.cfg.Root()
	return string(s), err
}
