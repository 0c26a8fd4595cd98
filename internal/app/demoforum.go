package app

import (
	"context"
	"fmt"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
)

// demoPost is something that a demo person wrote. Answers are indexes of posts before it in the list.
type demoPost struct {
	who, board string // board "" is the first prompt of the course
	title      string
	answers    int // -1 begins a thread, or answers the prompt
	hours      int // after the cohort began
	body       string
}

// demoTalk is what was said in the demo's running cohort.
var demoTalk = []demoPost{
	{"trainer", forum.Introductions, "Say hello", -1, 1, "I'm Dana. I ran the media desk of a council for nine years and have answered about four thousand angry comments. Some of them were right.\n\nTell us where you work, as much as you like, and **one thing you would like to be better at** by the end of these weeks."},
	{"learner2", forum.Introductions, "", 0, 3, "Tevita, parks and recreation. I post photos of ducks and people tell me about potholes. I would like to know when to answer and when to pass it on."},
	{"learner3", forum.Introductions, "", 0, 5, "Miriam, library services. I'd like to write *less* and be understood *more*."},
	{"learner", forum.Introductions, "", 1, 20, "@Tevita Ofa, the potholes find us too, and we are the health district. Passing on is a skill: I started to say who I passed it to, and people stopped asking twice."},
	{"learner2", forum.General, "What do you do with a comment that is rude and right?", -1, 50, "Somebody wrote: *\"Took you lot three weeks to fix a swing. Pathetic.\"* It did take three weeks.\n\nMy first draft explained the contract. I did not send it. What would you have written?"},
	{"learner3", forum.General, "", 4, 52, "> It did take three weeks.\n\nThen I'd begin with that: \"It did take three weeks, and that's too long.\" The contract can come after, if anybody still asks."},
	{"trainer", forum.General, "", 4, 70, "Miriam's first sentence does three things: it agrees with what is true, it takes the comment seriously, and it leaves the tone alone. Watch what happens to the thread after a sentence like that."},
	{"learner4", forum.General, "", 5, 74, "Tried it yesterday on a complaint about opening hours. The answer came within minutes: \"Thanks for being straight.\""},
	{"learner4", forum.Help, "The worksheet forgot my second row", -1, 100, "I filled in two channels, went to lunch, and the second row was gone. Is there a way back?"},
	{"trainer", forum.Help, "", 8, 101, "There is: open the worksheet and choose *Earlier versions*. Yours from 12:04 has both rows. Tell me here if it doesn't."},
	{"learner", forum.General, "Example of the week: a flood warning in 40 words", -1, 220, "Our first version had 160 words and a logo. This one was shared 900 times:\n\n> Low Creek Road is closed. Water is rising. If you live between the bridge and the school, leave now by Hill Street. The hall at Hill Street is open, with people to help. Next update here at 3 pm.\n\nWhat I notice: it says **what**, **who**, **which way**, **where to**, **when we speak again**. What am I missing?"},
	{"learner3", forum.General, "", 10, 224, "Pets. Half of our calls in the last flood were about pets."},
}

// beginTalk lets the demo people talk in the demo's running cohort, once.
func (a *App) beginTalk(ctx context.Context) error {
	d, err := a.Deliveries.ByID(ctx, demoRunning)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := a.DB.NewSelect().Model((*forum.Thread)(nil)).Where("t.delivery_id = ?", d.ID).Count(ctx)
	if err != nil || n > 0 {
		return err
	}
	begun := d.Opens()
	threads, posts := make([]string, len(demoTalk)), make([]string, len(demoTalk))
	for i, p := range demoTalk {
		at := begun.Add(time.Duration(p.hours) * time.Hour)
		if at.After(a.now()) {
			break
		}
		who, err := a.Accounts.ByEmail(ctx, p.who+"@demo.example")
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		n := forum.Text{Title: p.title, Body: p.body}
		if p.answers >= 0 {
			n.ThreadID, n.ParentID = threads[p.answers], posts[p.answers]
		}
		out, err := a.say(ctx, who, p.board, at, n)
		if err != nil {
			return fmt.Errorf("demo post %d: %w", i, err)
		}
		threads[i], posts[i] = out.ThreadID, out.ID
	}
	return a.beginAnswers(ctx)
}

// say posts as of some time ago.
func (a *App) say(ctx context.Context, who *account.Person, board string, at time.Time, n forum.Text) (*forum.Post, error) {
	then := forum.New(a.DB, a.Courses, a.Deliveries, a.Records, a.Streams, a.Inbox, a.Accounts, forum.Options{Now: func() time.Time { return at }, Log: a.log})
	v, err := then.Visit(ctx, who, demoRunning, board)
	if err != nil {
		return nil, err
	}
	return then.Write(ctx, v, n)
}

// demoAnswers are answers to the course's first prompt, with a reply to each of the first two.
var demoAnswers = []struct{ who, body, reply string }{
	{"learner2", "I'd close our second page, *Lakeside Events*. What has changed most for our public is that they ask where the thing is announced: last winter I counted, and 31 of 40 questions came under the main page, whatever we posted on the other one. Nobody has answered on the events page since August, and somebody asked there in October whether the swim was cancelled. It was.\n\nWho loses: about sixty people from the rowing club who follow only that one. I would write to the club before we post the notice, and keep the page readable for a year with the new address on top.", "The October question is the argument. I'd put it in the first line of the note to whoever decides, before any number."},
	{"learner3", "Our phone-in hour. Five years ago people rang on Tuesdays between ten and eleven, now they expect to write at night and read the answer at breakfast. The log says four calls in nine weeks.\n\nBut three of the four were the same person, who is 84 and does not use a screen. So I would close the hour and not the phone: she gets the number of the desk, and I have asked two colleagues to know her name. What I can't tell is who gave up ringing because the line was busy in the years when it was busy. Nobody wrote that down.", "Closing the hour and not the phone is the sentence I was missing. Who will tell her?"},
	{"learner4", "I wanted to name the newsletter and changed my mind while I looked. It is opened by 900 people, and I thought that was little. Then I looked at what they do: most of the bookings for the flu clinic come within two hours after it goes out. What has changed is that they want one thing in it and not seven.\n\nSo I'd close the account with the short videos. It took my Fridays, the comments are kind, and not one of them is from our district. People who lose by it: two colleagues who like being in them. That is a real loss too, and I would ask them to help at the clinic's own page.", ""},
}

// beginAnswers lets them answer the first prompt that has opened, where the course has one.
func (a *App) beginAnswers(ctx context.Context) error {
	d, err := a.Deliveries.ByID(ctx, demoRunning)
	if err != nil {
		return err
	}
	rev, err := a.Courses.Current(ctx, d.CourseKey)
	if err != nil {
		return err
	}
	act := rev.First()
	for act != nil && act.Kind != "forum" {
		act = act.Next
	}
	if act == nil {
		return nil
	}
	dates := forum.DatesOf(d, rev, act, nil)
	at := dates.Opens.Add(30 * time.Hour)
	if at.After(a.now()) {
		return nil
	}
	board, first := forum.BoardOf(act.Key), ""
	ids := make([]string, len(demoAnswers))
	for i, k := range demoAnswers {
		who, err := a.Accounts.ByEmail(ctx, k.who+"@demo.example")
		if err != nil {
			return ignoreGone(err)
		}
		out, err := a.say(ctx, who, board, at.Add(time.Duration(i)*3*time.Hour), forum.Text{ThreadID: first, Body: k.body})
		if err != nil {
			return ignoreGone(err) // a course of the operator's that asks for more
		}
		first, ids[i] = out.ThreadID, out.ID
	}
	for i, k := range demoAnswers {
		if k.reply == "" {
			continue
		}
		who, err := a.Accounts.ByEmail(ctx, demoAnswers[(i+1)%len(demoAnswers)].who+"@demo.example")
		if err != nil {
			return ignoreGone(err)
		}
		if _, err := a.say(ctx, who, board, at.Add(time.Duration(20+i)*time.Hour), forum.Text{ThreadID: first, ParentID: ids[i], Body: k.reply}); err != nil {
			return ignoreGone(err) // the course asks for longer answers than theirs: they may not see the others'
		}
	}
	return nil
}
