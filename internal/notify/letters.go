package notify

import (
	"context"
	"slices"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
)

// about gathers what a letter about a person's place in a cohort needs; ok is false where there is nobody to write to.
func (s *Service) about(ctx context.Context, personID, deliveryID string) (p *account.Person, d *delivery.Delivery, ok bool, err error) {
	if d, err = s.deliveries.ByID(ctx, deliveryID); err != nil {
		return nil, nil, false, gone(err) // a self-paced delivery, or none any more
	}
	if p, err = s.accounts.ByID(ctx, personID); err != nil {
		return nil, nil, false, gone(err)
	}
	return p, d, d.Cohort() && s.writable(p), nil
}

// place writes one letter about a place. The name holds the instant of the fact, so that who leaves and comes back is
// told again and a fact that is told twice is not.
func (s *Service) place(ctx context.Context, what, personID, deliveryID string, at time.Time) error {
	p, d, ok, err := s.about(ctx, personID, deliveryID)
	if err != nil || !ok {
		return err
	}
	l := s.opts.Words.Printer(p.Lang)
	_, err = s.send(ctx, p, letter{
		name:    what + ":" + deliveryID + ":" + at.UTC().Format(time.RFC3339Nano),
		subject: l.T("notify."+what+"_subject", "Cohort", d.Title),
		text: l.T("notify."+what+"_text", "Name", p.Name, "Cohort", d.Title, "Starts", s.starts(l, p, d),
			"Link", s.cohortLink(d)),
	})
	return err
}

func (s *Service) cohortLink(d *delivery.Delivery) string {
	return s.opts.BaseURL + "/courses/" + d.CourseKey + "/cohorts/" + d.ID
}

func (s *Service) starts(l *locale.Printer, p *account.Person, d *delivery.Delivery) string {
	return both(l, d.Opens(), s.accounts.Location(p), d.Location())
}

// OnEnrolled confirms a seat in a cohort. Who was promoted from the queue hears of that instead.
func (s *Service) OnEnrolled(ctx context.Context, f delivery.Enrolled) error {
	if f.FromQueue {
		return nil
	}
	return s.place(ctx, "enrolled", f.PersonID, f.DeliveryID, f.At)
}

// OnQueued confirms a place on the waiting list.
func (s *Service) OnQueued(ctx context.Context, f delivery.Queued) error {
	return s.place(ctx, "queued", f.PersonID, f.DeliveryID, f.At)
}

// OnPromoted tells who waited longest that a seat is theirs.
func (s *Service) OnPromoted(ctx context.Context, f delivery.Promoted) error {
	return s.place(ctx, "promoted", f.PersonID, f.DeliveryID, f.At)
}

// OnWithdrawn tells somebody whom a trainer removed. Who left by themselves knows.
func (s *Service) OnWithdrawn(ctx context.Context, f delivery.WithdrawnFact) error {
	if f.By == "" || f.By == f.PersonID {
		return nil
	}
	return s.place(ctx, "removed", f.PersonID, f.DeliveryID, f.At)
}

// OnChanged tells everybody in a cohort, and those who wait, that its dates are others.
func (s *Service) OnChanged(ctx context.Context, f delivery.Changed) error {
	if !f.Dates {
		return nil
	}
	return s.everybody(ctx, f.DeliveryID, func(p *account.Person, d *delivery.Delivery, l *locale.Printer) letter {
		return letter{
			name: "changed:" + d.ID + ":" + f.At.UTC().Format(time.RFC3339Nano), subject: l.T("notify.changed_subject", "Cohort", d.Title),
			text: l.T("notify.changed_text", "Name", p.Name, "Cohort", d.Title, "Starts", s.starts(l, p, d), "Link", s.cohortLink(d)),
		}
	})
}

// OnCancelled tells everybody that a cohort was called off, why, and that what they did is kept.
func (s *Service) OnCancelled(ctx context.Context, f delivery.CancelledFact) error {
	return s.everybody(ctx, f.DeliveryID, func(p *account.Person, d *delivery.Delivery, l *locale.Printer) letter {
		return letter{
			name: "cancelled:" + d.ID, subject: l.T("notify.cancelled_subject", "Cohort", d.Title),
			text: l.T("notify.cancelled_text", "Name", p.Name, "Cohort", d.Title, "Reason", f.Reason, "Link", s.opts.BaseURL+"/courses/"+d.CourseKey),
		}
	})
}

// everybody writes to all who are in a cohort or wait for a seat.
func (s *Service) everybody(ctx context.Context, deliveryID string, write func(*account.Person, *delivery.Delivery, *locale.Printer) letter) error {
	return s.members(ctx, deliveryID, nil, func(p *account.Person, d *delivery.Delivery) error {
		_, err := s.send(ctx, p, write(p, d, s.opts.Words.Printer(p.Lang)))
		return err
	})
}

// members calls fn with everybody in a cohort whose enrolment has one of the states; nil is all but those who left.
func (s *Service) members(ctx context.Context, deliveryID string, status []string, fn func(*account.Person, *delivery.Delivery) error) error {
	d, err := s.deliveries.ByID(ctx, deliveryID)
	if err != nil {
		return gone(err)
	}
	for page := 1; ; page++ {
		members, total, err := s.deliveries.Roster(ctx, deliveryID, delivery.RosterFilter{Status: status, Page: page})
		if err != nil {
			return err
		}
		for _, m := range members {
			p, err := s.accounts.ByID(ctx, m.PersonID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if err := fn(p, d); err != nil {
				return err
			}
		}
		if page*delivery.PerPage >= total {
			return nil
		}
	}
}

func announcementName(id string) string { return "announcement:" + id }

// OnAnnounced sends an announcement to the people of the cohort that it is for and who want it at once.
func (s *Service) OnAnnounced(ctx context.Context, f delivery.Announced) error {
	a, err := s.deliveries.Announcement(ctx, f.AnnouncementID)
	if err != nil {
		return gone(err)
	}
	return s.members(ctx, f.DeliveryID, []string{delivery.Active, delivery.Paused}, func(p *account.Person, d *delivery.Delivery) error {
		want, err := s.Choice(ctx, p.ID)
		if err != nil || want.Announcements != Now {
			return err
		}
		progress, err := s.records.Of(ctx, p.ID, d.CourseKey)
		if err != nil || !a.For(progress.CompletedAt != nil) {
			return err
		}
		_, err = s.send(ctx, p, letter{
			name: announcementName(a.ID), kind: Announcements, subject: a.Title, text: s.announcementText(p, d, *a),
		})
		return err
	})
}

func (s *Service) announcementText(p *account.Person, d *delivery.Delivery, a delivery.Announcement) string {
	l := s.opts.Words.Printer(p.Lang)
	return l.T("notify.announcement_text", "Title", a.Title, "Cohort", d.Title, "Author", a.AuthorName, "Body", a.Body, "Link", s.cohortLink(d))
}

// announced are the announcements of the last fortnight that the person has had no letter about.
func (s *Service) announced(ctx context.Context, p *account.Person, d *delivery.Delivery, completed bool) ([]delivery.Announcement, error) {
	all, err := s.deliveries.Announcements(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, a := range all {
		names = append(names, announcementName(a.ID))
	}
	done, err := had(ctx, s.db, []string{p.ID}, names)
	if err != nil {
		return nil, err
	}
	var out []delivery.Announcement
	for _, a := range slices.Backward(all) {
		if a.For(completed) && !done[[2]string{p.ID, announcementName(a.ID)}] && s.now().Sub(a.CreatedAt) < 14*24*time.Hour {
			out = append(out, a)
		}
	}
	return out, nil
}
