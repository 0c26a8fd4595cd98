package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/fault"
	"greenroom/internal/markdown"
)

// Found is a post that a search found.
type Found struct {
	Seen        `bun:",extend"`
	Title       string // of its thread
	Board       string
	ActivityKey string
	Excerpt     string // plain text around what was found
}

// postWords is the index of what posts say.
var postWords = db.TextIndex{Column: "q.body", Key: "q.id", Words: "forum_words"}

// MaxSearch is in characters.
const MaxSearch = 200

// Search looks through what the person may read in a delivery, the newest first, and says how many posts it found. What is
// locked to them is not looked at, so that nobody learns of a text by searching for it.
func (s *Service) Search(ctx context.Context, who *account.Person, deliveryID, text string, page int) (*Visit, []Found, int, error) {
	base, boards, err := s.BoardVisits(ctx, who, deliveryID)
	if err != nil {
		return nil, nil, 0, err
	}
	if text = strings.TrimSpace(text); len([]rune(text)) > MaxSearch {
		var f fault.Fields
		f.Add("q", "forum.search_long", "Max", MaxSearch)
		return base, nil, 0, f.Err()
	}
	if text == "" || len(boards) == 0 {
		return base, nil, 0, nil
	}
	var open, locked []string
	for _, b := range boards {
		if b.Unlocked {
			open = append(open, b.Board)
		} else {
			locked = append(locked, b.Board)
		}
	}
	open, locked = append(open, ""), append(locked, "") // a list in SQL is never empty
	var all []Found
	q := s.db.NewSelect().Model(&all).ColumnExpr("q.*").ColumnExpr("COALESCE(p.name, '') AS name").
		ColumnExpr("t.title AS title, t.board AS board, t.activity_key AS activity_key").
		Join("JOIN forum_thread AS t ON t.id = q.thread_id").Join("LEFT JOIN person AS p ON p.id = q.author_id").
		Where("t.delivery_id = ?", deliveryID).Where("q.state = ?", Visible).
		Where("(t.board IN (?) OR t.board IN (?) AND q.author_id = ?)", bun.List(open), bun.List(locked), who.ID)
	q = db.Matches(seeing(q, base), postWords, text)
	n, err := q.OrderExpr("q.id DESC").Limit(PerPage).Offset(int64(max(page, 1)-1) * PerPage).ScanAndCount(ctx)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("search: %w", db.Err(err))
	}
	for i := range all {
		f := &all[i]
		if f.Pseudonym != "" {
			f.Name = f.Pseudonym
		}
		f.Excerpt = excerpt(f.Body, text)
	}
	return base, all, int(n), nil
}

// place is where a word stands in a text, or else its beginning: what was found may be another form of it. -1: nowhere.
func place(text, word string) int {
	r := []rune(word)
	for n := len(r); n >= max(1, min(len(r), 3), len(r)-4); n-- {
		if i := strings.Index(text, string(r[:n])); i >= 0 {
			return i
		}
	}
	return -1
}

// excerpt is the part of a text around the first word that was searched for, without its markup. It begins and ends with words.
func excerpt(body, search string) string {
	const before, most = 60, 220
	text := []rune(strings.Join(strings.Fields(markdown.Plain(body)), " "))
	lower := []rune(strings.ToLower(string(text)))
	at := 0
	if len(lower) == len(text) {
		for _, w := range strings.Fields(strings.ToLower(search)) {
			w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			if i := place(string(lower), w); w != "" && i >= 0 {
				at = len([]rune(string(lower)[:i]))
				break
			}
		}
	}
	from := max(0, at-before)
	if from > 0 {
		if i := slices.Index(text[from:at], ' '); i >= 0 {
			from += i + 1
		}
	}
	to := min(len(text), from+most)
	if to < len(text) {
		for i := to; i > at && i > to-30; i-- {
			if text[i] == ' ' {
				to = i
				break
			}
		}
	}
	out := string(text[from:to])
	if from > 0 {
		out = "… " + out
	}
	if to < len(text) {
		out += " …"
	}
	return out
}
