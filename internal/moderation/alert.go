package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/inbox"
	"greenroom/internal/mail"
)

// maxAlerted is how many people are told of one case.
const maxAlerted = 50

// urgent says whether a report cannot wait for the letter of the day: those who moderate are written to at once, whatever
// they chose about other mail.
func urgent(kind string) bool { return dueAfter(kind) <= time.Hour }

// alert tells those who moderate a case that it waits: of a report as its kind, of an appeal as "appeal", each once. Who
// wrote or reported it is not told, and neither is who decided what is appealed. It appends to streams: call it last.
func (s *Service) alert(ctx context.Context, tx bun.IDB, c *Case, kind string) error {
	who, err := s.moderators(ctx, tx, c)
	if err != nil || len(who) == 0 {
		return err
	}
	href, now := "/moderate/cases/"+c.ID, s.clock()
	items := make([]inbox.Item, 0, len(who))
	for _, p := range who {
		l := s.opts.Words.Printer(p.Lang)
		it := inbox.Item{PersonID: p.ID, Name: "moderation_case:" + c.ID + ":" + kind, Kind: "moderation_case", Href: href}
		if it.Subject = l.T("moderation.appeal"); kind != "appeal" {
			it.Subject = l.T("moderation.kind." + kind)
		}
		if urgent(kind) && p.Verified() {
			it.MailedAt = &now // this letter is its mail
			err := s.mail.Queue(ctx, tx, mail.Message{To: p.Email, Subject: l.T("moderation.mail.urgent_subject", "What", it.Subject), Text: l.T("moderation.mail.urgent",
				"Name", p.Name, "What", it.Subject, "Due", l.DateTime(c.DueAt.In(s.accounts.Location(p))), "Link", s.opts.BaseURL+href)})
			if err != nil {
				return err
			}
		}
		items = append(items, it)
	}
	_, err = s.inbox.Tell(ctx, tx, items)
	return err
}

// moderators are the people who are told of a case: moderators of the site and of the delivery, and its own trainers; where
// there is nobody, trainers and administrators of the site.
func (s *Service) moderators(ctx context.Context, tx bun.IDB, c *Case) ([]*account.Person, error) {
	now := s.clock()
	site := access.Holders(tx, now, []string{account.RoleModerator}, "")
	own := access.Holders(tx, now, []string{account.RoleModerator, account.RoleTrainer}, c.DeliveryID)
	far := access.Holders(tx, now, []string{account.RoleTrainer, account.RoleAdmin}, "")
	find := func(where string, args ...any) (who []*account.Person, err error) {
		err = tx.NewSelect().Model(&who).Where(where, args...).Where("p.id <> ?", c.AuthorID).Where("(? = '' OR p.id <> ?)", c.DecidedBy, c.DecidedBy).
			Where("NOT EXISTS (SELECT 1 FROM moderation_report AS r WHERE r.case_id = ? AND r.reporter_id = p.id)", c.ID).
			OrderExpr("p.id").Limit(maxAlerted).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("who moderates: %w", db.Err(err))
		}
		return who, nil
	}
	who, err := find("(p.id IN (?) OR (? <> '' AND p.id IN (?)))", site, c.DeliveryID, own)
	if err != nil || len(who) > 0 {
		return who, err
	}
	return find("p.id IN (?)", far)
}
