package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"greenroom/internal/app"
	"greenroom/internal/config"
	"greenroom/internal/course"
	"greenroom/internal/fault"
	"greenroom/internal/locale"
)

// version is set by the build from the repository's tags.
var version = "development"

// cli is the command line. Settings come from the environment; `serve --help` lists them.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Start the server."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema up to date, and stop."`
	Course   courseCmd   `cmd:"" help:"Check, publish, export and list courses."`
	Scenario scenarioCmd `cmd:"" help:"Check, tidy, play and map scenarios."`
	User     userCmd     `cmd:"" help:"Add and list people."`
	Backup   backupCmd   `cmd:"" help:"Write the whole database into one file, while the site runs."`
	Restore  restoreCmd  `cmd:"" help:"Make the database what it was when a backup was taken."`
	Ready    readyCmd    `cmd:"" help:"Ask the server on this machine whether it is ready. Exit status 1 when it is not."`
	Demo     demoCmd     `cmd:"" help:"Add the demo people and some demo activity. Safe to repeat."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// world is what commands run in.
type world struct {
	ctx    context.Context
	getenv func(string) string
	out    io.Writer // results
	err    io.Writer // progress, logs and faults
}

// exit is an error that carries its own exit status and has been told already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	done := exit(-1)
	parser, err := kong.New(&cli{}, kong.Name("greenroom"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("Greenroom teaches engaging online: practise before you go public."),
		kong.Exit(func(code int) { panic(exit(code)) }))
	if err != nil {
		fmt.Fprintln(stderr, "greenroom:", err)
		return 2
	}
	var k *kong.Context
	func() { // --help prints and leaves through kong.Exit
		defer func() {
			if p := recover(); p != nil {
				e, ok := p.(exit)
				if !ok {
					panic(p)
				}
				done = e
			}
		}()
		k, err = parser.Parse(args)
	}()
	if done >= 0 {
		return int(done)
	}
	if err != nil {
		fmt.Fprintf(stderr, "greenroom: %v\nTry 'greenroom --help'.\n", err)
		return 2
	}
	err = k.Run(&world{ctx, getenv, stdout, stderr})
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(stderr, "greenroom:", told(err))
	return 1
}

// told is an error in words for whoever typed the command: faults have a message, all else says what failed.
func told(err error) string {
	var broken *course.Broken
	if errors.As(err, &broken) { // an author wants every finding, not their number
		return broken.Findings.String() + "\n" + err.Error()
	}
	f := fault.From(err)
	if f == nil {
		return err.Error()
	}
	words, lerr := locale.Load()
	if lerr != nil {
		return err.Error()
	}
	l := words.Printer(locale.Default)
	text := []string{l.T(f.Key, f.Args...)}
	for _, x := range f.Fields {
		text = append(text, "  "+x.Name+": "+l.T(x.Key, x.Args...))
	}
	if f.Cause != nil {
		text = append(text, "  ("+f.Cause.Error()+")")
	}
	return strings.Join(text, "\n")
}

// settings reads the environment; mistakes end the command with status 2, all of them told.
func (w *world) settings() (config.Config, *slog.Logger, error) {
	cfg, err := config.Read(w.getenv, config.Names(os.Environ())...)
	if err != nil {
		fmt.Fprintf(w.err, "greenroom: these settings are wrong:\n%v\nSee 'greenroom serve --help' for all settings.\n", err)
		return cfg, nil, exit(2)
	}
	cfg.Version = version
	opts := &slog.HandlerOptions{Level: cfg.Level()}
	var h slog.Handler = slog.NewTextHandler(w.err, opts)
	if cfg.Log == "json" {
		h = slog.NewJSONHandler(w.err, opts)
	}
	log := slog.New(h)
	slog.SetDefault(log) // what has no logger of its own writes in the same form
	return cfg, log, nil
}

// open reads the settings and opens the product for a command that is not the server.
func (w *world) open() (*app.App, error) {
	cfg, _, err := w.settings()
	if err != nil {
		return nil, err
	}
	return app.Open(w.ctx, cfg, slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

type versionCmd struct{}

func (versionCmd) Run(w *world) error {
	_, err := fmt.Fprintln(w.out, "greenroom", version)
	return err
}

type serveCmd struct{}

// Help is printed by `greenroom serve --help`, below the usage.
func (serveCmd) Help() string {
	var b strings.Builder
	b.WriteString("Settings (environment variables):\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range config.Settings() {
		def := s.Default
		if def == "" {
			def = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Name, def, s.Help)
	}
	_ = t.Flush()
	return b.String()
}

func (serveCmd) Run(w *world) error {
	cfg, log, err := w.settings()
	if err != nil {
		return err
	}
	return app.Serve(w.ctx, cfg, log, w.out)
}

type migrateCmd struct{}

func (migrateCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	_, err = fmt.Fprintln(w.out, "The database is up to date.")
	return err
}

type demoCmd struct{}

func (demoCmd) Run(w *world) error {
	a, err := w.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Demo(w.ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "The demo people can sign in with the password %q.\n", app.DemoPassword)
	return err
}
