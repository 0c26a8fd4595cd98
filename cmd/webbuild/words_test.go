package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"greenroom/internal/words"
)

// The counter in the browser and the one on the server must agree, or a learner is told "100 words" and refused.
func TestWordCountersAgree(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node here")
	}
	texts := []string{
		"", "   \n\t ", "one", "  one  two\nthree\tfour ", "don't well-known 3.5 10,000 and/or", "before — after", "- a\n- b",
		"… !!! --- *", "Māori naïve façade Straße", "non\u00A0breaking\u2003space\uFEFFmark", "one\u0085word", "Привет мир", "① ½ x²",
		"👍 thanks 👍", "(quoted) \"words,\" here.", strings.Repeat("word ", 250), "e\u0301te\u0301 a\u0301", "日本語 テスト", "a\u2028b", "\u200bx",
	}
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"../../web/src/ts/words.ts"}, Bundle: true, Format: api.FormatESModule, Engines: engines,
	})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	script := string(built.OutputFiles[0].Contents) + "\nconsole.log(JSON.stringify(" + string(in) + ".map(countWords)));"
	cmd := exec.Command(node, "--input-type=module", "-")
	cmd.Stdin = strings.NewReader(script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	var got []int
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if want := words.Count(text); got[i] != want {
			t.Errorf("%.30q: the browser counts %d, the server %d", text, got[i], want)
		}
	}
}

func TestShapesAreOnePath(t *testing.T) {
	t.Parallel()
	const svg = `<svg viewBox="0 0 24 24"><path d="m1 2 3 0h3"/><circle cx="12" cy="12" r="10"/><rect x="2" y="4" width="20" height="16" rx="2"/>
		<rect x="1" y="1" width="2" height="3"/><line x1="1" x2="2" y1="3" y2="4"/><polyline points="1 2 3 4"/></svg>`
	got, err := onePath(strings.NewReader(svg))
	const want = "M0 0m1 2 3 0h3" + "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0z" +
		"M4 4h16a2 2 0 0 1 2 2v12a2 2 0 0 1 -2 2h-16a2 2 0 0 1 -2 -2v-12a2 2 0 0 1 2 -2z" + "M1 1h2v3h-2z" + "M1 3L2 4" + "M1 2 3 4"
	if err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	if _, err := onePath(strings.NewReader(`<svg><text>x</text></svg>`)); err == nil {
		t.Error("text is no shape")
	}
}
