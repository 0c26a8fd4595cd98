package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	shipped "greenroom/courses"
	"greenroom/internal/config"
	"greenroom/internal/course"
)

// Time-outs of the server: none of them holds up a reader on a slow line, all of them end a connection that is
// being held open on purpose.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 32 << 10
	stopTimeout   = 30 * time.Second
	socketTimeout = 5 * time.Second // of it, for live pages to close their sockets
)

// gcPercent lets the heap grow to four times what is live before it is collected. A site holds some 10 MB; at Go's
// default it would collect every hundred pages.
const gcPercent = 300

// startPercent is the growth allowed while the courses are read. It keeps what stays close together: at Go's default,
// half of the pages that are held afterwards would be holes.
const startPercent = 50

// Tune sets the collector for serving pages. Serve does it, and the benchmarks do.
func Tune() { debug.SetGCPercent(gcPercent) }

// Serve starts the product and runs it until ctx ends, then lets requests in work finish. It prints the address
// to out when it is ready.
func Serve(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) error {
	debug.SetGCPercent(startPercent)
	o, done, err := asked(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer done()
	if o.Bell, err = hang(cfg, log); err != nil {
		return err
	}
	defer o.Bell.Close()
	a, err := open(ctx, cfg, log, o)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.prepare(ctx); err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Addr, err)
	}
	stopNumbers, err := a.serveNumbers(o.Metrics)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stopNumbers()
	work, stopWork := context.WithCancel(a.Events.Attend(context.WithoutCancel(ctx)))
	var jobs sync.WaitGroup
	a.start(work, &jobs)
	idle := &rest{give: shrink}
	jobs.Go(func() { idle.run(work) })
	srv := &http.Server{
		Handler: idle.watch(a.Handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return a.Events.Attend(context.WithoutCancel(ctx)) },
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	a.greet(out)
	Tune()

	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("stopping: requests in work finish first")
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		goodbye, done := context.WithTimeout(end, socketTimeout)
		a.Live.Drain(goodbye)
		done()
		err = srv.Shutdown(end)
		cancel()
	}
	stopWork()
	jobs.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// prepare publishes the courses and, on a demo site, adds the demo people.
func (a *App) prepare(ctx context.Context) error {
	var res course.Result
	var err error
	if a.cfg.Courses != "" { // the operator's own folder is what counts, but for what was changed on the site
		res, err = a.Courses.Renew(ctx, os.DirFS(a.cfg.Courses))
	} else {
		res, err = a.Courses.Ship(ctx, shipped.Files)
	}
	if err = a.bear(ctx, err); err != nil {
		return fmt.Errorf("publish the courses: %w", err)
	}
	for _, p := range res.Courses {
		switch p.State {
		case course.StateUnchanged:
		case course.StateAmended:
			a.log.Warn("a course stays as it was changed on the site: export it, bring both together, and publish it with greenroom course publish", "course", p.Key)
		default:
			a.log.Info("course published", "course", p.Key, "revision", p.Hash[:12], "state", p.State)
		}
	}
	if a.cfg.DemoSite() {
		if err := a.Demo(ctx); err != nil {
			return err
		}
	}
	// Read before anybody asks for them: the first page is quicker, and what reading took is given back with the rest.
	_, err = a.Courses.Catalogue(ctx)
	return err
}

// bear lets a site with courses go on when those it should publish have faults: a broken tree never replaces a good one.
func (a *App) bear(ctx context.Context, err error) error {
	var broken *course.Broken
	if !errors.As(err, &broken) {
		return err
	}
	all, lookErr := a.Courses.Catalogue(ctx)
	if lookErr != nil || len(all) == 0 {
		return fmt.Errorf("%w\n%s", err, broken.Findings)
	}
	a.log.Error("the courses to publish have faults: those published before stay", "findings", broken.Findings.String())
	return nil
}

// start runs what works beside requests.
func (a *App) start(ctx context.Context, jobs *sync.WaitGroup) {
	jobs.Go(func() { a.Events.Run(ctx) })
	jobs.Go(func() { _ = a.Site.Run(ctx) })
	jobs.Go(func() { _ = a.Streams.Run(ctx, a.log) })
	for name, run := range map[string]func(context.Context) error{"mail": a.Mail.Run, "accounts": a.Accounts.Run, "letters": a.Notify.Run, "imports": a.Roster.Run, "quizzes": a.Quizzes.Run, "live": a.Live.Run, "rooms": a.Rooms.Run} {
		jobs.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("background work stopped", "work", name, "error", err.Error())
			}
		})
	}
}

func (a *App) greet(out io.Writer) {
	fmt.Fprintf(out, "Greenroom is ready at %s\n", a.cfg.BaseURL)
	if a.cfg.DemoSite() {
		fmt.Fprintf(out, "Sign in as learner@demo.example with the password %s (or trainer@, author@, admin@demo.example).\n", DemoPassword)
	}
	if a.devMail() {
		fmt.Fprintf(out, "Mail is not sent: read it at %s/mailbox\n", a.cfg.BaseURL)
	}
}
