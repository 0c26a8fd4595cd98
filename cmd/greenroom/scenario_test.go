package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A scenario goes out as Twee and comes back the same; a sketch becomes a draft with its gaps listed; nothing is overwritten.
func TestScenarioImportAndExport(t *testing.T) {
	s := newShell(t)
	const file = "../../internal/scenario/testdata/cheerful-outage.yaml"
	sketch, _ := s.run(0, "scenario", "export", "--twee", file)
	dir := t.TempDir()
	twee, back := filepath.Join(dir, "outage.twee"), filepath.Join(dir, "outage.scenario.yaml")
	ok(t, os.WriteFile(twee, []byte(sketch), 0o600))
	out, _ := s.run(0, "scenario", "import", twee, "--out", back, "--json")
	holds(t, out, `"gaps": []`)
	want, err := os.ReadFile(file)
	ok(t, err)
	got, err := os.ReadFile(back)
	ok(t, err)
	if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Errorf("%d bytes came back of %d", len(got), len(want))
	}
	s.run(1, "scenario", "import", twee, "--out", back) // it is there already

	ok(t, os.WriteFile(twee, []byte(":: Start\nHello. <<set $x to 1>>\n[[Go on->End]]\n\n:: End\nThat was it.\n"), 0o600))
	out, gaps := s.run(0, "scenario", "import", twee)
	holds(t, out, "schema: scenario/1", "kind: scene", "That was it.")
	holds(t, gaps, "Start: not imported: <<set $x to 1>>", "scenario lint says what is missing")
	s.run(1, "scenario", "export", file)
	ok(t, os.WriteFile(twee, []byte("PK no package"), 0o600))
	_, why := s.run(1, "scenario", "import", twee)
	holds(t, why, "no zip file")
}
