package app_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// The glossary is searched by word and by course; a pathway shows one's own progress and leads on from there.
func TestGlossaryAndPathways(t *testing.T) {
	m := small()
	m["glossary.yaml"] = &fstest.MapFile{Data: []byte("format: glossary/1\ntitle: \"Our words\"\nterms:\n" +
		"  - { key: room, term: \"Room to act\", meaning: \"What can <still> change.\", also: [\"Leeway\"], source: tiny/S1, modules: [tiny/first] }\n" +
		"  - { key: digest, term: \"Digest\", meaning: \"One page.\", modules: [tiny/later] }\n")}
	m["pathways.yaml"] = &fstest.MapFile{Data: []byte("format: pathways/1\ntitle: \"Our ways\"\nroles:\n" +
		"  - key: host\n    title: \"Host\"\n    summary: \"You open the door.\"\n    does: [\"Open it\"]\n    modules:\n" +
		"      - { module: tiny/first, why: \"It is the start.\" }\n")}
	each(t, setup{courses: m}, func(t *testing.T, s *site) {
		guest := s.nobody()
		guest.get("/glossary").want(200, "Our words", `id="room"`, "What can &lt;still&gt; change.", "Leeway", "2 words", `href="`+tiny+`/first/read"`, `href="#letter-D"`, "A guide")
		lacks(t, guest.get("/glossary?q=LEEWAY").want(200, "1 word", "Room to act"), "One page.")
		guest.get("/glossary?q=zebra").want(200, "No word matches", "Show all words")
		guest.get("/glossary?course=tiny").want(200, "2 words")
		guest.get("/glossary?course=none").want(200, "2 words")
		lacks(t, guest.get("/pathways").want(200, "Our ways", "It is the start.", `href="`+tiny+`/first/read"`), "0 of 1 module")

		c := s.person("Wanda Way", "learner")
		r := s.course("tiny")
		c.take("tiny", r.Activity("first/read"))
		c.get("/pathways").want(200, "0 of 1 module done", `href="`+tiny+`/first/check"`)
		c.get(tiny+"/first/more").want(200, `href="/glossary?course=tiny"`)
	})
}

func TestNoGlossaryAndNoPathways(t *testing.T) {
	each(t, setup{}, func(t *testing.T, s *site) {
		s.nobody().get("/glossary").want(200, "No glossary yet")
		s.nobody().get("/pathways").want(200, "No pathways yet")
	})
}

func lacks(t *testing.T, p *page, text string) {
	t.Helper()
	if strings.Contains(p.raw, text) {
		t.Errorf("%q is on the page", text)
	}
}
