package forum

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db"
	"greenroom/internal/markdown"
)

// gone is what stands in texts in place of the name of somebody who has deleted their account.
const gone = "@former member"

// Erase takes a person's name out of what stays when they are deleted. What they wrote stays in its place as that of a
// former member, so that the others' answers keep their sense; their drafts, marks, names on boards and reactions go with
// the row. Names that others mentioned become "former member", in what posts said before as well.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, p *account.Person, _ account.Wish) error {
	var posts []Post
	err := tx.NewSelect().Model(&posts).Join("JOIN forum_mention AS fm ON fm.post_id = q.id").Where("fm.person_id = ?", p.ID).Scan(ctx)
	if err != nil {
		return fmt.Errorf("posts that mention a person: %w", db.Err(err))
	}
	at := regexp.MustCompile(`(?i)@` + regexp.QuoteMeta(p.Name))
	for i := range posts {
		q := &posts[i]
		var who []Named
		err := tx.NewSelect().TableExpr("forum_mention AS fm").Join("JOIN person AS p ON p.id = fm.person_id").ColumnExpr("p.id, p.name").
			Where("fm.post_id = ?", q.ID).Where("fm.person_id <> ?", p.ID).Scan(ctx, &who)
		if err != nil {
			return db.Err(err)
		}
		q.Body = at.ReplaceAllString(q.Body, gone)
		q.HTML, q.HTMLVersion = string(render(q.Body, who)), markdown.Version
		if err := updatePost(ctx, tx, q, "body", "html", "html_version"); err != nil {
			return err
		}
		var old []Edited
		if err := tx.NewSelect().Model(&old).Where("fe.post_id = ?", q.ID).Scan(ctx); err != nil {
			return db.Err(err)
		}
		for j := range old {
			old[j].Body = at.ReplaceAllString(old[j].Body, gone)
			if _, err := tx.NewUpdate().Model(&old[j]).Column("body").WherePK().Exec(ctx); err != nil {
				return db.Err(err)
			}
		}
	}
	for table, column := range map[string]string{"forum_post": "state_by", "forum_grade": "marked_by"} {
		if _, err := tx.NewUpdate().Table(table).Set("? = ''", bun.Ident(column)).Where("? = ?", bun.Ident(column), p.ID).Exec(ctx); err != nil {
			return fmt.Errorf("take a name out of %s: %w", table, db.Err(err))
		}
	}
	return nil
}

// Export is the person's part of the file of everything kept about them: what they wrote.
func (s *Service) Export(ctx context.Context, personID string) (string, any, error) {
	type row struct {
		Thread string `json:"thread"`
		Board  string `json:"board"`
		As     string `json:"shown_as,omitempty"`
		Text   string `json:"text"`
		State  string `json:"state"`
		At     string `json:"at"`
	}
	out := []row{}
	after := ""
	for {
		var posts []struct {
			Post         `bun:",extend"`
			Title, Board string
		}
		err := s.db.NewSelect().Model(&posts).ColumnExpr("q.*").ColumnExpr("t.title AS title, t.board AS board").Join("JOIN forum_thread AS t ON t.id = q.thread_id").
			Where("q.author_id = ?", personID).Where("q.id > ?", after).OrderExpr("q.id").Limit(200).Scan(ctx)
		if err != nil {
			return "discussion", nil, fmt.Errorf("a person's posts: %w", db.Err(err))
		}
		for _, p := range posts {
			out = append(out, row{strings.TrimSpace(p.Title), p.Board, p.Pseudonym, p.Body, p.State, p.CreatedAt.UTC().Format(time.RFC3339)})
			after = p.ID
		}
		if len(posts) < 200 {
			return "discussion", out, nil
		}
	}
}

// Dispose removes threads with their posts, what those said before, their files and drafts of answers, in the transaction. Marks that
// people were given stay: they are the record of learning. It is for internal/disposal alone, which asks two people first.
func Dispose(ctx context.Context, tx bun.IDB, threadIDs []string) error {
	for _, x := range []struct{ table, column string }{{"forum_draft", "place"}, {"forum_thread", "id"}} {
		if _, err := tx.NewDelete().Table(x.table).Where("? IN (?)", bun.Ident(x.column), bun.List(threadIDs)).Exec(ctx); err != nil {
			return fmt.Errorf("dispose of threads: %w", db.Err(err))
		}
	}
	streams := make([]string, len(threadIDs))
	for i, t := range threadIDs {
		streams[i] = StreamOf(t)
	}
	if _, err := tx.NewDelete().Table("stream").Where("id IN (?)", bun.List(streams)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the streams of threads: %w", db.Err(err))
	}
	return nil
}
