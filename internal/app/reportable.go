package app

import (
	"context"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/moderation"
	"greenroom/internal/scenario"
	"greenroom/internal/situation"
)

// What members report beside posts, by the word in the address: /report/{word}/{id}.
func (a *App) reportable() map[string]moderation.Subject {
	return map[string]moderation.Subject{"situation": situations{a.Situations}, "review": reviews{a.Scenarios}}
}

type situations struct{ *situation.Service }

func (s situations) Seen(ctx context.Context, who *account.Person, id string) (*moderation.Text, error) {
	u, at, err := s.Readable(ctx, who, id)
	if err != nil {
		return nil, err
	}
	t := textOf(u)
	t.Back = "/situations/" + at + "/" + u.ID
	return t, nil
}

func (s situations) Now(ctx context.Context, tx bun.IDB, id string) (*moderation.Text, error) {
	u, err := s.Find(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if u.Shared == "" {
		return nil, fault.New(fault.NotFound, "error.not_found") // withdrawn: what its writer keeps for themselves is nobody's business
	}
	return textOf(u), nil
}

func textOf(u *situation.Situation) *moderation.Text {
	f, _ := u.Text()
	return &moderation.Text{ID: u.ID, DeliveryID: u.DeliveryID, AuthorID: u.PersonID, Body: f.Plain()}
}

func (s situations) Hide(ctx context.Context, tx bun.IDB, id, reason string) error {
	return s.Withhold(ctx, tx, id, reason)
}

func (s situations) Show(ctx context.Context, tx bun.IDB, id string) error {
	return s.Return(ctx, tx, id)
}

type reviews struct{ *scenario.Service }

func (r reviews) Seen(ctx context.Context, who *account.Person, id string) (*moderation.Text, error) {
	x, err := r.ReadByWriter(ctx, who.ID, id)
	if err != nil {
		return nil, err
	}
	return saidOf(x), nil
}

func (r reviews) Now(ctx context.Context, tx bun.IDB, id string) (*moderation.Text, error) {
	x, err := r.ReviewByPeer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return saidOf(x), nil
}

func saidOf(x *scenario.PeerReview) *moderation.Text {
	t := &moderation.Text{ID: x.ID, DeliveryID: x.DeliveryID, Body: x.Comment, Back: "/courses/" + x.CourseKey + "/" + x.ActivityKey}
	if x.ReviewerID != nil {
		t.AuthorID = *x.ReviewerID
	}
	return t
}

func (r reviews) Hide(ctx context.Context, tx bun.IDB, id, _ string) error {
	return r.HideReview(ctx, tx, id, true)
}

func (r reviews) Show(ctx context.Context, tx bun.IDB, id string) error {
	return r.HideReview(ctx, tx, id, false)
}
