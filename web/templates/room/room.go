// Package room is how live workshops look: to trainers, on the projector, on a phone.
//
//	room.templ      joining and taking part
//	stage.templ     the projector
//	console.templ   setting up and the trainer's console
//	group.templ     breakout groups, on every screen
//	setup.templ     changing what is set up
//	pack.templ      what is printed
//	copy.templ      copies to another day, templates
//	story.templ     a scenario that the room or its tables play, and looking back on it
//	summary.templ   what was said and voted
//	attendance.templ who was there
//	after.templ     what participants have when it is over
//	booking.templ   booking a seat, the list of bookings
//
// A screen is a <live-room> around parts. A part is what is replaced when the room has changed, and only when it looks
// different; without scripts it is simply the page.
package room

import (
	"strconv"
	"time"

	"greenroom/internal/course"
	"greenroom/internal/credential"
	"greenroom/internal/delivery"
	"greenroom/internal/locale"
	rules "greenroom/internal/room"
	"greenroom/internal/workshop"
	"greenroom/web/templates/layout"
	"greenroom/web/templates/ui"
)

// Wrong is what a form has to say after a mistake.
type Wrong struct {
	By     map[string]string
	Errors []ui.FieldError
}

// Join is /join.
type Join struct {
	layout.Page
	Wrong
	Code string
}

// Room is /room/:code, for somebody in it and at its door.
type Room struct {
	layout.Page
	Wrong
	View     *rules.View
	L        *locale.Printer
	ClientID string
	Typed    string
	Note     string            // of the group, as typed
	Marks    map[string]string // of a reply, as typed: by the field's name
}

// Stage is the projector's page.
type Stage struct {
	layout.Page
	View    *rules.View
	L       *locale.Printer
	Address string
	QR      credential.QR
}

// List is /teach/rooms.
type List struct {
	layout.Page
	Rooms []rules.Room
}

// Form is the page on which a room is set up.
type Form struct {
	layout.Page
	Wrong
	Plan     rules.Plan
	Course   *course.Revision
	Activity *course.Activity
	Sheet    *workshop.RunSheet
	Zones    []ui.Option
}

// Console is a room as its hosts see it.
type Console struct {
	layout.Page
	Wrong
	View           *rules.View
	L              *locale.Printer
	Self           string // id of who looks
	Address        string
	Email, Minutes string
	Message, Size  string
	Marks          map[string]string // of a reply, as typed: by the field's name
}

func path(v *rules.View) string { return "/room/" + v.Code }

// news is where a participant's page looks for what is new about the item that it shows.
func news(v *rules.View) string {
	if v.Lead != nil {
		return path(v) + "/news?at=" + strconv.Itoa(v.Item.N)
	}
	return path(v) + "/news"
}

func console(v *rules.View) string { return "/teach/rooms/" + v.ID }

// typed is a code in two halves, as it is read out.
func typed(code string) string { return code[:3] + " " + code[3:] }

// when is the room's day and time as its place has them.
func when(l *locale.Printer, r *rules.Room) string {
	return l.T("room.when", "Date", l.Date(delivery.Date(r.Day).Midnight()), "Time", r.Clock, "Zone", ui.City(r.Zone))
}

// until is when the timer ends, as the wall of the place has it.
func until(v *rules.View) string {
	return placeTime(v, v.EndsAt).Format("15:04")
}

// option is the words of one option of an item.
func option(l *locale.Printer, i *rules.Item, n int) string {
	switch {
	case i.Kind == workshop.CheckIn:
		return l.T("room.im_here")
	case i.Content.Options[n] == "true" && i.Kind == workshop.Question:
		return l.T("room.true")
	case i.Content.Options[n] == "false" && i.Kind == workshop.Question:
		return l.T("room.false")
	}
	return i.Content.Options[n]
}

// hint says what a number of a scale means, at its ends.
func hint(i *rules.Item, n int) string {
	if i.Kind != workshop.Scale {
		return ""
	}
	switch n {
	case 0:
		return i.Content.Low
	case len(i.Content.Options) - 1:
		return i.Content.High
	}
	return ""
}

func right(i *rules.Item, n int) bool {
	for _, r := range i.Content.Right {
		if r == n {
			return true
		}
	}
	return false
}

func letter(i *rules.Item, n int) string {
	if i.Kind == workshop.Scale || i.Kind == workshop.CheckIn {
		return ""
	}
	return ui.Letter(n)
}

func sum(counts []int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// both adds what the phones said and what was counted by hand, for drawing.
func both(v *rules.View) []int {
	out := make([]int, len(v.Counts))
	for n := range out {
		out[n] = v.Counts[n]
		if n < len(v.Hand) {
			out[n] += v.Hand[n]
		}
	}
	return out
}

// byHand is what the field of an option has: what was typed wrongly, or what was counted.
func (p Summary) byHand(o rules.Outcome, n int) string {
	switch {
	case p.HandItem == o.Item.ID && n < len(p.HandTyped):
		return p.HandTyped[n]
	case n < len(o.Hand) && o.Hand[n] > 0:
		return strconv.Itoa(o.Hand[n])
	}
	return ""
}

func (p Summary) handError(o rules.Outcome, n int) string {
	if p.HandItem != o.Item.ID {
		return ""
	}
	return p.By["hand-"+strconv.Itoa(n)]
}

// state says in words how an entry stands.
func state(l *locale.Printer, e rules.Entry) string {
	if e.IntoID != "" {
		return l.T("room.state.joined")
	}
	return l.T("room.state." + e.State)
}

// share is how long a bar is, of 100.
func share(counts []int, n int) string {
	total := sum(counts)
	if total == 0 {
		return "0"
	}
	return strconv.Itoa(counts[n] * 100 / total)
}

func kindOf(l *locale.Printer, i *rules.Item) string { return l.T("workshop.kind." + i.Kind) }

// chosen are the words of what somebody has answered.
func chosen(l *locale.Printer, v *rules.View) string {
	text := ""
	for _, n := range v.Chosen {
		if n >= len(v.Item.Content.Options) && v.Item.Kind != workshop.CheckIn {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += option(l, v.Item, n)
	}
	return text
}

func has(all []int, n int) bool {
	for _, x := range all {
		if x == n {
			return true
		}
	}
	return false
}

// left is how many texts somebody may still send.
func left(v *rules.View) int { return v.Item.Entries() - len(v.Own) }

// here counts who is in the room now.
func here(v *rules.View) int {
	n := 0
	for i := range v.People {
		if v.Here(&v.People[i]) {
			n++
		}
	}
	return n
}

func seconds(v *rules.View) string { return strconv.Itoa(v.Ending()) }

func pending(v *rules.View) int {
	n := 0
	for _, e := range v.Entries {
		if e.State == rules.Pending {
			n++
		}
	}
	return n
}

// few says whether an anonymous item has so few answers that they could be guessed.
func few(i *rules.Item) bool {
	return i.Secret() && i.Phase != rules.Waiting && i.Answers > 0 && i.Answers < rules.FewVotes
}

func itoa(n int) string { return strconv.Itoa(n) }

func (p Room) nameHint() string {
	if p.View.Nameless {
		return p.L.T("room.f.name_hint_free")
	}
	return p.L.T("room.f.name_hint")
}

func itemKey(v *rules.View) string {
	if v.Item == nil {
		return v.State
	}
	return v.State + v.Item.ID + v.Item.Phase + storyKey(v)
}

// itemTitle is what is said aloud when the item changes.
func itemTitle(l *locale.Printer, v *rules.View) string {
	switch {
	case v.State == rules.Ended:
		return l.T("room.over_title")
	case v.Item == nil:
		return ""
	}
	title := v.Item.Title
	if v.Told != nil {
		title = v.Told.Now().Passage.Title.Value
	}
	return title + ". " + phase(l, v.Item)
}

func phase(l *locale.Printer, i *rules.Item) string {
	if !i.Asks() {
		return ""
	}
	return l.T("room.phase." + i.Phase)
}

func inputType(i *rules.Item) string {
	if i.Content.Several {
		return "checkbox"
	}
	return "radio"
}

func rows(i *rules.Item) int {
	if i.Kind == workshop.Cloud {
		return 0
	}
	return 3
}

// minutes are what the timer's field has: what was typed wrongly, or what is planned.
func (p Console) minutes() string {
	if p.Minutes != "" {
		return p.Minutes
	}
	return strconv.Itoa(p.View.Item.Minutes)
}

// Summary is what came of a workshop.
type Summary struct {
	layout.Page
	*rules.Summary
	L     *locale.Printer
	Notes map[string][]rules.Group // by item
	Said  *rules.Said
	Wrong
	HandItem  string   // whose counts by hand were typed wrongly
	HandTyped []string // by option
}

// outcome is one item as the drawing of results wants it, as if it were shown.
func (p Summary) outcome(n int) *rules.View {
	o := p.Outcomes[n]
	item := *o.Item
	if item.Phase != rules.Open || !item.Secret() {
		item.Phase = rules.Revealed
	}
	v := &rules.View{Room: p.Room, Item: &item, Counts: o.Counts, Hand: o.Hand, Entries: o.Entries}
	if v.Counts == nil && v.Hand != nil { // nobody was asked by phone
		v.Counts = make([]int, len(v.Hand))
	}
	return v
}

// Option is the words of one option of an item.
func Option(l *locale.Printer, i *rules.Item, n int) string { return option(l, i, n) }

// Wall is an instant as the clock on the wall of the place had it, for tables.
func Wall(r *rules.Room, t time.Time) string {
	return placeTime(&rules.View{Room: r}, t).Format("2006-01-02 15:04")
}

// placeTime is an instant on the wall clock of the place.
func placeTime(v *rules.View, t time.Time) time.Time {
	loc, err := delivery.Zone(v.Zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc)
}
