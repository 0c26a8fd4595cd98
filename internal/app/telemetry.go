package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"greenroom/internal/config"
	"greenroom/internal/telemetry"
)

// watch puts the telemetry that was asked for around every request; without it, nothing is.
func (a *App) watch(e *echo.Echo, o Options) {
	if o.Metrics != nil {
		a.Numbers(o.Metrics)
		e.Use(counted(o.Metrics))
	}
	if o.Traces != nil {
		e.Use(a.traced(o.Traces))
	}
}

// counted counts requests by the pattern of their route.
func counted(m *telemetry.Metrics) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			done := m.Request()
			err := next(c)
			done(c.Request().Method, pattern(c), c.Response().Status)
			return err
		}
	}
}

// pattern is the route's, never the address: that may hold a token.
func pattern(c echo.Context) string {
	if p := c.Path(); p != "" {
		return p
	}
	return "none"
}

// traced makes a span of each request. Nothing of the request is in it but method, pattern and status. Only a trusted
// proxy may say to which trace it belongs: anybody else could fill the collector.
func (a *App) traced(p trace.TracerProvider) echo.MiddlewareFunc {
	tracer := p.Tracer("greenroom/internal/app")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			ctx := r.Context()
			if a.fromProxy(r) {
				ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
			}
			ctx, span := tracer.Start(ctx, r.Method+" "+pattern(c), trace.WithSpanKind(trace.SpanKindServer))
			defer span.End()
			c.SetRequest(r.WithContext(ctx))
			err := next(c)
			status := c.Response().Status
			span.SetAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", pattern(c)),
				attribute.Int("http.response.status_code", status), attribute.String("greenroom.request_id", c.Response().Header().Get(echo.HeaderXRequestID)))
			if status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
			return err
		}
	}
}

func (a *App) fromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(a.cfg.ProxyNets, func(n netip.Prefix) bool { return n.Contains(peer.Addr().Unmap()) })
}

// Numbers adds what a scrape looks up in the services.
func (a *App) Numbers(m *telemetry.Metrics) {
	m.Database(a.DB.DB)
	m.Read(func(ctx context.Context) ([]float64, error) {
		s, err := a.Events.Status(ctx)
		return []float64{float64(s.Due), float64(s.Dead), s.Lag(a.now()).Seconds()}, err
	}, telemetry.Number{Name: "facts_due", Help: "Deliveries of facts to reactors that are still to be made."},
		telemetry.Number{Name: "facts_dead", Help: "Deliveries that were given up or put aside."},
		telemetry.Number{Name: "facts_oldest_seconds", Help: "Age of the oldest fact that a reactor has still to hear of."})
	m.Read(func(ctx context.Context) ([]float64, error) {
		waiting, dead, err := a.Mail.Status(ctx)
		if err != nil {
			return nil, err
		}
		oldest, err := a.Mail.Oldest(ctx)
		return []float64{float64(waiting), float64(dead), max(0, a.age(oldest))}, err
	}, telemetry.Number{Name: "mail_waiting", Help: "Letters that have not left yet."},
		telemetry.Number{Name: "mail_dead", Help: "Letters of the last 90 days that were given up."},
		telemetry.Number{Name: "mail_oldest_seconds", Help: "Age of the oldest letter that has not left yet."})
	m.Read(func(ctx context.Context) ([]float64, error) {
		n, err := a.Accounts.SignedIn(ctx)
		return []float64{float64(n)}, err
	}, telemetry.Number{Name: "sessions", Help: "Sessions that have not ended."})
	m.Read(func(context.Context) ([]float64, error) { return a.bells(), nil },
		telemetry.Number{Name: "live_sockets", Help: "Pages that hold a socket."},
		telemetry.Number{Name: "live_topics", Help: "Topics that they listen to."},
		telemetry.Number{Name: "live_cut", Help: "Readers that were cut off for being slow, since the start."},
		telemetry.Number{Name: "live_caught_up", Help: "Readers who came and had missed something, since the start."},
		telemetry.Number{Name: "bells_missed", Help: "Times that news was found by looking and no hint had come, since the start."},
		telemetry.Number{Name: "bells_sent", Help: "Hints that went to other nodes, since the start."},
		telemetry.Number{Name: "bells_heard", Help: "Hints that came from other nodes, since the start."},
		telemetry.Number{Name: "bells_lost", Help: "Times that hints were known to be lost, since the start."},
		telemetry.Number{Name: "bell_routes", Help: "Connections to the other nodes' own NATS."})
	m.Read(func(ctx context.Context) ([]float64, error) {
		h, err := a.Site.Store(ctx)
		return []float64{float64(h.DiskFree), float64(h.DiskAll), a.age(h.BackupAt), float64(h.LogBytes)}, err
	}, telemetry.Number{Name: "disk_free_bytes", Help: "Free bytes where the data folder lies."},
		telemetry.Number{Name: "disk_bytes", Help: "Size of the disk where the data folder lies."},
		telemetry.Number{Name: "backup_age_seconds", Help: "Time since the last backup by this node; -1 when there was none."},
		telemetry.Number{Name: "wal_bytes", Help: "SQLite: size of the log beside the database file."})
}

// age is how long ago something was, in seconds; -1 for never.
func (a *App) age(at time.Time) float64 {
	if at.IsZero() {
		return -1
	}
	return max(0, a.now().Sub(at).Seconds())
}

// asked makes the telemetry that the settings ask for. Done sends what is left of it.
func asked(ctx context.Context, cfg config.Config, log *slog.Logger) (o Options, done func(), err error) {
	done = func() {}
	if cfg.MetricsAddr != "" {
		o.Metrics = telemetry.NewMetrics(cfg.Version)
	}
	if !telemetry.TracesWanted(os.Getenv) {
		return o, done, nil
	}
	p, err := telemetry.NewTraces(ctx, cfg.Version)
	if err != nil {
		return o, done, err
	}
	o.Traces = p
	return o, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := p.Shutdown(end); err != nil {
			log.Warn("the last traces were not sent", "error", err.Error())
		}
	}, nil
}

// serveNumbers lets Prometheus read at an address of its own, which has no sign-in.
func (a *App) serveNumbers(m *telemetry.Metrics) (stop func(), err error) {
	if m == nil {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", a.cfg.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s for the metrics: %w", a.cfg.MetricsAddr, err)
	}
	srv := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: headerTimeout, WriteTimeout: writeTimeout, MaxHeaderBytes: headerBytes}
	go func() { _ = srv.Serve(l) }()
	if !config.Loopback(a.cfg.MetricsAddr) {
		a.log.Warn("others than this machine may read the metrics: let a firewall keep visitors out", "address", a.cfg.MetricsAddr)
	}
	return func() { _ = srv.Close() }, nil
}
