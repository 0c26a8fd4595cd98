package forum

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/id"
)

// Text is what somebody writes.
type Text struct {
	ThreadID  string // "" begins a thread, or is the thread of the prompt
	ParentID  string // the post that it answers; "" is the thread itself
	ClientID  string // of the form: sent again with the same text, nothing is written twice
	Title     string // of a thread that begins
	Body      string
	Rules     int  // the edition of the house rules that is accepted with it, 0 none
	Pseudonym bool // not under the own name, where the board lets people choose
	Files     []Upload
}

// digest tells whether two writes under one client id are the same.
func (n Text) digest() string {
	h := sha256.New()
	for _, s := range []string{n.ThreadID, n.ParentID, n.Title, n.Body, strconv.FormatBool(n.Pseudonym)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	for _, f := range n.Files {
		fmt.Fprintf(h, "%s:%x%d:%s", f.Name, sha256.Sum256(f.Data), len(f.Alt), f.Alt)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// place is where the draft of the text is.
func (n *Text) place(v *Visit) string {
	if n.ThreadID != "" {
		return n.ThreadID
	}
	return NewPlace(v.Delivery.ID, v.Board)
}

// Posted is the fact that somebody wrote something that others can see.
type Posted struct {
	PostID, ThreadID, DeliveryID string
	At                           time.Time
}

// FactName names the fact.
func (Posted) FactName() string { return "forum.posted" }

// Kept is the cause of a Conflict: writing is over, and the text was kept as a draft.
type Kept struct{ Why string }

// Error says so.
func (k *Kept) Error() string { return "forum: not posted, kept as a draft: " + k.Why }

// WasKept says whether err means that the text was kept as a draft.
func WasKept(err error) bool {
	var k *Kept
	return errors.As(err, &k)
}

// Tidy makes line ends one kind and takes white space off both ends.
func Tidy(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// check says what has to be mended. begins says that the text needs a title.
func (n *Text) check(begins bool) error {
	n.Body, n.Title = Tidy(n.Body), strings.Join(strings.Fields(n.Title), " ")
	var f fault.Fields
	switch size := utf8.RuneCountInString(n.Body); {
	case size == 0:
		f.Add("body", "forum.body_missing")
	case size > MaxBody:
		f.Add("body", "forum.body_long", "Max", MaxBody, "Over", size-MaxBody)
	}
	if begins {
		switch size := utf8.RuneCountInString(n.Title); {
		case size == 0:
			f.Add("title", "forum.title_missing")
		case size > MaxTitle:
			f.Add("title", "forum.title_long", "Max", MaxTitle)
		}
	}
	if !id.Valid(n.ClientID) {
		n.ClientID = id.New()
	}
	checkFiles(&f, n.Files)
	return f.Err()
}

// Write posts something. The same client id with the same text is answered with the post that is there; with another
// text it is Conflict. When writing is over, or the thread was locked meanwhile, it is Conflict with Kept as cause: the
// text is a draft now. Invalid names the fields body, title and files; Limited says that somebody writes too fast.
func (s *Service) Write(ctx context.Context, v *Visit, n Text) (*Post, error) {
	if err := n.check(n.ThreadID == "" && !v.Prompt()); err != nil {
		return nil, err
	}
	files, err := prepare(n.Files)
	if err != nil {
		return nil, err
	}
	return s.post(ctx, lane(v.Delivery.ID, n.ThreadID), &writing{who: v.Who, n: n, files: files, v: v})
}

// Reply is VisitThread and Write in a thread that is there: where many reply at once their visits are made together as well.
func (s *Service) Reply(ctx context.Context, who *account.Person, n Text) (*Post, error) {
	if who == nil || who.Guest() || !id.Valid(n.ThreadID) {
		return nil, errNotFound
	}
	if len(n.Files) > 0 { // reading them costs much: only for who may write
		v, t, err := s.VisitThread(ctx, who, n.ThreadID)
		if err != nil {
			return nil, err
		}
		n.ThreadID = t.ID
		return s.Write(ctx, v, n)
	}
	if err := n.check(false); err != nil {
		return nil, err
	}
	deliveryID, known := s.where.Get(n.ThreadID)
	if !known {
		return s.post(ctx, n.ThreadID, &writing{who: who, n: n})
	}
	return s.post(ctx, lane(deliveryID, n.ThreadID), &writing{who: who, n: n})
}

// post has it written together with what is written at the same time under the key.
func (s *Service) post(ctx context.Context, key string, w *writing) (*Post, error) {
	if !mayMention(w.n.Body) {
		w.html = render(w.n.Body, nil)
	}
	err := s.writes.Do(ctx, key, w)
	if err == nil {
		return w.post, nil
	}
	if ctx.Err() != nil { // nobody waits for the answer, and it may be being written
		return nil, ctx.Err()
	}
	// A form that is sent again: no two posts have one client id, so that this one did not get there. It is answered with the
	// first, whatever stands in its way by now. Looking here instead of before costs only who does it.
	if w.visit != nil {
		if old, look := byClient(ctx, s.db, w.who.ID, w.n.ClientID); look == nil && old != nil {
			return same(old, w.digest)
		}
	}
	switch {
	case errors.Is(err, errClosed):
		return nil, s.keep(ctx, w, "closed")
	case errors.Is(err, errLocked):
		return nil, s.keep(ctx, w, "locked")
	}
	return nil, fmt.Errorf("write in a discussion: %w", err)
}

// same answers a write whose client id is taken.
func same(old *Post, digest string) (*Post, error) {
	if old.Digest != digest {
		return nil, fault.New(fault.Conflict, "forum.client_used")
	}
	return old, nil
}

// keep puts a text that cannot be posted any more into the drafts and says so.
func (s *Service) keep(ctx context.Context, w *writing, why string) error {
	if err := s.forceDraft(ctx, w.who.ID, w.n.place(w.visit), w.n.Title, w.n.Body, w.n.ParentID); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "forum.kept_"+why).Because(&Kept{Why: why})
}
