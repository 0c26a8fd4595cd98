package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"greenroom/internal/outline"
	"greenroom/internal/scenario"
)

type scenarioCmd struct {
	Lint scenarioLintCmd `cmd:"" help:"Check scenario files and play every way through them. Exit status 1 when there are errors."`
	Fmt  scenarioFmtCmd  `cmd:"" help:"Write a sound file anew in one shape, all texts in quotation marks."`
	Play scenarioPlayCmd `cmd:"" help:"Play a scenario in the terminal."`
	Map  scenarioMapCmd  `cmd:"" help:"Print what leads where, or a drawing of it."`

	Import scenarioImportCmd `cmd:"" help:"Make a draft of a Twee 3 file or an H5P Branching Scenario package, and list what is missing in it."`
	Export scenarioExportCmd `cmd:"" help:"Print a scenario as a file for other programs."`
}

// readScenario reads a file, "-" for the standard input, and not much more of it than a scenario may have.
func readScenario(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, scenario.MaxBytes+64<<10))
}

type scenarioLintCmd struct {
	Files []string `arg:"" help:"Files to check; - reads the standard input."`
	JSON  bool     `help:"Print the report as JSON."`
	Since string   `help:"An earlier version: identifiers may not have changed their meaning since."`
}

// lintReport is what lint --json prints for each file.
type lintReport struct {
	File     string            `json:"file"`
	Findings scenario.Findings `json:"findings"`
	Stats    lintStats         `json:"stats"`
}

type lintStats struct {
	Paths   *int64             `json:"paths"` // null when there are loops or too many states
	States  int                `json:"states"`
	Endings map[string]float64 `json:"endings"` // chance of each
}

func (c scenarioLintCmd) Run(w *world) error {
	broken := false
	var before *scenario.Scenario
	if c.Since != "" {
		src, err := readScenario(c.Since)
		if err != nil {
			return err
		}
		if before, _ = scenario.Parse(src); before == nil {
			return fmt.Errorf("%s cannot be read as a scenario", c.Since)
		}
	}
	for _, name := range c.Files {
		src, err := readScenario(name)
		if err != nil {
			return err
		}
		r := scenario.Lint(src)
		if before != nil && r.Scenario != nil {
			r.Findings = append(r.Findings, scenario.Since(before, r.Scenario)...)
		}
		broken = broken || r.Findings.Broken()
		if c.JSON {
			err = printJSON(w.out, name, r)
		} else {
			err = printLint(w, name, r)
		}
		if err != nil {
			return err
		}
	}
	if broken {
		return exit(1)
	}
	return nil
}

func printJSON(out io.Writer, name string, r scenario.Report) error {
	rep := lintReport{File: name, Findings: r.Findings, Stats: lintStats{Endings: map[string]float64{}}}
	if rep.Findings == nil {
		rep.Findings = scenario.Findings{}
	}
	if x := r.Explored; x != nil {
		rep.Stats.States = x.States
		if !x.Loops && !x.Stopped {
			rep.Stats.Paths = &x.Paths
		}
		for k, v := range x.Shares {
			rep.Stats.Endings[k] = math.Round(v*1e4) / 1e4
		}
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(rep)
}

func printLint(w *world, name string, r scenario.Report) error {
	errors, warnings := 0, 0
	for _, f := range r.Findings {
		if f.Error() {
			errors++
		}
		if f.Warning() {
			warnings++
		}
		fmt.Fprintf(w.out, "%s:%s\n", name, f)
	}
	if x := r.Explored; x != nil && x.Shares != nil {
		for _, p := range r.Scenario.Endings() {
			fmt.Fprintf(w.out, "%s: ending %s (%s): %.0f %%\n", name, p.Key, p.Outcome, 100*x.Shares[p.Key])
		}
	}
	_, err := fmt.Fprintf(w.err, "%s: %d errors, %d warnings\n", filepath.Base(name), errors, warnings)
	return err
}

type scenarioFmtCmd struct {
	Files []string `arg:"" help:"Files to write anew; - reads the standard input and prints."`
	Check bool     `help:"Change nothing; exit status 1 when a file would change."`
}

func (c scenarioFmtCmd) Run(w *world) error {
	changed := false
	for _, name := range c.Files {
		src, err := readScenario(name)
		if err != nil {
			return err
		}
		out, err := scenario.Format(src)
		if err != nil {
			return fmt.Errorf("%s: %w (greenroom scenario lint tells them)", name, err)
		}
		switch {
		case name == "-" && !c.Check:
			if _, err := w.out.Write(out); err != nil {
				return err
			}
		case bytes.Equal(src, out):
		case c.Check:
			changed = true
			fmt.Fprintln(w.out, name)
		default:
			st, err := os.Stat(name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(name, out, st.Mode().Perm()); err != nil {
				return err
			}
			fmt.Fprintln(w.out, name)
		}
	}
	if changed {
		return exit(1)
	}
	return nil
}

type scenarioMapCmd struct {
	File string `arg:"" help:"The file."`
	SVG  bool   `help:"Print a drawing."`
}

func (c scenarioMapCmd) Run(w *world) error {
	s, err := sound(w, c.File)
	if err != nil {
		return err
	}
	text := s.Outline()
	if c.SVG {
		text = s.SVG()
	}
	_, err = io.WriteString(w.out, text)
	return err
}

// sound reads a file that can be played; the faults of another are printed.
func sound(w *world, name string) (*scenario.Scenario, error) {
	src, err := readScenario(name)
	if err != nil {
		return nil, err
	}
	r := scenario.Lint(src)
	if r.Findings.Broken() {
		if err := printLint(w, name, r); err != nil {
			return nil, err
		}
		return nil, exit(1)
	}
	return r.Scenario, nil
}

type scenarioPlayCmd struct {
	File   string `arg:"" help:"The file."`
	Seed   int64  `default:"1" help:"What the surprises are drawn from: the same seed and answers give the same path."`
	Answer string `help:"Answers separated by commas instead of asking: a choice's id, points for a reply, silence, back, or - to go on."`
}

func (c scenarioPlayCmd) Run(w *world) error {
	s, err := sound(w, c.File)
	if err != nil {
		return err
	}
	p := &terminal{w: w, story: s.Begin(c.Seed), in: bufio.NewScanner(os.Stdin)}
	if c.Answer != "" {
		p.in = bufio.NewScanner(strings.NewReader(strings.ReplaceAll(c.Answer, ",", "\n")))
	}
	return p.play()
}

// terminal plays a story line by line.
type terminal struct {
	w     *world
	story *scenario.Story
	in    *bufio.Scanner
	shown int // moments
}

func (t *terminal) print(format string, args ...any) { fmt.Fprintf(t.w.out, format+"\n", args...) }

func (t *terminal) play() error {
	s := t.story.Scenario
	t.print("%s\n\n%s\n", s.Title, s.Role)
	for {
		t.show()
		if t.story.Over() {
			return nil
		}
		m, err := t.ask()
		if err != nil {
			return err
		}
		if err := t.story.Do(m); err != nil {
			t.print("  (%v)", err)
			continue
		}
		if m.Kind == scenario.Back {
			t.shown = len(t.story.Moments) - 1
			continue
		}
		t.outcome()
	}
}

// show prints the moments that are new.
func (t *terminal) show() {
	for ; t.shown < len(t.story.Moments); t.shown++ {
		m := t.story.Moments[t.shown]
		if m.Passage.Kind == scenario.Route {
			continue
		}
		t.print("\n== %s ==\n%s", m.Passage.Title, m.Passage.Text)
		for _, p := range m.Posts {
			t.print("  %s %s: %s", p.At, p.By.Name, p.Text)
		}
		for _, l := range m.Letters {
			t.letter(l)
		}
	}
	now := t.story.Now()
	var meters []string
	for _, m := range t.story.Scenario.Meters {
		if m.Live || t.story.Over() {
			meters = append(meters, fmt.Sprintf("%s %d", m.Label, t.story.Meter(m)))
		}
	}
	t.print("\n[%s]", strings.Join(meters, ", "))
	if t.story.Over() {
		t.print("The end: %s.", now.Passage.Outcome)
		return
	}
	if !now.Passage.Ask.Empty() {
		t.print("%s", now.Passage.Ask)
	}
	for i, c := range now.Offered {
		t.print("  %d. %s  (%s)", i+1, c.Text, c.ID)
	}
}

func (t *terminal) letter(l *scenario.Inject) {
	t.print("  [%s] %s: %s %s", l.Channel, l.From.Name, l.Subject, l.Text)
}

func (t *terminal) outcome() {
	m := t.story.Before()
	if m == nil {
		return
	}
	switch {
	case m.Choice != nil:
		t.print("\n> %s", m.Choice.Feedback)
	case m.Move != nil && m.Move.Kind == scenario.Silent:
		t.print("\n> %s", m.Passage.Timer.Note)
	}
	for _, l := range m.Late {
		t.letter(l)
	}
	if m.Passage.Kind == scenario.Reply {
		for _, x := range m.Passage.Models {
			t.print("> Model: %s\n  %s", x.Text, x.Why)
		}
	}
	for _, c := range m.Moved {
		if c.Meter.Live {
			t.print("  %s %+d", c.Meter.Label, c.By())
		}
	}
}

// ask reads the next move. The end of the input ends the play.
func (t *terminal) ask() (scenario.Move, error) {
	now := t.story.Now()
	for {
		switch now.Passage.Kind {
		case scenario.Scene:
			fmt.Fprint(t.w.out, "(Enter goes on) ")
		case scenario.Reply:
			fmt.Fprintf(t.w.out, "(your points, 0 to %d) ", now.Passage.MaxPoints())
		default:
			fmt.Fprint(t.w.out, "? ")
		}
		if !t.in.Scan() {
			if err := t.in.Err(); err != nil {
				return scenario.Move{}, err
			}
			t.print("")
			return scenario.Move{}, exit(0)
		}
		answer := strings.TrimSpace(t.in.Text())
		m := scenario.Move{At: now.Passage.Key}
		n, err := strconv.Atoi(answer)
		switch {
		case answer == "back":
			return scenario.Move{Kind: scenario.Back}, nil
		case now.Passage.Kind == scenario.Scene:
			m.Kind = scenario.Continued
			return m, nil
		case now.Passage.Kind == scenario.Reply && err == nil:
			m.Kind, m.Points = scenario.Replied, n
			return m, nil
		case answer == "silence":
			m.Kind = scenario.Silent
			return m, nil
		case now.Passage.Kind == scenario.Decision && err == nil && n >= 1 && n <= len(now.Offered):
			m.Kind, m.Choice = scenario.Chose, now.Offered[n-1].ID
			return m, nil
		case now.Passage.Kind == scenario.Decision && answer != "":
			m.Kind, m.Choice = scenario.Chose, answer
			return m, nil
		}
	}
}

type scenarioImportCmd struct {
	File string `arg:"" help:"A .twee or .tw file, or a .h5p package; - reads the standard input."`
	Out  string `short:"o" help:"Write the draft to this file, which must not be there yet. Without it the draft is printed."`
	JSON bool   `help:"Print the gaps as JSON, after the draft was written with --out."`
}

func (c scenarioImportCmd) Run(w *world) error {
	if c.JSON && c.Out == "" {
		return errors.New("--json needs --out: the draft is printed otherwise")
	}
	src, err := readPackage(c.File)
	if err != nil {
		return err
	}
	d, err := outline.Read(src)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Out == "" {
		if _, err := w.out.Write(d.YAML); err != nil {
			return err
		}
	} else if err := writeNew(c.Out, d.YAML); err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(w.out)
		enc.SetIndent("", "  ")
		gaps := d.Gaps
		if gaps == nil {
			gaps = []outline.Gap{}
		}
		return enc.Encode(map[string]any{"file": c.Out, "gaps": gaps})
	}
	for _, g := range d.Gaps {
		fmt.Fprintf(w.err, "%s: %s\n", c.File, g)
	}
	_, err = fmt.Fprintf(w.err, "%s: %d gaps; greenroom scenario lint says what is missing to publish it\n", filepath.Base(c.File), len(d.Gaps))
	return err
}

// readPackage reads a file, "-" for the standard input, and not much more of it than a package may have.
func readPackage(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, outline.MaxPackage+1))
}

// writeNew writes a file that is not there yet.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

type scenarioExportCmd struct {
	File string `arg:"" help:"The scenario; - reads the standard input."`
	Twee bool   `help:"As a Twee 3 sketch. The scenario goes along as a passage of its own, so import brings it back whole."`
}

func (c scenarioExportCmd) Run(w *world) error {
	if !c.Twee {
		return errors.New("say as what: --twee")
	}
	src, err := readScenario(c.File)
	if err != nil {
		return err
	}
	s, found := scenario.Parse(src)
	if s == nil || found.Broken() {
		return fmt.Errorf("%s has errors (greenroom scenario lint tells them)", c.File)
	}
	_, err = w.out.Write(outline.ToTwee(s, src))
	return err
}
