package markdown

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/yuin/goldmark/ast"
	"go.yaml.in/yaml/v3"
)

// film is the YAML inside a video block.
type film struct {
	Title      string `yaml:"title"`
	Src        string `yaml:"src"`
	Captions   string `yaml:"captions"`
	Transcript string `yaml:"transcript"`
	Poster     string `yaml:"poster"`
}

func (c *checker) video(n *ast.FencedCodeBlock) {
	var body bytes.Buffer
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		body.Write(seg.Value(c.src))
	}
	var f film
	dec := yaml.NewDecoder(&body)
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		c.report(n, "the video block cannot be read: "+strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "),
			"give title, src, captions, transcript and, if you like, poster, each on its line")
		return
	}
	v := &video{title: strings.TrimSpace(f.Title), lang: c.o.Lang, captionsLabel: c.o.Labels.Captions, transcriptLabel: c.o.Labels.Transcript}
	for _, need := range []struct{ name, value, why string }{
		{"title", f.Title, "say in a few words what the film shows"},
		{"src", f.Src, "name the mp4 file"},
		{"captions", f.Captions, "name a vtt file: every film has captions"},
		{"transcript", f.Transcript, "name a Markdown file: every film has a transcript"},
	} {
		if strings.TrimSpace(need.value) == "" {
			c.report(n, fmt.Sprintf("the video block has no %s", need.name), need.why)
		}
	}
	file := func(path, want string) string {
		if path == "" {
			return ""
		}
		m, err := c.media(path, want)
		if err != nil {
			c.report(n, err.Error(), "name a file in a media folder of the course")
		}
		return m.URL
	}
	v.src, v.captions, v.poster = file(f.Src, WantVideo), file(f.Captions, WantCaptions), file(f.Poster, WantImage)
	if f.Transcript != "" {
		if c.o.Transcript == nil {
			c.report(n, "a film cannot stand here", "take it out")
		} else if h, err := c.o.Transcript(f.Transcript); err != nil {
			c.report(n, err.Error(), "name a Markdown file in a media folder of the course")
		} else {
			v.transcript = h
		}
	}
	replace(n, v)
}
