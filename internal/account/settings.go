package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/fault"
)

// Profile is what people say about themselves.
type Profile struct{ Name, TimeZone, Lang string }

// Appearance is how a person wants pages to look.
type Appearance struct{ Theme, TextSize string }

// Themes and TextSizes are the choices of Appearance.
var (
	Themes    = []string{"system", "light", "dark"}
	TextSizes = []string{"100", "115", "130"}
)

// UpdateProfile saves a profile. Invalid names the fields.
func (s *Service) UpdateProfile(ctx context.Context, personID string, in Profile) error {
	in.Name = cleanName(in.Name)
	var f fault.Fields
	checkName(&f, in.Name)
	if _, ok := location(in.TimeZone); !ok && in.TimeZone != "" {
		f.Add("time_zone", "account.zone_unknown")
	}
	if len(in.Lang) > 35 || strings.ContainsFunc(in.Lang, hidden) {
		f.Add("lang", "account.lang_unknown")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		p.Name, p.TimeZone, p.Lang = in.Name, in.TimeZone, in.Lang
		return s.save(ctx, tx, p, "name", "time_zone", "lang")
	})
}

// UpdateAppearance saves theme and text size; what is "" stays. Invalid names the fields.
func (s *Service) UpdateAppearance(ctx context.Context, personID string, in Appearance) error {
	var f fault.Fields
	if in.Theme != "" && !slices.Contains(Themes, in.Theme) {
		f.Add("theme", "account.theme_unknown")
	}
	if in.TextSize != "" && !slices.Contains(TextSizes, in.TextSize) {
		f.Add("text_size", "account.text_size_unknown")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if in.Theme != "" {
			p.Theme = in.Theme
		}
		if in.TextSize != "" {
			p.TextSize = in.TextSize
		}
		return s.save(ctx, tx, p, "theme", "text_size")
	})
}

// ChangePassword sets a new password for who knows the present one. All other sessions and open links end, and
// the holder is told. The caller then renews the session's token. Invalid on "current" or "password".
func (s *Service) ChangePassword(ctx context.Context, personID, current, next string) error {
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return err
	}
	var f fault.Fields
	checkPassword(&f, "password", next, p.Name, p.Email, s.opts.SiteName)
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := s.checkSecret(ctx, personID, current, "current", "account.password_wrong"); err != nil {
		return err
	}
	hash, err := s.hash.create(ctx, next)
	if err != nil {
		return err
	}
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		p.PasswordHash = hash
		return s.passwordChanged(ctx, tx, p, currentSession(ctx, p.ID))
	})
}

// ChangeEmail mails a link to the new address; the change happens when that link is opened (see Verify). The
// present address, when proven, is told now, and again with a way back when it happens.
// Invalid on "new_email" or "current"; Limited after too many mails.
func (s *Service) ChangeEmail(ctx context.Context, personID, current, email string) error {
	email = strings.TrimSpace(email)
	var f fault.Fields
	checkEmail(&f, "new_email", email)
	if err := f.Err(); err != nil {
		return err
	}
	p, err := s.prove(ctx, personID, current, "email_password")
	if err != nil {
		return err
	}
	switch other, err := s.ByEmail(ctx, email); {
	case err == nil && other.ID == p.ID && other.Email == email:
		f.Add("new_email", "account.email_same")
		return f.Err()
	case err == nil && other.ID != p.ID:
		return emailTaken("new_email")
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	}
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		if ok, err := s.mayMail(ctx, tx, LinkChange, p.ID); err != nil || !ok {
			return orTooMany(err)
		}
		if err := s.endLinks(ctx, tx, p.ID, LinkChange); err != nil {
			return err
		}
		if p.Verified() {
			if err := s.tell(ctx, tx, p, p.Email, "changing"); err != nil {
				return err
			}
		}
		return s.sendLink(ctx, tx, p, LinkChange, email)
	})
}

// SignOutEverywhere ends all sessions of the person, this one too.
func (s *Service) SignOutEverywhere(ctx context.Context, personID string) error {
	return s.change(ctx, personID, func(ctx context.Context, tx bun.IDB, p *Person) error {
		s.log.InfoContext(ctx, "account: signed out everywhere", "person", p.ID)
		return endSessions(ctx, tx, p.ID, "")
	})
}

// prove asks for the person's password, or, where none is set, for a sign-in a moment ago.
func (s *Service) prove(ctx context.Context, personID, password, field string) (*Person, error) {
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return nil, err
	}
	if p.PasswordHash != "" {
		return s.checkSecret(ctx, personID, password, field, "account.password_wrong")
	}
	if !s.FreshFor(ctx, personID, freshFor) {
		var f fault.Fields
		f.Add(field, "account.fresh_needed")
		return nil, f.Err()
	}
	return p, nil
}

// freshFor is how long ago somebody without password may have signed in to change what a password protects.
const freshFor = 10 * time.Minute
