package quiz

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/markdown"
)

// Letters tells people whose results decisions have changed.
type Letters struct {
	Quizzes  *Service
	Accounts *account.Service
	Mail     *mail.Service
	Words    *locale.Bundle
	BaseURL  string
}

// OnRegraded is the reactor to Regraded: one letter for a person and a generation of decisions, however often it is
// told. Guests and people who have not proven their address get none: the page of the quiz tells them. A letter names
// no answers, since the quiz may not have shown them yet.
func (k Letters) OnRegraded(ctx context.Context, f Regraded) error {
	p, err := k.Accounts.ByID(ctx, f.PersonID)
	if fault.Is(err, fault.NotFound) || err == nil && (p.Guest() || !p.Verified() || p.Disabled()) {
		return nil
	}
	if err != nil {
		return err
	}
	q := Ref{f.CourseKey, f.ActivityKey}
	h, err := k.Quizzes.History(ctx, q)
	if fault.Is(err, fault.NotFound) {
		return nil // the course was retired since
	}
	if err != nil {
		return err
	}
	all, err := k.Quizzes.Rulings(ctx, q)
	if err != nil {
		return err
	}
	return db.InTx(ctx, k.Quizzes.db, func(ctx context.Context, tx bun.Tx) error {
		changes, err := tell(ctx, tx, p.ID, q, f.Generation, k.Quizzes)
		if err != nil || len(changes) == 0 {
			return err
		}
		l := k.Words.Printer(p.Lang)
		m := mail.Message{To: p.Email, Subject: l.T("quiz.letter.subject", "Quiz", h.Activity.Title)}
		m.Text = k.text(l, p, h, all, changes, f)
		return k.Mail.Queue(ctx, tx, m)
	})
}

// tell marks the changes of a person and a generation as told and returns those that were not yet.
func tell(ctx context.Context, tx bun.IDB, personID string, q Ref, generation int, s *Service) ([]Change, error) {
	var all []Change
	sel := tx.NewSelect().Model(&all).Where("qc.generation = ?", generation).Where("qc.told_at IS NULL").
		Where("qc.attempt_id IN (SELECT id FROM quiz_attempt WHERE person_id = ? AND course_key = ? AND activity_key = ?)", personID, q.CourseKey, q.ActivityKey).
		OrderExpr("qc.attempt_id")
	if err := db.ForUpdate(sel).Scan(ctx); err != nil {
		return nil, fmt.Errorf("changes to tell: %w", err)
	}
	now := s.clock()
	for i := range all {
		all[i].ToldAt = &now
		if _, err := tx.NewUpdate().Model(&all[i]).Column("told_at").WherePK().Exec(ctx); err != nil {
			return nil, fmt.Errorf("note that a change was told: %w", err)
		}
	}
	return all, nil
}

func (k Letters) text(l *locale.Printer, p *account.Person, h History, rulings []Ruling, changes []Change, f Regraded) string {
	lines := []string{l.T("quiz.letter.hello", "Name", p.Name), "", l.T("quiz.letter.what", "Quiz", h.Activity.Title, "Course", h.Course.Title), ""}
	for _, r := range rulings {
		if r.Generation != f.Generation {
			continue
		}
		what, why := "quiz.letter.ruled."+r.Kind, r.Reason
		if !r.InForce() {
			what, why = "quiz.letter.reversed", r.ReverseReason
		}
		lines = append(lines, l.T("quiz.letter.ruling", "Question", promptOf(h, r.QuestionKey), "What", l.T(what), "Why", why), "")
	}
	for _, c := range changes {
		lines = append(lines, l.T("quiz.letter.change", "Before", c.ScoreBefore, "BeforeTotal", c.TotalBefore, "After", c.ScoreAfter, "AfterTotal", c.TotalAfter))
	}
	lines = append(lines, "")
	switch {
	case f.Completed:
		lines = append(lines, l.T("quiz.letter.completed"))
	case !changes[0].Better():
		lines = append(lines, l.T("quiz.letter.stays"))
	}
	lines = append(lines, "", l.T("quiz.letter.link", "Link", k.BaseURL+"/courses/"+f.CourseKey+"/"+f.ActivityKey))
	return strings.Join(lines, "\n")
}

func promptOf(h History, question string) string {
	line, err := h.Question(question)
	if err != nil {
		return question
	}
	return PlainText(line.Latest().Prompt)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// PlainText is a prompt without its marks, for letters, lists and tables.
func PlainText(h markdown.HTML) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(string(h), " "))), " ")
}
