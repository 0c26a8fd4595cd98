// Package telemetry tells operators how the site is doing: numbers for Prometheus, and traces for OpenTelemetry. Both
// are off unless the settings ask for them, and then nothing of them runs.
//
//	metrics.go  requests, the database's pool, and gauges that others read
//	traces.go   where spans go, by the standard OTEL_ variables
//	query.go    a span for each query
//
// Neither ever holds anything about a person: routes are patterns, queries have no text, errors no message.
package telemetry

import (
	"context"
	"database/sql"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readTimeout bounds what one scrape may cost the database.
const readTimeout = 2 * time.Second

// Metrics are the numbers of this process. It is safe for use by many goroutines.
type Metrics struct {
	reg    *prometheus.Registry
	took   *prometheus.HistogramVec
	inWork prometheus.Gauge
	reads  *reads
}

// NewMetrics makes the numbers of a program of the version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		reg: prometheus.NewRegistry(),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "greenroom_http_seconds", Help: "How long requests took, by pattern of the route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "code"}),
		inWork: prometheus.NewGauge(prometheus.GaugeOpts{Name: "greenroom_http_in_work", Help: "Requests that are being answered."}),
		reads:  &reads{failed: prometheus.NewDesc("greenroom_read_failed", "1 when a number could not be read.", []string{"number"}, nil)},
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "greenroom_build_info", Help: "Which program this is.", ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.reg.MustRegister(m.took, m.inWork, m.reads, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Database adds the numbers of a pool of connections.
func (m *Metrics) Database(d *sql.DB) {
	m.reg.MustRegister(collectors.NewDBStatsCollector(d, "greenroom"))
}

// Read adds numbers that are looked up when somebody asks. Names are without "greenroom_" and in the order of what read
// returns; a read that fails is shown as such and spoils no other.
func (m *Metrics) Read(read func(ctx context.Context) ([]float64, error), numbers ...Number) {
	m.reads.all = append(m.reads.all, source{read, numbers})
}

// Number is the name and the meaning of one number.
type Number struct{ Name, Help string }

// Request counts a request in; what it returns counts it out.
func (m *Metrics) Request() (done func(method, route string, status int)) {
	start := time.Now()
	m.inWork.Inc()
	return func(method, route string, status int) {
		m.inWork.Dec()
		m.took.WithLabelValues(known(method), route, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
	}
}

// known keeps invented methods from making new rows.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodPatch:
		return method
	}
	return "other"
}

// Handler answers Prometheus. It has no protection of its own: it belongs on an address that visitors do not reach.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

type source struct {
	read    func(ctx context.Context) ([]float64, error)
	numbers []Number
}

// reads is a collector of numbers that are looked up.
type reads struct {
	mu     sync.Mutex
	all    []source
	failed *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (r *reads) Describe(out chan<- *prometheus.Desc) { out <- r.failed }

// Collect implements prometheus.Collector.
func (r *reads) Collect(out chan<- prometheus.Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	for _, s := range r.all {
		values, err := s.read(ctx)
		failed := 0.0
		if err != nil || len(values) != len(s.numbers) {
			failed = 1
		}
		out <- prometheus.MustNewConstMetric(r.failed, prometheus.GaugeValue, failed, s.numbers[0].Name)
		for i, n := range s.numbers {
			if failed == 0 {
				out <- prometheus.MustNewConstMetric(prometheus.NewDesc("greenroom_"+n.Name, n.Help, nil, nil), prometheus.GaugeValue, values[i])
			}
		}
	}
}
