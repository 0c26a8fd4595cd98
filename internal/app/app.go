// Package app puts the product together. It is the only package that knows every other, and it is ordinary Go: read
// New from top to bottom to see what there is.
//
//	app.go      services, kinds, players, reactors, routes, in that order
//	serve.go    the server's life: start, readiness, graceful stop
//	bell.go     the doorbell between nodes
//	site.go     pages that belong to no feature
//	upkeep.go   quizzes and who keeps them
//	demo*.go    the demo people and what they have done
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/labstack/echo/v4"
	"github.com/uptrace/bun"
	"go.opentelemetry.io/otel/trace"

	"greenroom/internal/access"
	"greenroom/internal/account"
	"greenroom/internal/account/accountweb"
	"greenroom/internal/adminweb"
	"greenroom/internal/allow"
	"greenroom/internal/audit"
	"greenroom/internal/author"
	"greenroom/internal/bell"
	"greenroom/internal/check"
	"greenroom/internal/config"
	"greenroom/internal/course"
	"greenroom/internal/course/courseweb"
	"greenroom/internal/credential"
	"greenroom/internal/credential/credentialweb"
	"greenroom/internal/db"
	"greenroom/internal/delivery"
	"greenroom/internal/delivery/deliveryweb"
	"greenroom/internal/desk"
	"greenroom/internal/desk/deskweb"
	"greenroom/internal/disposal"
	"greenroom/internal/disposal/disposalweb"
	"greenroom/internal/event"
	"greenroom/internal/forum"
	"greenroom/internal/forum/forumweb"
	"greenroom/internal/inbox"
	"greenroom/internal/insight"
	"greenroom/internal/live"
	"greenroom/internal/live/liveweb"
	"greenroom/internal/locale"
	"greenroom/internal/mail"
	"greenroom/internal/mail/mailweb"
	"greenroom/internal/moderation"
	"greenroom/internal/moderation/moderationweb"
	"greenroom/internal/notify"
	"greenroom/internal/notify/notifyweb"
	"greenroom/internal/panel"
	"greenroom/internal/panel/panelweb"
	"greenroom/internal/play"
	"greenroom/internal/play/playweb"
	"greenroom/internal/quiz"
	"greenroom/internal/quiz/quizweb"
	"greenroom/internal/reading"
	"greenroom/internal/reading/readingweb"
	"greenroom/internal/record"
	"greenroom/internal/record/recordweb"
	"greenroom/internal/reflection"
	"greenroom/internal/reflection/reflectionweb"
	"greenroom/internal/resources"
	"greenroom/internal/resources/resourcesweb"
	"greenroom/internal/retention"
	"greenroom/internal/retention/retentionweb"
	"greenroom/internal/room"
	"greenroom/internal/room/roomweb"
	"greenroom/internal/roster"
	"greenroom/internal/roster/rosterweb"
	"greenroom/internal/scenario"
	"greenroom/internal/scenario/scenarioweb"
	"greenroom/internal/signon"
	"greenroom/internal/signon/signonweb"
	"greenroom/internal/site"
	"greenroom/internal/situation"
	"greenroom/internal/situation/situationweb"
	"greenroom/internal/stream"
	"greenroom/internal/telemetry"
	"greenroom/internal/web"
	"greenroom/internal/worksheet"
	"greenroom/internal/worksheet/worksheetweb"
	"greenroom/internal/workshop"
	assets "greenroom/web"
)

// App is the product: its services, for commands and tests, and its HTTP handler.
type App struct {
	DB          *bun.DB
	Accounts    *account.Service
	Access      *access.Service
	Audit       *audit.Service
	Allow       *allow.Service
	Insight     *insight.Service
	SignOn      *signon.Service
	Courses     *course.Service
	Deliveries  *delivery.Service
	Records     *record.Service
	Credentials *credential.Service
	Retention   *retention.Service
	Disposal    *disposal.Service
	Quizzes     *quiz.Service
	Reflections *reflection.Service
	Worksheets  *worksheet.Service
	Scenarios   *scenario.Service
	Situations  *situation.Service
	Checks      *check.Service
	Panels      *panel.Service
	Streams     *stream.Service
	Live        *live.Hub
	Inbox       *inbox.Service
	Forum       *forum.Service
	Moderation  *moderation.Service
	Mail        *mail.Service
	Events      *event.Dispatcher
	Roster      *roster.Service
	Desk        *desk.Service
	Drafts      *author.Drafts
	Rooms       *room.Service
	Notify      *notify.Service
	Site        *site.Service
	Play        *play.Service
	Handler     http.Handler
	Routes      []web.Route // every route with its access, for the tests that hold them to it

	cfg  config.Config
	bell *bell.Bell
	log  *slog.Logger
	now  func() time.Time
}

// Options are what the server adds where the settings ask for it, and what only tests and benchmarks set.
type Options struct {
	Now      func() time.Time // nil: the system's clock
	NoLimits bool             // no rate limits
	Bell     *bell.Bell       // nil: nobody but this process hears of news
	Hash     *argon2id.Params // of passwords; nil: see account.Options

	Metrics *telemetry.Metrics   // nil: nobody counts
	Traces  trace.TracerProvider // nil: nobody traces
}

// Loader reads courses with every kind of activity that the product has.
func Loader() *course.Loader {
	return course.NewLoader(reading.Kind{}, quiz.Kind{}, reflection.Kind{}, worksheet.Kind{}, resources.Kind{}, scenario.Kind{}, forum.Kind{}, workshop.Kind{}, check.Kind{})
}

// Open opens and migrates the database that the settings name, and puts the product on it.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	return open(ctx, cfg, log, Options{})
}

func open(ctx context.Context, cfg config.Config, log *slog.Logger, o Options) (*App, error) {
	secret, err := cfg.Root()
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	cfg.Secret = secret
	go func() { _, _ = locale.Load() }() // read while the database opens; New hears of what is wrong
	d, err := db.Open(ctx, string(cfg.DatabaseURL))
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if o.Traces != nil {
		d = d.WithQueryHook(telemetry.Queries(o.Traces))
	}
	a, err := New(cfg, d, log, o)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

// rootOf is the site's secret. Open has set it; a test's site has one of its own, which nobody else knows.
func rootOf(cfg config.Config) string {
	if cfg.Secret == "" {
		return rand.Text() + rand.Text()
	}
	return string(cfg.Secret)
}

// Close lets go of the database.
func (a *App) Close() error { return a.DB.Close() }

// New puts the product on a migrated database.
func New(cfg config.Config, d *bun.DB, log *slog.Logger, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	now := o.Now
	words, err := locale.Load()
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	a := &App{DB: d, cfg: cfg, log: log, now: now}

	// Services, from the ground floor up.
	if a.Mail, err = mail.New(d, mail.Options{SMTP: string(cfg.MailURL), From: cfg.MailFrom, Now: now, Log: log}); err != nil {
		return nil, err
	}
	a.Events = event.New(d, now, log)
	a.Accounts, err = account.New(d, a.Mail, account.Options{
		BaseURL: cfg.BaseURL, SiteName: cfg.SiteName, Zone: cfg.TimeZone, Now: now, Log: log, Words: words,
		GuestDays: cfg.KeepGuests, UnprovenDays: cfg.KeepEmpty, Hash: o.Hash,
	})
	if err != nil {
		return nil, err
	}
	a.Access = access.New(d, a.Accounts, now)
	a.Audit = audit.New(d)
	file, lite := strings.CutPrefix(string(cfg.DatabaseURL), "sqlite:")
	if !lite {
		file = ""
	}
	a.Site = site.New(d, a.Events, a.Mail, a.Accounts, site.Options{Version: cfg.Version, Data: cfg.Data, SQLite: file, Now: now, Log: log})
	a.Allow = allow.New(d, a.Accounts, now)
	if a.SignOn, err = a.signOn(); err != nil {
		return nil, err
	}
	a.Courses = course.New(d, Loader(), now)
	a.Deliveries = delivery.New(d, a.Courses, now)
	a.Deliveries.SetAccess(a.Access, a.Accounts.Forget)
	a.Deliveries.SetAllow(a.Allow)
	a.Allow.OnChange(a.Deliveries.OnAllowed)
	a.Credentials = credential.New(d, now)
	a.Credentials.SetZone(a.Accounts.Location(nil))
	a.Retention = retention.New(d, a.Courses, retention.Options{Days: cfg.KeepFacts, Key: a.secret, Zone: a.Accounts.Location(nil), Now: now})
	a.Records = record.New(d, a.Courses, a.Credentials, now)
	a.Quizzes = quiz.New(d, a.Courses, a.Records, now)
	a.Reflections = reflection.New(d, a.Records, now)
	a.Worksheets = worksheet.New(d, a.Records, now)
	a.Scenarios = scenario.New(d, a.Courses, a.Records, now)
	a.bell = o.Bell
	a.Streams = stream.New(d, now, a.doorbell())
	a.Inbox = inbox.New(d, a.Streams, now)
	a.Forum = forum.New(d, a.Courses, a.Deliveries, a.Records, a.Streams, a.Inbox, a.Accounts, forum.Options{Now: now, Log: log})
	a.Moderation = moderation.New(d, a.Forum, a.Inbox, a.Accounts, a.Mail, a.Streams, moderation.Options{BaseURL: cfg.BaseURL, Words: words, Now: now})
	a.Forum.SetGate(a.Moderation)
	a.Disposal = disposal.New(d, a.Accounts, a.Deliveries, a.Courses, a.Moderation, disposal.Options{Now: now, Log: log})

	a.Notify = notify.New(d, a.Mail, a.Accounts, a.Courses, a.Deliveries, a.Records, notify.Options{
		BaseURL: cfg.BaseURL, Secret: rootOf(cfg), Words: words, Now: now, Log: log,
	})

	a.Notify.SetInbox(a.Inbox, a.Forum)
	a.Panels = panel.New(d, a.Courses, a.Mail, panel.Options{BaseURL: cfg.BaseURL, Words: words, Now: now})
	a.Situations = situation.New(d, a.Courses, a.Inbox, situation.Options{Now: now})
	a.Moderation.SetSubjects(a.reportable())

	a.Roster = roster.New(d, a.Accounts, a.Courses, a.Deliveries, a.Mail, roster.Options{
		BaseURL: cfg.BaseURL, SiteName: cfg.SiteName, Secret: rootOf(cfg), Words: words, Now: now, Log: log,
	})

	a.Desk = desk.New(d, a.Courses, a.Deliveries, a.Records, a.Mail, desk.Options{BaseURL: cfg.BaseURL, Words: words, Now: now})

	a.Drafts = author.NewDrafts(d, a.Courses, now)
	a.Checks = check.New(d, a.Courses, check.Options{Now: now})
	a.Rooms = room.New(d, a.Courses, a.Accounts, a.Streams, now)
	a.Rooms.SetRecord(a.Deliveries, a.Records)
	a.Rooms.SetPost(room.Post{Mail: a.Mail, Words: words, BaseURL: cfg.BaseURL})

	// What one feature asks of another, downwards and in the same transaction.
	a.Courses.OnPublish(func(ctx context.Context, tx bun.IDB, r *course.Revision) error {
		return a.Deliveries.EnsureSelfPaced(ctx, tx, r.Key)
	})
	a.Accounts.AddClaimer(a.Scenarios)
	a.Accounts.AddExporter(a.Scenarios)
	// Enrolment before record: a claimed completion looks up the revision that it counts for.
	a.Accounts.AddClaimer(a.Deliveries, a.Quizzes, a.Reflections, a.Worksheets, a.Records, a.Rooms)
	a.Accounts.AddExporter(a.Access, a.Deliveries, a.Records, a.Quizzes, a.Reflections, a.Worksheets, a.Credentials, a.Notify)
	a.Accounts.AddExporter(a.Allow, a.Desk, a.Roster)
	a.Accounts.AddExporter(a.Retention, a.SignOn, a.Forum, a.Moderation, a.Situations, a.Panels, a.Checks)
	a.Accounts.AddExporter(a.transcripts())
	a.Accounts.AddEraser(a.Disposal) // before anybody changes what a hold covers
	a.Accounts.AddEraser(a.Forum, a.Moderation, a.Inbox, a.Deliveries, a.Rooms, a.Retention, a.Roster, a.Panels, account.EraserFunc(a.keepCertificates))
	a.Accounts.AddCleaner(a.forgetFacts, a.SignOn.Clean, a.Deliveries.Refill, a.Inbox.Clean)
	a.Accounts.SetSummary(deviceWork{a.Records, a.Rooms})

	// Reactors to facts.
	event.On(a.Events, "mail.certificate", a.congratulate(words))
	event.On(a.Events, "record.moved", a.Records.OnMoved)
	event.On(a.Events, "forum.posted", a.Forum.OnPosted)
	event.On(a.Events, "disposal.approved", a.Disposal.OnApproved)
	event.On(a.Events, "notify.told", a.Notify.OnTold)
	event.On(a.Events, "roster.proven", a.Roster.OnProven)
	event.On(a.Events, "roster.completed", a.Roster.OnCompleted)
	event.On(a.Events, "notify.enrolled", a.Notify.OnEnrolled)
	event.On(a.Events, "notify.queued", a.Notify.OnQueued)
	event.On(a.Events, "notify.promoted", a.Notify.OnPromoted)
	event.On(a.Events, "notify.removed", a.Notify.OnWithdrawn)
	event.On(a.Events, "notify.announced", a.Notify.OnAnnounced)
	event.On(a.Events, "notify.changed", a.Notify.OnChanged)
	event.On(a.Events, "notify.cancelled", a.Notify.OnCancelled)

	a.keepQuizzes(words)

	// The door to activities, with a player for each kind.
	a.Play = play.New(a.Courses, a.Deliveries, a.Records, playweb.Frame,
		readingweb.New(a.Records), resourcesweb.New(a.Records), quizweb.New(a.Quizzes),
		reflectionweb.New(a.Reflections), worksheetweb.New(a.Worksheets), scenarioweb.New(a.Scenarios, a.Panels), forumweb.NewPlayer(a.Forum, a.Moderation, a.Records, a.reading))

	return a, a.mount(words, o)
}

// mount builds the HTTP side.
func (a *App) mount(words *locale.Bundle, o Options) error {
	sessions := account.NewSessions(a.Accounts)
	a.Live = live.New(a.Streams, live.Options{
		Origin: origin(a.cfg.BaseURL), Sockets: a.cfg.LiveSockets, PerPerson: a.cfg.LivePerPerson, Accept: a.cfg.LiveAccept,
		Secret: rootOf(a.cfg), Now: a.now, Living: sessions.Living, Person: sessions.Holder, Log: a.log,
	})
	a.Accounts.OnChange(func(personID string) { a.Streams.Ring(live.AccessStream(personID)) })
	sessions.OnChange(func() { a.Streams.Ring(live.SessionsStream) })
	a.Live.Register(forumweb.ThreadTopics, &forumweb.Live{Forum: a.Forum, Moderation: a.Moderation, Accounts: a.Accounts, Words: words})
	a.Live.Register(room.Topics, room.Source{Rooms: a.Rooms})
	a.Live.Register(room.DeskTopics, room.Source{Rooms: a.Rooms})
	a.Rooms.SetListeners(a.Live.Listeners)
	shell, err := web.New(web.Options{
		BaseURL: a.cfg.BaseURL, SiteName: a.cfg.SiteName, Contact: a.cfg.Contact, Demo: a.cfg.DemoSite(),
		DevMail: a.devMail(), Proxies: a.cfg.ProxyNets, NoLimits: o.NoLimits, Now: a.now, Log: a.log,
		Look: a.look,
	}, words, a.Accounts, sessions)
	if err != nil {
		return err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	a.watch(e, o)
	pages := shell.Mount(e)
	a.plain(e)

	for _, table := range [][]web.Route{
		a.site(),
		accountweb.New(a.Accounts, sessions, accountweb.Options{Demo: a.demoSignIns(), Certificates: a.Credentials, SignOn: a.SignOn}).Routes(),
		signonweb.New(a.SignOn, a.Accounts, sessions, a.cfg.BaseURL).Routes(),
		(&courseweb.Handlers{Courses: a.Courses, Records: a.Records, Credentials: a.Credentials, Play: a.Play, Deliveries: a.Deliveries}).Routes(),
		(&deliveryweb.Handlers{
			Courses: a.Courses, Deliveries: a.Deliveries, Play: a.Play, Records: a.Records, Forum: a.Forum, BaseURL: a.cfg.BaseURL,
			Events: (&roomweb.Handlers{Rooms: a.Rooms, BaseURL: a.cfg.BaseURL}).Events,
		}).Routes(),
		recordweb.New(a.Records, a.Courses, a.Credentials, a.Deliveries, a.Forum, a.Inbox, a.transcripts()).Routes(),
		(&retentionweb.Handlers{Retention: a.Retention}).Routes(),
		(&disposalweb.Handlers{Disposal: a.Disposal, Deliveries: a.Deliveries, Accounts: a.Accounts}).Routes(),
		credentialweb.New(a.Credentials, credentialweb.Options{BaseURL: a.cfg.BaseURL, SiteName: a.cfg.SiteName, History: a.Audit}).Routes(),
		(&playweb.Handlers{Play: a.Play, Deliveries: a.Deliveries}).Routes(),
		a.upkeep(),
		(&rosterweb.Handlers{Roster: a.Roster, Accounts: a.Accounts, Deliveries: a.Deliveries}).Routes(),
		(&deskweb.Handlers{
			Desk: a.Desk, Deliveries: a.Deliveries, Records: a.Records, Quizzes: a.Quizzes, Forum: a.Forum, Roster: a.Roster, Accounts: a.Accounts, Audit: a.Audit,
		}).Routes(),
		(&roomweb.Handlers{Rooms: a.Rooms, BaseURL: a.cfg.BaseURL}).Routes(),
		mailweb.New(a.Mail).Routes(),
		(&scenarioweb.Desk{Runs: a.Scenarios, Courses: a.Courses}).Routes(),
		(&scenarioweb.Figures{Runs: a.Scenarios, Insight: a.Insight, Courses: a.Courses}).Routes(),
		(&panelweb.Handlers{Panels: a.Panels}).Routes(),
		(&situationweb.Handlers{Situations: a.Situations}).Routes(),
		notifyweb.New(a.Notify).Routes(),
		(&forumweb.Handlers{Forum: a.Forum, Moderation: a.Moderation, Reading: a.reading}).Routes(),
		(&moderationweb.Handlers{Moderation: a.Moderation, Forum: a.Forum}).Routes(),
		(&liveweb.Handlers{Hub: a.Live}).Routes(),
		(&forumweb.Lead{Forum: a.Forum, Deliveries: a.Deliveries, BaseURL: a.cfg.BaseURL}).Routes(),
		a.administration().Routes(),
	} {
		a.Routes = append(a.Routes, table...)
	}
	shell.Register(pages, a.Routes...)
	a.Handler = e
	return nil
}

// reading is how many people have a topic open.
func (a *App) reading(topic, personID string) int { return a.Live.Reading(topic, personID) }

// origin is the site's own, as browsers write it.
func origin(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host
}

// look is how every page looks.
func (a *App) look() (name, style string) {
	if file, _ := a.Site.Style(); file != "" {
		style = adminweb.StylePath + file
	}
	return a.Site.Look().Name, style
}

// devMail says whether the development mailbox may be looked at: no mail server is set and only this machine can
// reach the site, neither directly nor through a proxy at the address that people type.
func (a *App) devMail() bool {
	u, err := url.Parse(a.cfg.BaseURL)
	here := err == nil && config.Loopback(a.cfg.Addr) && config.Loopback(net.JoinHostPort(u.Hostname(), "80"))
	return a.Mail.Development() && (here || a.cfg.DemoSite())
}

// plain are the answers that need neither session nor page.
func (a *App) plain(e *echo.Echo) {
	e.GET("/assets/*", echo.WrapHandler(assets.Handler()))
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", a.ready)
	e.POST("/csp", a.postReport)
}

// ready says "send me traffic": the database answers, its schema is this program's, and the doorbell comes back to who
// rings it. It may be asked with a URL that visitors reach, so it asks the bell once a second at most.
func (a *App) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	err := db.Migrated(ctx, a.DB)
	if err == nil && a.bell != nil {
		err = a.bell.Check(ctx)
	}
	if err != nil {
		a.log.WarnContext(ctx, "not ready", "error", err.Error())
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}
