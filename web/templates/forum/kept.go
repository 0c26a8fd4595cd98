package forum

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"greenroom/internal/forum"
	"greenroom/internal/shelf"
)

// postIcons are those that stand at every post; their shapes stand once on the page.
var postIcons = []string{"thumbs-up", "reply", "quote", "flag", "pencil", "trash-2", "award"}

// look is everything that decides how somebody else's post looks to a reader. Two readers to whom all of it is the same
// see the same markup.
type look struct {
	id, html, name, path, lang                                                  string
	zone                                                                        *time.Location
	created                                                                     int64
	level, rev, useful, flags                                                   int
	edited, endorsed, led, late, isNew, mine, staff, unlocked, reply, pseudonym bool
}

// lookOf is how the post looks; ok is false for posts that few see: the reader's own, with attachments, or taken away.
func lookOf(p *ThreadPage, s *forum.Seen, level int) (k look, ok bool) {
	v := p.Visit
	if s.State != forum.Visible || s.Own(v.Who.ID) || len(s.Pics) > 0 || s.Real != "" {
		return k, false
	}
	k = look{
		id: s.ID, html: string(s.Text()), name: s.Name, path: p.path(), lang: p.l().Lang(), zone: p.Zone, created: s.CreatedAt.Unix(),
		level: level, rev: s.Rev, useful: s.Useful, edited: s.EditedAt != nil, endorsed: s.EndorsedAt != nil, led: s.Led, isNew: s.New, mine: s.Mine,
		staff: v.Staff, unlocked: v.Unlocked, reply: p.canReply(), pseudonym: s.Pseudonym != "",
	}
	if v.Staff {
		k.late, k.flags = s.Late, s.Flags
	}
	return k, true
}

// Post is one post as the reader sees it. Level is that of its heading. A thread's page is fifty posts that look to most
// of its readers as they looked to the last: what has been rendered is kept for them.
func Post(p *ThreadPage, s *forum.Seen, level int) templ.Component {
	k, ok := lookOf(p, s, level)
	if !ok {
		return post(*p, s, level)
	}
	if text, ok := posts.Get(k); ok {
		return ready(text)
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b strings.Builder
		if err := post(*p, s, level).Render(ctx, &b); err != nil {
			return err
		}
		posts.Put(k, b.String())
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// ready is markup that has been rendered.
type ready string

// Render writes the markup.
func (r ready) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(r))
	return err
}

// posts are as they were rendered: 4 MiB, and up to as much again of what was there before.
var posts = shelf.New(4<<20, func(k look, text string) int { return len(text) + len(k.html) })
