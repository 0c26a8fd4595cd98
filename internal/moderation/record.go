package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/forum"
)

// Kept is one post as the record of a delivery has it.
type Kept struct {
	forum.Post `bun:",extend"`
	Board      string
	Title      string
	Name       string // of the author; "" once they have gone
	Edits      int
	Decided    string // what moderators decided about it last
	Rule       string
	Evidence   string // of that decision: Case.Snapshot
}

// Record gives every post of a delivery to fn, the oldest first: for the record all of them, hidden, held and deleted ones marked as
// such, with authors behind pseudonyms; for the public only what everybody in the delivery can see, under the names that they see.
// These are two files, never one: what is taken away must not come back through an export. NotFound unless the
// person leads the delivery.
func (s *Service) Record(ctx context.Context, who *account.Person, deliveryID string, public bool, fn func(*Kept) error) error {
	if who == nil || !who.Can(account.RoleTrainer, deliveryID) {
		return errNotFound
	}
	if !public {
		if err := s.noteExport(ctx, who, deliveryID); err != nil {
			return err
		}
	}
	after := ""
	for {
		var some []Kept
		q := s.db.NewSelect().Model(&some).ColumnExpr("q.*").ColumnExpr("t.board AS board, t.title AS title, COALESCE(p.name, '') AS name").
			ColumnExpr("(SELECT COUNT(*) FROM forum_edit AS e WHERE e.post_id = q.id) AS edits").
			ColumnExpr("COALESCE((SELECT c.action FROM moderation_case AS c WHERE c.post_id = q.id AND c.decided_at IS NOT NULL ORDER BY c.decided_at DESC LIMIT 1), '') AS decided").
			ColumnExpr("COALESCE((SELECT c.rule FROM moderation_case AS c WHERE c.post_id = q.id AND c.decided_at IS NOT NULL ORDER BY c.decided_at DESC LIMIT 1), '') AS rule").
			ColumnExpr("COALESCE((SELECT c.snapshot FROM moderation_case AS c WHERE c.post_id = q.id AND c.decided_at IS NOT NULL ORDER BY c.decided_at DESC LIMIT 1), '') AS evidence").
			Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("LEFT JOIN person AS p ON p.id = q.author_id").
			Where("t.delivery_id = ?", deliveryID).Where("q.id > ?", after)
		if public {
			q = q.Where("q.state = ?", forum.Visible).Where("t.state = ?", forum.Visible).Where("t.group_id = ''")
		}
		if err := q.OrderExpr("q.id").Limit(500).Scan(ctx); err != nil {
			return fmt.Errorf("posts of a delivery: %w", db.Err(err))
		}
		for i := range some {
			k := &some[i]
			after = k.ID
			if public {
				if k.Pseudonym != "" {
					k.Name = k.Pseudonym
				}
				k.Decided, k.Rule = "", ""
			} else if k.Title == s.hiddenTitle() { // the record has what it was
				if title := (&Case{Snapshot: k.Evidence}).title(k.Title); title != "" {
					k.Title = title
				}
			}
			k.Evidence = ""
			if err := fn(k); err != nil {
				return err
			}
		}
		if len(some) < 500 {
			return nil
		}
	}
}

// noteExport writes into the log who took the record of a delivery away.
func (s *Service) noteExport(ctx context.Context, who *account.Person, deliveryID string) error {
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return s.log(ctx, tx, Line{Actor: who.ID, Action: "exported", DeliveryID: deliveryID}, nil)
	})
}

// Figures are what a delivery's discussion needed of moderators in a time, by rule: for the agency's own report.
type Figures struct {
	Reports, Cases, Appeals, Overturned int
	Actions                             map[string]int
}

// Figures counts the cases of the deliveries that the person decides about, opened since.
func (s *Service) Figures(ctx context.Context, who *account.Person, since time.Time) (*Figures, error) {
	f := &Figures{Actions: map[string]int{}}
	var rows []struct {
		Action, Outcome string
		Appealed        bool
		Reports, N      int
	}
	q := visible(s.db.NewSelect().TableExpr("moderation_case AS c"), who).ColumnExpr("c.action, c.outcome, c.appealed_at IS NOT NULL AS appealed, COUNT(*) AS n").
		ColumnExpr("SUM((SELECT COUNT(*) FROM moderation_report AS r WHERE r.case_id = c.id)) AS reports").Where("c.opened_at >= ?", since)
	if err := q.GroupExpr("c.action, c.outcome, c.appealed_at IS NOT NULL").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("figures of moderation: %w", db.Err(err))
	}
	for _, r := range rows {
		f.Cases += r.N
		f.Reports += r.Reports
		if r.Action != "" {
			f.Actions[r.Action] += r.N
		}
		if r.Appealed {
			f.Appeals += r.N
		}
		if r.Outcome == "overturned" {
			f.Overturned += r.N
		}
	}
	return f, nil
}

// Export is the person's part of the file of everything kept about them: what they reported, what was decided about what they
// wrote, and which rules they accepted.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	type decision struct {
		Action  string `json:"action"`
		Rule    string `json:"rule"`
		Reason  string `json:"reason"`
		Appeal  string `json:"appeal,omitempty"`
		Outcome string `json:"outcome,omitempty"`
		At      string `json:"at"`
	}
	type report struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
		At   string `json:"at"`
	}
	type agreed struct {
		Version int    `json:"version"`
		At      string `json:"at"`
	}
	out := struct {
		Decisions []decision `json:"decisions"`
		Reports   []report   `json:"reports"`
		Rules     []agreed   `json:"rules_accepted"`
	}{[]decision{}, []report{}, []agreed{}}
	var cases []Case
	if err := s.db.NewSelect().Model(&cases).Where("c.author_id = ?", personID).Where("c.decided_at IS NOT NULL").OrderExpr("c.id").Scan(ctx); err != nil {
		return "moderation", nil, fmt.Errorf("decisions about a person: %w", db.Err(err))
	}
	for _, c := range cases {
		out.Decisions = append(out.Decisions, decision{c.Action, c.Rule, c.Reason, c.Appeal, c.Outcome, c.DecidedAt.UTC().Format(time.RFC3339)})
	}
	var reports []Report
	if err := s.db.NewSelect().Model(&reports).Where("r.reporter_id = ?", personID).OrderExpr("r.id").Scan(ctx); err != nil {
		return "moderation", nil, fmt.Errorf("a person's reports: %w", db.Err(err))
	}
	for _, r := range reports {
		out.Reports = append(out.Reports, report{r.Kind, r.Text, r.At.UTC().Format(time.RFC3339)})
	}
	var rules []accepted
	if err := s.db.NewSelect().Model(&rules).Where("a.person_id = ?", personID).OrderExpr("a.version").Scan(ctx); err != nil {
		return "moderation", nil, fmt.Errorf("rules that a person accepted: %w", db.Err(err))
	}
	for _, a := range rules {
		out.Rules = append(out.Rules, agreed{a.Version, a.At.UTC().Format(time.RFC3339)})
	}
	return "moderation", out, nil
}

// Erase takes a person out of what stays when they are deleted: which cases they worked on, and the address of reports that they
// sent without signing in. Cases about what they wrote stay without them, as the posts do.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	for _, c := range [][2]string{{"moderation_case", "claimed_by"}, {"moderation_case", "decided_by"}, {"moderation_case", "outcome_by"}, {"moderation_rules", "published_by"}} {
		if _, err := tx.NewUpdate().Table(c[0]).Set("? = ''", bun.Ident(c[1])).Where("? = ?", bun.Ident(c[1]), p.ID).Exec(ctx); err != nil {
			return fmt.Errorf("take a name out of %s: %w", c[0], db.Err(err))
		}
	}
	if p.Email == "" {
		return nil
	}
	_, err := tx.NewUpdate().Model((*Report)(nil)).Set("email = ''").Set("name = ''").Where("lower(email) = lower(?)", p.Email).Exec(ctx)
	return db.Err(err)
}

// Dispose removes cases with their reports, evidence and suspensions, in the transaction; the sealed log stays. It is for
// internal/disposal alone, which asks two people first.
func Dispose(ctx context.Context, tx bun.IDB, ids []string) error {
	if _, err := tx.NewDelete().Model((*Case)(nil)).Where("id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("dispose of cases: %w", db.Err(err))
	}
	return nil
}
