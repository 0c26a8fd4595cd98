package app_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"greenroom/internal/app"
	"greenroom/internal/db/dbtest"
	"greenroom/internal/telemetry"
)

// private are what people type and what leads to them: none of it may leave the site as telemetry.
var private = []string{"Cara Canary", "canary", "no-such-token", "sekrit", "@agency", password}

// visit does what somebody does, with a canary in every place that can hold one.
func visit(s *site) {
	s.t.Helper()
	c := s.person("Cara Canary", "learner")
	c.takeAll(s.course("tiny"))
	c.get("/courses?q=canary").want(200)
	c.get("/reset/no-such-token").want(404)
	c.get("/certificates/canary").want(404)
	c.get("/no/such/canary").want(404)
	c.post("/settings/email", url.Values{"new_email": {"sekrit@agency.example"}, "password": {"sekrit"}}).want(422)
	c.post("/register", url.Values{"email": {"sekrit"}}).want(303)
	ok(s.t, s.Events.Drain(s.t.Context()))
}

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("metrics: %d\n%s", w.Code, w.Body.String())
	}
	return w.Body.String()
}

// The numbers are there, by route and not by address, and tell nothing about anybody.
func TestMetrics(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			m := telemetry.NewMetrics("v9.9")
			s := newSite(t, engine, setup{options: app.Options{Metrics: m}, pool: 2})
			visit(s)
			got := scrape(t, m)
			for _, want := range []string{
				`greenroom_http_seconds_count{code="200",method="GET",route="/courses"} 1`,
				`greenroom_http_seconds_count{code="404",method="GET",route="/reset/:token"} 1`,
				`greenroom_http_seconds_count{code="422",method="POST",route="/settings/email"} 1`,
				`greenroom_http_in_work 0`, `version="v9.9"`, `go_sql_in_use_connections{db_name="greenroom"}`,
				"greenroom_facts_due 0", "greenroom_facts_dead 0", "greenroom_facts_oldest_seconds 0", "greenroom_mail_waiting 0",
				"greenroom_sessions 1", "greenroom_backup_age_seconds -1", "greenroom_disk_free_bytes ", `greenroom_read_failed{number="mail_waiting"} 0`,
				"process_resident_memory_bytes", "go_goroutines",
			} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q among the numbers", want)
				}
			}
			for _, p := range private {
				if strings.Contains(got, p) {
					t.Errorf("the numbers hold %q:\n%s", p, grep(got, p))
				}
			}
			ok(t, s.DB.Close()) // a database that is away costs its own numbers only
			if got := scrape(t, m); !strings.Contains(got, `greenroom_read_failed{number="mail_waiting"} 1`) || !strings.Contains(got, "greenroom_disk_free_bytes") {
				t.Errorf("without a database:\n%s", grep(got, "greenroom_"))
			}
		})
	}
}

// Spans say which route and which kind of query, never what was asked for or by whom.
func TestTraces(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewInMemoryExporter()
			p := trace.NewTracerProvider(trace.WithSyncer(spans))
			d, _ := dbtest.NewURL(t, engine, 2)
			s := newSiteOn(t, d.WithQueryHook(telemetry.Queries(p)), setup{options: app.Options{Traces: p}})
			visit(s)
			names := map[string]int{}
			byID := map[string]string{}
			for _, x := range spans.GetSpans() {
				names[x.Name]++
				byID[x.SpanContext.SpanID().String()] = x.Name
			}
			for _, x := range spans.GetSpans() {
				said := fmt.Sprintf("%s %v %v %v %v", x.Name, x.Attributes, x.Events, x.Status, x.Links)
				for _, p := range private {
					if strings.Contains(said, p) {
						t.Errorf("a span holds %q: %s", p, said)
					}
				}
				if up := byID[x.Parent.SpanID().String()]; strings.HasPrefix(x.Name, "db ") && up == "" {
					t.Errorf("the query %q belongs to no request", x.Name)
				}
			}
			for _, want := range []string{"GET /reset/:token", "GET /*", "POST /settings/email", "db SELECT", "db INSERT", "db COMMIT"} {
				if names[want] == 0 {
					t.Errorf("no span %q among %v", want, names)
				}
			}
		})
	}
}

// Anybody can send the header of a trace; it is a proxy's to say.
func TestTracesFromOutside(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	s := newSite(t, "sqlite", setup{options: app.Options{Traces: trace.NewTracerProvider(trace.WithSyncer(spans))}})
	c := s.nobody()
	r := c.request("GET", "/help", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	c.do(r).want(200)
	for _, x := range spans.GetSpans() {
		if x.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c" {
			t.Error("a visitor chose the trace")
		}
	}
	if len(spans.GetSpans()) != 1 {
		t.Errorf("%d spans", len(spans.GetSpans()))
	}
}
