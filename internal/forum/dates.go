package forum

import (
	"time"

	"greenroom/internal/course"
	"greenroom/internal/delivery"
)

// Days are when things are due in a prompt, counted from the day its module opens, which is day 1. The course's file says
// them, or leaves them as usual.
type Days struct {
	Answer   int // the own answer, by the end of the day
	Reply    int // replies to others
	Closes   int // days after Reply
	Archives int // days after it closes
}

var usualDays = Days{Answer: 3, Reply: 6, Closes: 14, Archives: 28}

// Dates are one person's dates for one prompt, in UTC; all zero where there are none (self-paced).
type Dates struct {
	Opens, AnswerBy, ReplyBy, Closes, Archives time.Time
	Zone                                       *time.Location
}

// Dated says whether there are any.
func (d Dates) Dated() bool { return !d.Opens.IsZero() }

// Open says whether people may write.
func (d Dates) Open(now time.Time) bool {
	return !d.Dated() || !now.Before(d.Opens) && now.Before(d.Closes)
}

// Closed says whether the time for writing is over.
func (d Dates) Closed(now time.Time) bool { return d.Dated() && !now.Before(d.Closes) }

// Archived says whether the thread has gone to the archive.
func (d Dates) Archived(now time.Time) bool { return d.Dated() && !now.Before(d.Archives) }

// Late says whether an answer comes after its date.
func (d Dates) Late(level int, now time.Time) bool {
	switch {
	case !d.Dated():
		return false
	case level == Comment:
		return now.After(d.ReplyBy)
	}
	return now.After(d.AnswerBy)
}

// DatesOf computes the dates of a prompt in a cohort. e nil gives the cohort's own. All days end at 23:59 in the cohort's
// zone. A person's days begin when the module opens to them or, for who joined later, on the day they joined; what was
// extended or allowed is added. Nobody's thread closes before the cohort's does.
func DatesOf(d *delivery.Delivery, rev *course.Revision, a *course.Activity, e *delivery.Enrolment) Dates {
	c := contentOf(a)
	if !d.Cohort() || c == nil {
		return Dates{}
	}
	module := a.Module.Key
	m, ok := d.Dates(rev, e).Module(module)
	if !ok {
		return Dates{}
	}
	zone := d.Location()
	out := c.Days.from(delivery.DateOf(m.Opens.In(zone)), m.Opens, 0, zone)
	if e == nil {
		return out
	}
	own, ok := d.Dates(rev, nil).Module(module)
	begin := delivery.DateOf(m.Opens.In(zone))
	if joined := delivery.DateOf(e.Joined().In(zone)); joined > begin {
		begin = joined
	}
	out = c.Days.from(begin, m.Opens, e.ExtendedDays+e.AllowedDays, zone)
	if ok {
		if cohort := c.Days.from(delivery.DateOf(own.Opens.In(zone)), own.Opens, 0, zone); cohort.Closes.After(out.Closes) {
			out.Closes, out.Archives = cohort.Closes, cohort.Archives
		}
	}
	return out
}

func (x Days) from(begin delivery.Date, opens time.Time, more int, zone *time.Location) Dates {
	end := func(day int) time.Time { return delivery.At(begin.Add(day-1+more), "23:59", zone) }
	return Dates{
		Opens: opens, AnswerBy: end(x.Answer), ReplyBy: end(x.Reply), Closes: end(x.Reply + x.Closes),
		Archives: end(x.Reply + x.Closes + x.Archives), Zone: zone,
	}
}
