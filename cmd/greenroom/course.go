package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"text/tabwriter"

	"greenroom/courses"
	"greenroom/internal/app"
	"greenroom/internal/course"
)

type courseCmd struct {
	Lint    lintCmd    `cmd:"" help:"Check a folder of courses: every fault with file, line and remedy. Exit status 1 when there are errors."`
	Publish publishCmd `cmd:"" help:"Check a folder of courses and publish what is new. A broken folder changes nothing."`
	Export  exportCmd  `cmd:"" help:"Write a published course's files back to a folder, byte for byte."`
	List    listCmd    `cmd:"" help:"List the published courses."`
}

type lintCmd struct {
	Folder string `arg:"" optional:"" help:"Folder that holds one folder for each course. Default: the shipped courses."`
	JSON   bool   `help:"Print the findings as JSON."`
	Quiet  bool   `help:"Leave out warnings."`
	Levels bool   `help:"Print also how many words each step has and at which school year it reads."`
}

func folder(path string) (fs.FS, error) {
	if path == "" {
		return courses.Files, nil
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", path)
	}
	return os.DirFS(path), nil
}

func (c lintCmd) Run(w *world) error {
	fsys, err := folder(c.Folder)
	if err != nil {
		return err
	}
	all, levels := app.Loader().Lint(fsys)
	shown := course.Findings{}
	for _, f := range all {
		if !c.Quiet || f.Severity == course.SevError {
			shown = append(shown, f)
		}
	}
	if c.JSON {
		err = c.encode(w.out, shown, levels)
	} else {
		err = c.print(w, shown, levels)
		fmt.Fprintf(w.err, "%d errors, %d warnings%s\n", all.Errors(), all.Warnings(), hardest(levels))
	}
	if err != nil {
		return err
	}
	if all.Broken() {
		return exit(1)
	}
	return nil
}

func (c lintCmd) encode(out io.Writer, found course.Findings, levels []course.Level) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	if !c.Levels {
		return enc.Encode(found)
	}
	return enc.Encode(struct {
		Findings course.Findings `json:"findings"`
		Levels   []course.Level  `json:"levels"`
	}{found, levels})
}

func (c lintCmd) print(w *world, found course.Findings, levels []course.Level) error {
	for _, f := range found {
		fmt.Fprintln(w.out, f)
	}
	if !c.Levels {
		return nil
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "YEAR\tWORDS\t  STEP")
	for _, l := range levels {
		year := "-" // too little prose to tell
		if l.Grade > 0 {
			year = fmt.Sprintf("%.1f", l.Grade)
		}
		fmt.Fprintf(t, "%s\t%d\t  %s\n", year, l.Words, l.File)
	}
	return t.Flush()
}

// hardest says which step is the hardest to read; "" when none is long enough to tell.
func hardest(levels []course.Level) string {
	top := course.Level{}
	for _, l := range levels {
		if l.Grade > top.Grade {
			top = l
		}
	}
	if top.Grade == 0 {
		return ""
	}
	return fmt.Sprintf("; %d steps, the hardest reads at school year %.1f: %s", len(levels), top.Grade, top.File)
}

type publishCmd struct {
	Folder string `arg:"" optional:"" help:"Folder that holds one folder for each course. Default: the shipped courses."`
}

func (c publishCmd) Run(w *world) error {
	fsys, err := folder(c.Folder)
	if err != nil {
		return err
	}
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Fprintln(w.err, "Checking the courses …")
	res, err := a.Courses.Publish(w.ctx, fsys)
	if err != nil {
		return err
	}
	for _, p := range append(res.Courses, res.Shared...) {
		fmt.Fprintf(w.out, "%s  %s  %s\n", p.Key, p.Hash[:12], p.State)
	}
	return nil
}

type exportCmd struct {
	Course string `arg:"" help:"The course's key, the full hash of a revision, or a file that the courses share: glossary.yaml, pathways.yaml."`
	Folder string `arg:"" help:"Folder to write to; it must not hold the course yet."`
}

func (c exportCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if course.IsShared(c.Course) {
		return exportShared(w, a, c.Course, c.Folder)
	}
	hash := c.Course
	if len(hash) != 64 {
		r, err := a.Courses.Current(w.ctx, c.Course)
		if err != nil {
			return fmt.Errorf("course %q: %w", c.Course, err)
		}
		hash = r.Hash
	}
	n, err := export(w.ctx, a, hash, c.Folder)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%d files written to %s\n", n, c.Folder)
	return err
}

// exportShared writes a file that the courses share. An existing file is never overwritten.
func exportShared(w *world, a *app.App, name, dir string) error {
	data, err := a.Courses.SharedFile(w.ctx, name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	if err = errors.Join(err, out.Close()); err == nil {
		_, err = fmt.Fprintf(w.out, "%s written to %s\n", name, dir)
	}
	return err
}

// export unpacks the archive of a revision into a folder. An existing file is never overwritten.
func export(ctx context.Context, a *app.App, hash, dir string) (int, error) {
	tmp, err := os.CreateTemp("", "greenroom-export-*.zip")
	if err != nil {
		return 0, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if err := a.Courses.Export(ctx, hash, tmp); err != nil {
		return 0, err
	}
	size, err := tmp.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	z, err := zip.NewReader(tmp, size)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir) // no entry can leave the folder
	if err != nil {
		return 0, err
	}
	defer root.Close()
	for _, f := range z.File {
		if err := unpack(root, f); err != nil {
			return 0, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return len(z.File), nil
}

func unpack(root *os.Root, f *zip.File) error {
	if dir := path.Dir(f.Name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

type listCmd struct{}

func (listCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	all, err := a.Courses.Catalogue(w.ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KEY\tREVISION\tMODULES\tMINUTES\tTITLE")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\n", r.Key, r.Hash[:12], len(r.Modules), r.Minutes, r.Title)
	}
	return t.Flush()
}
