package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/inbox"
	"greenroom/internal/locale"
)

// When digests leave, in the reader's zone, and how late they may.
const (
	DigestHour = 8
	digestDay  = time.Monday // of weekly ones
	digestLate = 6 * time.Hour
	digestBack = 8 * 24 * time.Hour // what is older is not mailed any more
)

// Authors says who wrote what items are about, as their reader may know them; *forum.Service is one.
type Authors interface {
	Authors(ctx context.Context, items []inbox.Item) (map[string]string, error)
}

// SetInbox says where what people are told on the site comes from: it goes out by mail to those who want that.
func (s *Service) SetInbox(in *inbox.Service, who Authors) { s.inbox, s.authors = in, who }

// Say is an item in words.
func Say(l *locale.Printer, it inbox.Item, author string) string {
	if author == "" {
		author = l.T("inbox.somebody")
	}
	return l.T("inbox."+it.Kind, "Name", author, "Subject", it.Subject)
}

// Items returns a page of what a person was told on the site with who wrote it, and whether more follow.
func (s *Service) Items(ctx context.Context, personID, before string) (items []inbox.Item, authors map[string]string, more bool, err error) {
	if items, more, err = s.inbox.List(ctx, personID, before); err != nil {
		return nil, nil, false, err
	}
	authors, err = s.authors.Authors(ctx, items)
	return items, authors, more, err
}

// ReadItems marks a person's items up to one as read; "" is all.
func (s *Service) ReadItems(ctx context.Context, personID, upTo string) error {
	return s.inbox.Read(ctx, personID, upTo)
}

// Unread counts what a person was told and has not read.
func (s *Service) Unread(ctx context.Context, personID string) (int, error) {
	return s.inbox.Unread(ctx, personID)
}

// OnTold writes to who wants to hear of discussions at once.
func (s *Service) OnTold(ctx context.Context, f inbox.Told) error {
	want, err := s.Choice(ctx, f.PersonID)
	if err != nil || want.Discussion != Now {
		return err
	}
	it, err := s.inbox.One(ctx, s.db, f.ItemID)
	if err != nil {
		return gone(err)
	}
	if it.ReadAt != nil || it.MailedAt != nil {
		return nil
	}
	p, err := s.accounts.ByID(ctx, f.PersonID)
	if err != nil {
		return gone(err)
	}
	return s.mailItems(ctx, p, "inbox:"+it.ID, []inbox.Item{*it})
}

// mailItems writes one letter about items and notes that they were in it.
func (s *Service) mailItems(ctx context.Context, p *account.Person, name string, items []inbox.Item) error {
	authors, err := s.authors.Authors(ctx, items)
	if err != nil {
		return err
	}
	l := s.opts.Words.Printer(p.Lang)
	var b strings.Builder
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
		b.WriteString(l.T("notify.item", "Text", Say(l, it, authors[it.PostID]), "Link", s.opts.BaseURL+it.Href) + "\n\n")
	}
	subject := Say(l, items[0], authors[items[0].PostID])
	if len(items) > 1 {
		subject = l.T("notify.digest_subject", "Count", len(items))
	}
	_, err = s.send(ctx, p, letter{
		name: name, kind: Discussion, subject: subject,
		text: l.T("notify.digest_text", "Name", p.Name, "Items", strings.TrimSpace(b.String()), "Link", s.opts.BaseURL+"/me/notifications"),
		then: func(ctx context.Context, tx bun.Tx) error { return s.inbox.Mailed(ctx, tx, p.ID, ids) },
	})
	return err
}

// DigestTime is the last time at or before now at which a digest leaves to a reader in a zone.
func DigestTime(now time.Time, zone *time.Location, weekly bool) time.Time {
	here := now.In(zone)
	at := time.Date(here.Year(), here.Month(), here.Day(), DigestHour, 0, 0, 0, zone)
	for at.After(here) || weekly && at.Weekday() != digestDay {
		at = time.Date(at.Year(), at.Month(), at.Day()-1, DigestHour, 0, 0, 0, zone)
	}
	return at
}

// SendDigests sends the letters about discussions that are due and answers how many. It may run on every node at once, and
// again after it failed half way: a letter has the name of its day, and what was in one is in no other.
func (s *Service) SendDigests(ctx context.Context) (int, error) {
	if s.inbox == nil {
		return 0, nil
	}
	now := s.now()
	people, err := s.inbox.People(ctx, now.Add(-digestBack))
	if err != nil {
		return 0, err
	}
	n := 0
	for len(people) > 0 {
		some := people[:min(len(people), 200)]
		people = people[len(some):]
		want, err := choices(ctx, s.db, some)
		if err != nil {
			return n, err
		}
		for _, id := range some {
			if d := want[id].Discussion; d != Daily && d != WithWeekly {
				continue
			}
			ok, err := s.sendDigest(ctx, id, want[id].Discussion == WithWeekly, now)
			if err != nil {
				return n, fmt.Errorf("digest: %w", err)
			}
			if ok {
				n++
			}
		}
	}
	return n, nil
}

func (s *Service) sendDigest(ctx context.Context, personID string, weekly bool, now time.Time) (bool, error) {
	p, err := s.accounts.ByID(ctx, personID)
	if fault.Is(err, fault.NotFound) || err == nil && !s.writable(p) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at := DigestTime(now, s.accounts.Location(p), weekly)
	if now.Sub(at) > digestLate {
		return false, nil
	}
	name := "digest:" + at.Format(time.DateOnly)
	done, err := had(ctx, s.db, []string{p.ID}, []string{name})
	if err != nil || done[[2]string{p.ID, name}] {
		return false, err
	}
	items, err := s.inbox.Waiting(ctx, s.db, p.ID, now.Add(-digestBack))
	if err != nil || len(items) == 0 {
		return false, err
	}
	return true, s.mailItems(ctx, p, name, items)
}
