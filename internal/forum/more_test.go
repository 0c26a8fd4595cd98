package forum_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"greenroom/internal/account"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/delivery"
	"greenroom/internal/draft"
	"greenroom/internal/fault"
	"greenroom/internal/forum"
	"greenroom/internal/id"
	"greenroom/internal/record"
)

// The step is done with an own answer that is long enough and replies to as many different others as it asks for; alone,
// with the answer.
func TestWhatCompletesTheStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben, cat := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Cat Katz")
		done := func() bool {
			return w.count("learning_event WHERE person_id = ? AND activity_key = 'one/ask' AND kind = ?", ana.ID, record.Done) == 1
		}
		b, c := w.answer(ben), w.answer(cat)
		own := w.answer(ana)
		reply := func(to *forum.Post) {
			w.write(ana, prompt, forum.Text{ThreadID: to.ThreadID, ParentID: to.ID, Body: "I see."})
		}
		reply(own)
		reply(b)
		reply(b) // twice to one is one
		if done() {
			t.Fatal("done with a reply to one other")
		}
		reply(c)
		if !done() {
			t.Fatal("not done with replies to two others")
		}
		alone := w.person("Al One")
		_, err := w.del.Enrol(w.ctx, alone.ID, "posts")
		ok(t, err)
		self, err := w.del.SelfPaced(w.ctx, "posts")
		ok(t, err)
		v, err := w.Visit(w.ctx, alone, self.ID, prompt)
		ok(t, err)
		_, err = w.Write(w.ctx, v, forum.Text{Body: text(12)})
		ok(t, err)
		if w.count("learning_event WHERE person_id = ? AND activity_key = 'one/ask'", alone.ID) != 1 {
			t.Error("who learns alone is not done with an answer")
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		v := w.visit(ana, forum.General)
		post := func(n forum.Text) error { return second2(w.Write(w.ctx, v, n)) }
		long := strings.Repeat("é", forum.MaxBody)
		ok(t, post(forum.Text{Title: strings.Repeat("t", forum.MaxTitle), Body: long}))
		wants(t, post(forum.Text{Title: "T", Body: long + "é"}), fault.Invalid)
		wants(t, post(forum.Text{Title: strings.Repeat("t", forum.MaxTitle+1), Body: "x"}), fault.Invalid)
		wants(t, post(forum.Text{Title: "T", Body: " \n "}), fault.Invalid)
		wants(t, post(forum.Text{Body: "no title"}), fault.Invalid)
		names := ""
		for i := range forum.MaxMentions + 1 {
			name := fmt.Sprintf("Member %c", 'A'+i)
			w.member(name)
			names += "@" + name + ", "
		}
		wants(t, post(forum.Text{Title: "T", Body: names}), fault.Invalid)
		ok(t, post(forum.Text{Title: "T", Body: strings.Replace(names, "@Member K", "", 1) + " someone@Member K"}))
		for i := range forum.PerMinute - 2 {
			ok(t, post(forum.Text{Title: fmt.Sprint(i), Body: "x"}))
		}
		wants(t, post(forum.Text{Title: "T", Body: "one too many"}), fault.Limited)
		w.pass(time.Minute)
		ok(t, post(forum.Text{Title: "T", Body: "a minute later"}))
		wants(t, post(forum.Text{Title: "T", Body: "x", Files: make([]forum.Upload, forum.MaxFiles+1)}), fault.Invalid)
		wants(t, post(forum.Text{Title: "T", Body: "x", Files: []forum.Upload{{Name: "a.png", Data: make([]byte, forum.MaxFile+1)}}}), fault.Invalid)
		wants(t, post(forum.Text{Title: "T", Body: "x", Files: []forum.Upload{{Name: "a.png", Data: []byte("<svg onload='x'/>")}}}), fault.Invalid)
		wants(t, post(forum.Text{Title: "T", Body: "x", Files: []forum.Upload{{Name: "a.png", Data: []byte("\x89PNG\r\n\x1a\nrubbish")}}}), fault.Invalid)
	})
}

// What a camera writes beside a picture does not come through; how it was held is applied.
func TestPicturesLoseWhatIsNotThePicture(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.New(t, "sqlite"))
	ana := w.member("Ana Lopes")
	img := image.NewRGBA(image.Rect(0, 0, 32, 16))
	for x := range 32 {
		for y := range 16 {
			img.Set(x, y, color.RGBA{uint8(x * 8), 0, 0, 255})
		}
	}
	var j, p bytes.Buffer
	ok(t, jpeg.Encode(&j, img, nil))
	ok(t, png.Encode(&p, img))
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"), "GPS of a house"...)
	app1 := append([]byte{0xff, 0xe1, 0, 0}, exif...)
	binary.BigEndian.PutUint16(app1[2:], uint16(len(exif)+2))
	shot := append(append(append([]byte{}, j.Bytes()[:2]...), app1...), j.Bytes()[2:]...)
	chunk := append([]byte("tEXt"), "Author\x00GPS of a house"...)
	raw := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	raw = binary.BigEndian.AppendUint32(append(raw, chunk...), crc32.ChecksumIEEE(chunk))
	drawn := append(append(append([]byte{}, p.Bytes()[:33]...), raw...), p.Bytes()[33:]...)
	post := w.write(ana, forum.General, forum.Text{Title: "T", Body: "x", Files: []forum.Upload{{Name: `C:\Users\ana\a.jpg`, Data: shot}, {Name: "b.png", Data: drawn}}})
	var files []forum.File
	ok(t, w.d.NewSelect().Model(&files).Where("ff.post_id = ?", post.ID).OrderExpr("ff.name").Scan(w.ctx))
	if len(files) != 2 || files[0].Name != "a.jpg" || files[0].Type != "image/jpeg" || files[1].Type != "image/png" {
		t.Fatalf("files %d", len(files))
	}
	for _, f := range files {
		if bytes.Contains(f.Data, []byte("GPS")) || bytes.Contains(f.Data, []byte("Exif")) {
			t.Errorf("%s still says where it was taken", f.Name)
		}
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(files[0].Data))
	ok(t, err)
	if c.Width != 16 || c.Height != 32 {
		t.Errorf("not turned: %d × %d", c.Width, c.Height)
	}
}

// A name that was chosen hides who wrote from other learners everywhere, and counts nowhere with the own name; staff and
// the author see both.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		n := forum.Text{Title: "T", Body: "Under another name.", Pseudonym: true}
		if p := w.write(ana, forum.General, n); p.Pseudonym != "" {
			t.Fatal("a name could be hidden where nobody decided so")
		}
		wants(t, w.SetPseudonyms(w.ctx, w.visit(ana, forum.General), true), fault.NotFound)
		ok(t, w.SetPseudonyms(w.ctx, w.visit(w.trainer, forum.General), true))
		p := w.write(ana, forum.General, n)
		again := w.write(ana, forum.General, forum.Text{ThreadID: p.ThreadID, Body: "Again.", Pseudonym: true})
		if p.Pseudonym == "" || again.Pseudonym != p.Pseudonym {
			t.Fatalf("names %q and %q", p.Pseudonym, again.Pseudonym)
		}
		w.write(ben, forum.General, forum.Text{ThreadID: p.ThreadID, ParentID: p.ID, Body: "An answer."})
		for who, want := range map[*account.Person][2]string{ben: {p.Pseudonym, ""}, ana: {p.Pseudonym, "Ana Lopes"}, w.trainer: {p.Pseudonym, "Ana Lopes"}} {
			if o := w.page(who, p.ThreadID).Opening; o.Name != want[0] || o.Real != want[1] {
				t.Errorf("%s sees %q and %q", who.Name, o.Name, o.Real)
			}
		}
		list, _, err := w.Threads(w.ctx, w.visit(ben, forum.General), forum.ListAll, 1)
		ok(t, err)
		for _, x := range list {
			if x.ID == p.ThreadID && x.Name != p.Pseudonym {
				t.Errorf("the list says %q", x.Name)
			}
		}
		_, found, _, err := w.Search(w.ctx, ben, w.cohort.ID, "another", 1)
		ok(t, err)
		for _, f := range found {
			if f.ID == p.ID && f.Name != p.Pseudonym {
				t.Errorf("the search says %q", f.Name)
			}
		}
		g, err := w.Participation(w.ctx, w.visit(w.trainer, forum.General), "")
		ok(t, err)
		for _, x := range g.People {
			if x.Name == "Ana Lopes" && (x.Posts != 1 || x.Got != 0) || x.Name == "Ben Ofa" && x.Gave != 0 {
				t.Errorf("counted: %+v", x)
			}
		}
	})
}

// Discussion groups are filled evenly, as many as the cohort needs, and nobody sees another group's answers.
func TestGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		var people []*account.Person
		for i := range 2*forum.GroupSize - 15 {
			people = append(people, w.member(fmt.Sprintf("Member %02d", i)))
		}
		var posts []*forum.Post
		for _, p := range people { // as the page sends it: to the thread where there is one
			v := w.visit(p, prompt)
			th, err := w.PromptThread(w.ctx, v)
			ok(t, err)
			n := forum.Text{Body: text(12)}
			if th != nil {
				n.ThreadID = th.ID
			}
			posts = append(posts, w.write(p, prompt, n))
		}
		groups, err := w.Groups(w.ctx, w.visit(w.trainer, forum.General))
		ok(t, err)
		if len(groups) != 2 || len(groups[0].People)-len(groups[1].People) > 1 || len(groups[1].People)-len(groups[0].People) > 1 {
			t.Fatalf("%d groups", len(groups))
		}
		if posts[0].ThreadID == posts[1].ThreadID {
			t.Fatal("the second is in the first's group")
		}
		_, _, err = w.VisitThread(w.ctx, people[0], posts[1].ThreadID)
		wants(t, err, fault.NotFound)
		_, _, err = w.VisitThread(w.ctx, w.trainer, posts[1].ThreadID)
		ok(t, err)
		v := w.visit(w.trainer, forum.General)
		g, err := w.MakeGroup(w.ctx, v, "", "Breakout", []string{people[0].ID, people[1].ID, w.person("Not In It").ID})
		ok(t, err)
		_, err = w.Visit(w.ctx, people[0], w.cohort.ID, "g."+g.ID)
		ok(t, err)
		_, err = w.Visit(w.ctx, people[2], w.cohort.ID, "g."+g.ID)
		wants(t, err, fault.NotFound)
		wants(t, second2(w.MakeGroup(w.ctx, w.visit(people[0], forum.General), "", "Mine", []string{people[0].ID})), fault.NotFound)
	})
}

// Who may know of a discussion: its people and its staff. For everybody else it does not exist.
func TestStrangersKnowNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		p := w.answer(ana)
		other := w.begin(func(x *delivery.Terms) { x.Title = "Other" })
		lead := w.person("Lee Elsewhere")
		lead.Powers = account.PowersOf([]account.Power{{Role: account.RoleTrainer, DeliveryID: other.ID}})
		left := w.member("Leo Left")
		ok(t, w.del.Leave(w.ctx, left.ID, w.cohort.ID))
		guest := &account.Person{ID: id.New(), Kind: account.KindGuest}
		for _, who := range []*account.Person{nil, guest, w.person("Sam Stranger"), lead, left} {
			_, err := w.Visit(w.ctx, who, w.cohort.ID, forum.General)
			wants(t, err, fault.NotFound)
			_, _, err = w.VisitThread(w.ctx, who, p.ThreadID)
			wants(t, err, fault.NotFound)
		}
		_, err := w.Visit(w.ctx, ana, w.cohort.ID, second) // its week has not come
		wants(t, err, fault.NotFound)
		_, err = w.Visit(w.ctx, w.trainer, w.cohort.ID, second)
		ok(t, err)
		_, err = w.Visit(w.ctx, ana, w.cohort.ID, "nothing")
		wants(t, err, fault.NotFound)
	})
}

// Marks are 0, 1 or 2 with a sentence; they are told to the learner once, not overwritten unseen, and who is excused has
// the step waived in the record.
func TestMarking(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		w.answer(ana)
		v := w.visit(w.trainer, prompt)
		rows, total, open, err := w.Queue(w.ctx, v, 1)
		ok(t, err)
		if total != 2 || open != 1 || rows[0].Name != "Ana Lopes" || rows[0].State() != "mark" || rows[1].State() != "nothing" {
			t.Fatalf("queue %+v, %d, %d", rows, total, open)
		}
		if n, err := w.ToMark(w.ctx, v); err != nil || n["one/ask"] != 1 {
			t.Errorf("to be marked: %v, %v", n, err)
		}
		wants(t, w.Mark(w.ctx, w.visit(ana, prompt), ana.ID, forum.Grade{Feedback: "all mine"}), fault.NotFound)
		wants(t, w.Mark(w.ctx, v, ana.ID, forum.Grade{Answer: 3, Feedback: "too much"}), fault.Invalid)
		wants(t, w.Mark(w.ctx, v, ana.ID, forum.Grade{Answer: 2}), fault.Invalid)
		g := forum.Grade{Answer: 2, Replies: 0, Moves: 1, Feedback: "Quotes the sentence; ask Ben next."}
		ok(t, w.Mark(w.ctx, v, ana.ID, g))
		ok(t, w.Mark(w.ctx, v, ana.ID, g)) // the same again
		other := g
		other.Answer = 1
		wants(t, w.Mark(w.ctx, v, ana.ID, other), fault.Conflict)
		other.Version = 1
		ok(t, w.Mark(w.ctx, v, ana.ID, other))
		own, err := w.GradeOf(w.ctx, w.visit(ana, prompt))
		ok(t, err)
		if own == nil || own.Total() != 2 || own.Feedback != g.Feedback {
			t.Errorf("she sees %+v", own)
		}
		if n := w.count("inbox WHERE person_id = ? AND kind = 'marked'", ana.ID); n != 2 {
			t.Errorf("told %d times", n)
		}
		wants(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Excused: true, Feedback: "on leave this week", Version: 7}), fault.Conflict)
		if w.count("learning_event WHERE person_id = ?", ben.ID) != 0 {
			t.Error("a refused mark has waived the step")
		}
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Excused: true, Feedback: "on leave this week"}))
		if w.count("learning_event WHERE person_id = ? AND activity_key = 'one/ask' AND kind = ?", ben.ID, record.Waived) != 1 {
			t.Error("the step is not waived")
		}
		// Marks instead of the excuse take the waiver back, and both are in the record.
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Answer: 1, Feedback: "Wrote after all, late.", Version: 1}))
		if w.count("learning_event WHERE person_id = ? AND activity_key = 'one/ask' AND kind = ?", ben.ID, record.Reversed) != 1 {
			t.Error("the waiver stands")
		}
		marks, err := w.Marks(w.ctx, ben.ID)
		ok(t, err)
		if g := marks[[2]string{v.Course.Key, "one/ask"}]; len(marks) != 1 || g.Total() != 1 || g.Excused {
			t.Errorf("marks %+v", marks)
		}
		sums, err := w.Sums(w.ctx, v.Delivery.ID)
		ok(t, err)
		if sums[ana.ID] != (forum.Sum{Marks: 2, Of: 6}) || sums[ben.ID] != (forum.Sum{Marks: 1, Of: 6}) {
			t.Errorf("sums %+v", sums)
		}
		// The words of an excuse can change; a waiver that was decided elsewhere is not touched.
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Excused: true, Feedback: "away after all", Version: 2}))
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Excused: true, Feedback: "ill, not away", Version: 3}))
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Answer: 1, Feedback: "Wrote after all, late.", Version: 4}))
		if n := w.count("learning_event WHERE person_id = ? AND kind = ?", ben.ID, record.Reversed); n != 2 {
			t.Errorf("%d waivers taken back", n)
		}
		_, err = w.rec.Decide(w.ctx, w.trainer, record.Decision{
			PersonID: ben.ID, PersonName: "Ben", Course: v.Course, DeliveryID: v.Delivery.ID, Kind: record.Waived, Steps: []string{"one/ask"}, Reason: "agreed at enrolment",
		})
		ok(t, err)
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Excused: true, Feedback: "as agreed", Version: 5}))
		ok(t, w.Mark(w.ctx, v, ben.ID, forum.Grade{Answer: 1, Feedback: "Wrote after all, late.", Version: 6}))
		if n := w.count("learning_event WHERE person_id = ? AND kind = ?", ben.ID, record.Reversed); n != 2 {
			t.Error("a waiver that was decided elsewhere was taken back")
		}
		if _, _, open, err = w.Queue(w.ctx, v, 1); err != nil || open != 0 {
			t.Errorf("still open: %d, %v", open, err)
		}
		if n, err := w.ToMark(w.ctx, v); err != nil || n["one/ask"] != 0 {
			t.Errorf("still to be marked: %v, %v", n, err)
		}
	})
}

// A reactor that hears twice tells once.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben, cat := w.member("Ana Lopes"), w.member("Ben Ofa"), w.member("Cat Katz")
		a := w.write(ana, forum.General, forum.Text{Title: "T", Body: "First."})
		v, th, err := w.VisitThread(w.ctx, cat, a.ThreadID)
		ok(t, err)
		ok(t, w.Want(w.ctx, v, th, forum.Follow))
		p := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "For @ana lopes, and @Ben Ofa himself."})
		for range 3 {
			ok(t, w.OnPosted(w.ctx, forum.Posted{PostID: p.ID}))
		}
		for who, want := range map[*account.Person]string{ana: "mention", cat: "post"} {
			items, _, err := w.inbox.List(w.ctx, who.ID, "")
			ok(t, err)
			if len(items) != 1 || items[0].Kind != want {
				t.Errorf("%s was told %+v", who.Name, items)
			}
		}
		if n := w.count("inbox WHERE person_id = ?", ben.ID); n != 0 {
			t.Errorf("the author was told of the own post %d times", n)
		}
		ok(t, w.Want(w.ctx, v, th, forum.Mute))
		w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "More."})
		if n := w.count("inbox WHERE person_id = ?", cat.ID); n != 1 {
			t.Errorf("told of a muted thread: %d", n)
		}
	})
}

// What somebody wrote stays when they go, without their name; so do texts that mention them.
func TestWhoHasGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		a := w.write(ana, forum.General, forum.Text{Title: "T", Body: "First."})
		m := w.write(ben, forum.General, forum.Text{ThreadID: a.ThreadID, Body: "Thanks, @Ana Lopes!"})
		ok(t, w.d.RunInTx(w.ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if err := w.Erase(ctx, tx, ana, account.Wish{}); err != nil {
				return err
			}
			_, err := tx.NewDelete().Model(ana).WherePK().Exec(ctx)
			return err
		}))
		g := w.page(ben, a.ThreadID)
		if g.Opening == nil || g.Opening.Name != "" || g.Opening.Body != "First." {
			t.Errorf("what stayed: %+v", g.Opening)
		}
		if len(g.Posts) != 1 || g.Posts[0].ID != m.ID || strings.Contains(g.Posts[0].Body+g.Posts[0].HTML, "Ana") || !strings.Contains(g.Posts[0].Body, "@former member") {
			t.Errorf("a mention still says %q", g.Posts[0].Body)
		}
	})
}

// A draft that another page has overtaken is not written over; posting takes it away.
func TestDrafts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana := w.member("Ana Lopes")
		v := w.visit(ana, prompt)
		place := forum.NewPlace(w.cohort.ID, prompt)
		one, two := draft.Form{Page: id.New(), N: 1}, draft.Form{Page: id.New(), N: 1}
		ok(t, w.SaveDraft(w.ctx, v, place, "", "First try", "", one))
		one.N = 2
		ok(t, w.SaveDraft(w.ctx, v, place, "", "First try, longer", "", one))
		wants(t, w.SaveDraft(w.ctx, v, place, "", "Other page", "", two), fault.Conflict)
		wants(t, w.SaveDraft(w.ctx, v, "somewhere", "", "x", "", two), fault.NotFound)
		got, err := w.DraftOf(w.ctx, ana.ID, place)
		ok(t, err)
		if got == nil || got.Body != "First try, longer" {
			t.Fatalf("draft %+v", got)
		}
		w.answer(ana)
		if got, err = w.DraftOf(w.ctx, ana.ID, place); err != nil || got != nil {
			t.Errorf("after posting: %+v, %v", got, err)
		}
	})
}

// Pages of a long thread hold every post once, in order, forwards and backwards.
func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *bun.DB) {
		w := setup(t, d)
		ana, ben := w.member("Ana Lopes"), w.member("Ben Ofa")
		a := w.write(ana, forum.General, forum.Text{Title: "T", Body: "First."})
		var last *forum.Post
		for i := range 130 {
			n := forum.Text{ThreadID: a.ThreadID, Body: fmt.Sprint("Post ", i)}
			if last != nil && i%3 == 0 {
				n.ParentID = last.ID
			}
			w.pass(time.Minute)
			p, err := w.Write(w.ctx, w.visit(ben, forum.General), n)
			ok(t, err)
			if i%7 == 0 {
				last = p
			}
		}
		v, th, err := w.VisitThread(w.ctx, ana, a.ThreadID)
		ok(t, err)
		var all []string
		at := forum.Where{}
		for {
			g, err := w.Page(w.ctx, v, th, at)
			ok(t, err)
			for _, p := range g.Posts {
				all = append(all, p.ID)
			}
			if g.After == "" {
				break
			}
			at = forum.Where{After: g.After}
		}
		seen := map[string]bool{}
		for _, x := range all {
			seen[x] = true
		}
		if len(all) != 130 || len(seen) != 130 {
			t.Fatalf("%d posts, %d different", len(all), len(seen))
		}
		g, err := w.Page(w.ctx, v, th, forum.Where{Before: all[60]})
		ok(t, err)
		if len(g.Posts) != forum.PerPage || g.Posts[forum.PerPage-1].ID != all[59] || g.Before == "" || g.After == "" {
			t.Errorf("before: %d posts", len(g.Posts))
		}
		g, err = w.Page(w.ctx, v, th, forum.Where{At: all[0]})
		ok(t, err)
		if g.Before != "" || g.Posts[0].ID != all[0] {
			t.Error("there is something before the first post")
		}
		g, err = w.Page(w.ctx, v, th, forum.Where{At: all[129]})
		ok(t, err)
		if n := len(g.Posts); n == 0 || g.Posts[n-1].ID != all[129] || g.After != "" {
			t.Errorf("at the last: %d posts", len(g.Posts))
		}
	})
}
