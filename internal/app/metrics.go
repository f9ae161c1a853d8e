package app

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/provisor/provisor/internal/errs"
)

// metrics are the figures that Prometheus collects. Labels have few values each:
// no object, user or caller is named.
type metrics struct {
	registry     *prometheus.Registry
	requests     *prometheus.CounterVec
	requestTimes *prometheus.HistogramVec
	cycles       *prometheus.CounterVec
	cycleTimes   prometheus.Histogram
	outcomes     *prometheus.CounterVec
	tokens       *prometheus.CounterVec
	refusals     prometheus.Counter
	// notifications counts requests to subscribers.
	notifications *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "provisor_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "status"}),
		requestTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "provisor_http_request_duration_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60},
		}, []string{"route"}),
		cycles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "provisor_cycles_total", Help: "Provisioning cycles that ended, by result.",
		}, []string{"result"}),
		cycleTimes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "provisor_cycle_duration_seconds", Help: "Time from the beginning of a cycle to its end.",
			Buckets: []float64{.1, 1, 5, 30, 120, 600, 3600, 14400, 86400},
		}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "provisor_outcomes_total", Help: "Records of the provisioning log, by action and status.",
		}, []string{"action", "status"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "provisor_token_requests_total", Help: "Requests to token endpoints of applications, by grant and result.",
		}, []string{"grant", "result"}),
		refusals: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "provisor_egress_refusals_total", Help: "Connections to targets and token endpoints that the egress policy refused.",
		}),
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "provisor_notifications_total", Help: "Requests that told subscribers of changes: accepted, refused, or dropped after hours.",
		}, []string{"result"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "provisor_build_info", Help: "Always 1; the labels tell what runs.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(version(), runtime.Version()).Set(1)
	m.registry.MustRegister(m.requests, m.requestTimes, m.cycles, m.cycleTimes, m.outcomes, m.tokens, m.refusals, m.notifications, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// request counts one answered request.
func (m *metrics) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.requestTimes.WithLabelValues(route).Observe(took.Seconds())
}

// Outcome counts one record of the provisioning log.
func (m *metrics) Outcome(action, status string) { m.outcomes.WithLabelValues(action, status).Inc() }

// CycleEnded counts one cycle.
func (m *metrics) CycleEnded(result string, took time.Duration) {
	m.cycles.WithLabelValues(result).Inc()
	m.cycleTimes.Observe(took.Seconds())
}

// countRefusals returns a transport that counts the requests that the egress
// policy refused.
func (m *metrics) countRefusals(next transport) *refusalCounter {
	return &refusalCounter{transport: next, refusals: m.refusals}
}

// transport is what carries requests out of the house.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

type refusalCounter struct {
	transport

	refusals prometheus.Counter
}

// RoundTrip carries a request, or counts that the policy refused to.
func (c *refusalCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.transport.RoundTrip(r)
	if errs.Is(err, errs.Invalid) {
		c.refusals.Inc()
	}
	return answer, err
}

// handler answers /metrics.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
