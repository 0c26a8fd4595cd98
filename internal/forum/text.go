package forum

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
)

// maxKnown bounds how many names of a delivery are looked at for mentions.
const maxKnown = 3000

type mention struct {
	bun.BaseModel `bun:"table:forum_mention,alias:fm"`

	PostID   string `bun:",pk"`
	PersonID string `bun:",pk"`
}

// mentioned finds whom a text names: an @ and the name of somebody who is in the delivery or looks after it. In
// self-paced deliveries these are the people who have written in the thread under their name. Invalid when there are
// more than MaxMentions.
func (s *Service) mentioned(ctx context.Context, tx bun.IDB, v *Visit, threadID, body string) ([]Named, error) {
	if !mayMention(body) {
		return nil, nil
	}
	known, err := s.known(ctx, tx, v, threadID)
	if err != nil {
		return nil, err
	}
	who := find(body, known)
	if len(who) > MaxMentions {
		var f fault.Fields
		f.Add("body", "forum.mentions_many", "Max", MaxMentions)
		return nil, f.Err()
	}
	return who, nil
}

func mayMention(body string) bool { return strings.Contains(body, "@") }

// known are the people whom a post here can name, the longest names first.
func (s *Service) known(ctx context.Context, tx bun.IDB, v *Visit, threadID string) ([]Named, error) {
	var all []Named
	q := tx.NewSelect().TableExpr("person AS p").ColumnExpr("p.id, p.name").Where("p.kind = ?", account.KindPerson).Where("p.name <> ''")
	if v.Delivery.Cohort() {
		q = q.Where("(p.id IN (SELECT e.person_id FROM enrolment AS e WHERE e.delivery_id = ? AND e.status IN (?, ?)) OR p.id IN (?))",
			v.Delivery.ID, delivery.Active, delivery.Paused, access.Holders(tx, s.clock(), facilitators, v.Delivery.ID))
	} else {
		q = q.Where("p.id IN (SELECT q.author_id FROM forum_post AS q WHERE q.thread_id = ? AND q.pseudonym = '')", threadID)
	}
	if err := q.OrderExpr("p.id").Limit(maxKnown).Scan(ctx, &all); err != nil {
		return nil, fmt.Errorf("names in a delivery: %w", db.Err(err))
	}
	slices.SortStableFunc(all, func(a, b Named) int { return len(b.Name) - len(a.Name) })
	return all, nil
}

// find returns who is named in a text, each once, in the order of their ids' appearance.
func find(body string, known []Named) []Named {
	var out []Named
	for rest, i := body, strings.IndexByte(body, '@'); i >= 0; i = strings.IndexByte(rest, '@') {
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		rest = rest[i+1:]
		if i > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
			continue // an address
		}
		for _, k := range known {
			if !names(rest, k.Name) {
				continue
			}
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
			break // the longest name counts; of two people with one name the first
		}
	}
	return out
}

// names says whether a text begins with a name and a word's end.
func names(text, name string) bool {
	if len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return false
	}
	next, size := utf8.DecodeRuneInString(text[len(name):])
	return size == 0 || !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

var special = regexp.MustCompile("[\\\\`*_\\[\\]<>~|!#]")

// render makes a post's HTML: what learners may write, names that were mentioned strong.
func render(body string, who []Named) markdown.HTML {
	for _, k := range who {
		at := regexp.MustCompile(`(?i)(^|[^\pL\pN*])@(` + regexp.QuoteMeta(k.Name) + `)($|[^\pL\pN])`)
		body = at.ReplaceAllStringFunc(body, func(m string) string {
			p := at.FindStringSubmatch(m)
			return p[1] + "**@" + special.ReplaceAllString(p[2], `\$0`) + "**" + p[3]
		})
	}
	return markdown.User(body)
}

// Preview renders a text as it would be posted on a board.
func (s *Service) Preview(ctx context.Context, v *Visit, threadID, body string) (markdown.HTML, error) {
	who, err := s.mentioned(ctx, s.db, v, threadID, body)
	if fault.Is(err, fault.Invalid) {
		err = nil
	}
	return render(Tidy(body), who), err
}

func saveMentions(ctx context.Context, tx bun.IDB, postID string, who []Named) error {
	if len(who) == 0 {
		return nil
	}
	rows := make([]mention, len(who))
	for i, k := range who {
		rows[i] = mention{PostID: postID, PersonID: k.ID}
	}
	if _, err := tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("save mentions: %w", db.Err(err))
	}
	return nil
}

// Quote is a post's text as the beginning of an answer to it.
func Quote(name string, p *Post) string {
	return "**" + special.ReplaceAllString(name, `\$0`) + ":**\n\n> " + strings.ReplaceAll(p.Body, "\n", "\n> ") + "\n\n"
}
