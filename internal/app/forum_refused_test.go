package app_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"greenroom/internal/account"
	"greenroom/internal/forum"
)

// send sends a form with files as a page of the site does.
func (c *client) send(path string, form url.Values, files map[string][]byte) *page {
	c.s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, all := range form {
		for _, v := range all {
			ok(c.s.t, m.WriteField(k, v))
		}
	}
	for name, data := range files {
		w, err := m.CreateFormFile("files", name)
		ok(c.s.t, err)
		_, err = w.Write(data)
		ok(c.s.t, err)
	}
	ok(c.s.t, m.Close())
	r, err := http.NewRequest(http.MethodPost, c.s.url+path, &b)
	ok(c.s.t, err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.do(r)
}

// Whatever refuses a post, its text is on the page that says so.
func TestRefusedPostsKeepTheirText(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada", "Bo")
		ada, bo := people[0], people[1]
		staff := s.person("Tess", account.RoleTrainer)
		text := "A text that took me a quarter of an hour."
		form := url.Values{"body": {text}, "rules": {"1"}}
		opened := ada.say(d, "What is there to say?", nil).want(303).header.Get("Location")
		thread, _, _ := strings.Cut(ada.get(opened).want(302).header.Get("Location"), "#")

		// Whose account is new knows beforehand what they cannot do yet.
		bo.get(thread).want(200, "Your account is new.", "posts cannot have files").lacks(`type="file"`)
		bo.send(thread, form, map[string][]byte{"plan.pdf": []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")}).want(422, text, "posts cannot have files")
		s.clock.advance(25 * time.Hour)
		ada.again()
		staff.again()
		bo.again().get(thread).want(200, `type="file"`).lacks("Your account is new.", `maxlength="10000"`)

		// Files that are too large, of a wrong kind, too many: the error stands at the field, which is in sight.
		big := map[string][]byte{"plan.pdf": make([]byte, forum.MaxUpload+1)}
		bo.send(thread, form, big).want(422, text, "too large together", `<details open>`)
		bo.send(thread, form, map[string][]byte{"a.txt": []byte("hello")}).want(422, text, "a.txt is not of a kind", `<details open>`, "Choose your files again")
		bo.send(thread+"/draft", form, big).want(303)
		bo.get(thread).want(200, text)
		bo.send(thread+"/preview", form, big).want(200, text)
		bo.send(thread, url.Values{"body": {strings.Repeat("word ", 120<<10)}}, nil).want(422, "Take")
		bo.send(thread, url.Values{"body": {strings.Repeat("word ", 400<<10)}}, big).want(413)

		// What a picture shows is said to who does not see it; a line that is too long comes back with the rest of the form.
		var picture bytes.Buffer
		ok(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))))
		pictures := map[string][]byte{"office.png": picture.Bytes()}
		form.Set("pictures", strings.Repeat("x", forum.MaxAlt+1))
		bo.send(thread, form, pictures).want(422, text, "longer than 300 characters, by 1", strings.Repeat("x", forum.MaxAlt+1), `<details open>`)
		form.Set("pictures", "\r\nThe counter, with \"no queue\" <b>on</b> the door\r\nNobody's picture")
		bo.send(thread, form, pictures).want(303)
		ada.get(thread).want(200, `alt="The counter, with &#34;no queue&#34; &lt;b&gt;on&lt;/b&gt; the door"`).lacks("Nobody")
		form.Del("pictures")

		// The post that is answered has gone meanwhile: the text does not go with it.
		gone := ada.post(thread, url.Values{"body": {"I take this back."}}).want(303).header.Get("Location")
		id := strings.TrimPrefix(gone, "/posts/")
		ada.post(gone+"/remove", nil).want(303)
		bo.post(thread, url.Values{"body": {text}, "rules": {"1"}, "parent": {id}}).want(409, text, "isn&#39;t there any more").lacks(`name="parent"`)

		// A form that was sent before with another text can be sent again.
		once := url.Values{"body": {"The first text."}, "rules": {"1"}, "client": {"019ac000-0000-7000-8000-00000000aaaa"}}
		bo.post(thread, once).want(303)
		once.Set("body", text)
		page := bo.post(thread, once).want(409, text, "post this one as well")
		_, client, _ := strings.Cut(page.raw, `name="client" value="`)
		once.Set("client", client[:36])
		bo.post(thread, once).want(303)

		// The thread is locked, or the session has ended: what was written can be copied from the page.
		staff.post(thread+"/manage", url.Values{"what": {"lock"}}).want(303)
		bo.post(thread, url.Values{"body": {text + " And more."}}).follow().want(200, "locked while you were writing", text+" And more.", "Discard it")
		bo.post(thread+"/draft", url.Values{"body": {""}, "version": {"1"}}).follow().want(200, "Your draft is gone").lacks("And more")
		staff.post(thread+"/manage", url.Values{"what": {"unlock"}}).want(303)
		out := s.nobody().post(thread, form).want(401, "What you had written", text)
		if s.nobody().post(thread, url.Values{"password": {"a long walk by the river"}}).want(401); strings.Contains(out.raw, "river") {
			t.Error("a password is shown")
		}
	})
}

// An edit asks for the house rules where they are not accepted, and one that meets another edit shows both.
func TestEditsKeepTheirText(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		d, people := s.inCohort("Ada")
		ada := people[0]
		who, err := s.Accounts.ByID(context.Background(), ada.id)
		ok(t, err)
		v, err := s.Forum.Visit(context.Background(), who, d.ID, forum.General)
		ok(t, err)
		p, err := s.Forum.Write(context.Background(), v, forum.Text{Title: "A question", Body: "As it was.", Rules: 1})
		ok(t, err)
		admin := s.person("Root", account.RoleAdmin)
		admin.get("/admin/moderation").submit("/moderation/rules", url.Values{"body": {strings.Repeat("Be kind and say so. ", 10)}}).want(303)
		edit := forum.PostPath(p.ID) + "/edit"
		one, two := url.Values{"rev": {"1"}, "body": {"From the first tab, with care."}}, url.Values{"rev": {"1"}, "body": {"From the second tab, with **care**."}}
		ada.get(edit).want(200, "I keep to the house rules", `value="2"`)
		ada.post(edit, one).want(422, "Say that you keep", "From the first tab", `id="f-rules"`)
		one.Set("rules", "2")
		ada.post(edit, one).want(303)
		ada.get(edit).want(200).lacks("I keep to the house rules")
		ada.post(edit, url.Values{"rev": {"1"}, "body": two["body"], "preview": {"1"}}).want(200, "<strong>care</strong>", "From the second tab, with **care**.")
		page := ada.post(edit, two).want(409, "What the post says now", "From the first tab", "From the second tab, with **care**.", `name="rev" value="2"`)
		if n := strings.Count(page.raw, "From the first tab"); n != 1 {
			t.Errorf("what it says now stands %d times", n)
		}
		two.Set("rev", "2")
		ada.post(edit, two).want(303)
		ada.read(forum.PostPath(p.ID)).want(200, "<strong>care</strong>")
	})
}
