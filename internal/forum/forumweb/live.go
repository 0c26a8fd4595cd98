package forumweb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/live"
	"greenroom/internal/locale"
	"greenroom/internal/moderation"
	"greenroom/internal/stream"
	pages "greenroom/web/templates/forum"
	"greenroom/web/templates/ui"
)

// Live is threads for pages that are open (live.Source): posts come rendered as on the page.
type Live struct {
	Forum      *forum.Service
	Moderation *moderation.Service
	Accounts   *account.Service
	Words      *locale.Bundle
}

// ThreadTopics is what names of threads' topics begin with.
const ThreadTopics = "thread"

// livePost is one post for the script of a thread's page.
type livePost struct {
	ID    string `json:"id"`
	Root  string `json:"root"`
	Level int    `json:"level"`
	Rev   int    `json:"rev"`
	HTML  string `json:"html"`
}

// Seat is whether the person may know of the thread, and what makes posts look different to them than to others.
func (x *Live) Seat(ctx context.Context, who *account.Person, topic string) (live.Seat, error) {
	if who.Guest() {
		return live.Seat{}, fault.New(fault.NotFound, "error.not_found")
	}
	id := strings.TrimPrefix(topic, ThreadTopics+":")
	v, t, err := x.Forum.VisitThread(ctx, who, id)
	if err != nil {
		return live.Seat{}, err
	}
	if t.ID != id {
		return live.Seat{}, live.ErrMoved
	}
	s := spot{v, t}
	seat := seatOf(s, x.Accounts.Location(who))
	seat.Data = s
	return seat, nil
}

// Counted says that threads tell how many have them open, but for those of private groups: there a number is soon a name
// (live.Counted).
func (x *Live) Counted(seat live.Seat) bool {
	s, is := seat.Data.(spot)
	return is && counts(s)
}

func counts(s spot) bool { return s.t != nil && !s.v.Private() }

// Typing says that somebody writes in a thread, but not in prompts, which are marked, nor where posts wait for a moderator
// (live.Typed).
func (x *Live) Typing(ctx context.Context, who *account.Person, topic string) (bool, error) {
	v, t, err := x.Forum.VisitThread(ctx, who, strings.TrimPrefix(topic, ThreadTopics+":"))
	if err != nil {
		return false, err
	}
	if s := (spot{v, t}); !tellsTyping(s) || closed(s) != "" {
		return false, nil
	}
	learner := *v
	learner.Staff = false // what a trainer writes does not wait, but others' posts do
	w, err := x.Moderation.Waits(ctx, &learner)
	if err != nil {
		return false, err
	}
	return !w.Hold && !w.ReadOnly && w.CaseID == "", nil
}

// tellsTyping says whether it is told that somebody writes there, where posts do not wait.
func tellsTyping(s spot) bool { return counts(s) && !s.v.Prompt() }

// seatOf is what makes posts look different to who is there than to others.
func seatOf(s spot, zone *time.Location) live.Seat {
	v := s.v
	return live.Seat{Class: fmt.Sprint(v.Unlocked, v.Staff, v.Teaches, closed(s), " ", zone, " ", v.Who.Lang)}
}

// Tell renders what events are about.
func (x *Live) Tell(ctx context.Context, _ string, seat live.Seat, who *account.Person, events []stream.Event) ([]live.Telling, error) {
	s := seat.Data.(spot)
	told, err := x.Forum.Tell(ctx, s.v, s.t, who == nil, events)
	if err != nil {
		return nil, err
	}
	v, lang := s.v, s.v.Who.Lang
	if who == nil {
		anybody := *s.v
		anybody.Who = &account.Person{}
		v = &anybody
	}
	l := x.Words.Printer(lang)
	p := pages.ThreadPage{View: pages.View{L: l, Visit: v, Zone: x.Accounts.Location(s.v.Who)}, Thread: s.t}
	if closed(s) == "" {
		p.Compose = &pages.Composer{}
	}
	ctx = ui.WithPrinter(ctx, l)
	out := make([]live.Telling, len(told))
	for i, e := range told {
		out[i] = live.Telling{Kind: e.Kind, Reset: e.Reset, Apart: e.Apart}
		if e.Hides {
			out[i].Count = 1
		}
		if e.Post == nil {
			continue
		}
		var b bytes.Buffer
		if err := pages.Post(&p, e.Post, e.Post.Level+1).Render(ctx, &b); err != nil {
			return nil, err
		}
		if out[i].Data, err = json.Marshal(livePost{e.Post.ID, e.Post.RootID, e.Post.Level, e.Post.Rev, b.String()}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
