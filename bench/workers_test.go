package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
)

// BenchmarkWorkers runs ten jobs, each against a target of its own that takes 20 ms, on
// one PostgreSQL: with one worker, and with two in two processes.
func BenchmarkWorkers(b *testing.B) {
	pgtest.Need(b)
	var one, two time.Duration
	for b.Loop() {
		one, two = tenJobs(b, 1), tenJobs(b, 2)
	}
	b.ReportMetric(one.Seconds(), "s/one")
	b.ReportMetric(two.Seconds(), "s/two")
	b.ReportMetric(one.Seconds()/two.Seconds(), "ratio")
}

// tenJobs returns how long ten initial cycles take with some processes, and reports
// the processor time of it, by program.
func tenJobs(b *testing.B, processes int) time.Duration {
	b.Helper()
	server, err := pgtest.Start(context.Background())
	require.NoError(b, err)
	defer func() { _ = server.Stop(context.Background()) }()
	flags := []string{"--database", server.URL("postgres")}
	first := newProgram(b, flags...)
	first.run("migrate")
	first.run("directory", "import", people(b, scale(1000)))
	flags = append(flags, "--workers", "1") // of serve
	first.flags = flags
	first.start()
	defer first.stop()
	keys, err := os.ReadFile(filepath.Join(first.dir, "data", "keys.json"))
	require.NoError(b, err)
	for range processes - 1 {
		other := newProgram(b, flags...)
		other.keys = string(keys)
		other.start()
		defer other.stop()
	}
	jobs := make([]*job, 10)
	for i := range jobs {
		jobs[i] = first.newJob(startTarget(b, 20*time.Millisecond), nil)
	}
	before, began := spent(b), time.Now()
	for _, j := range jobs {
		j.start()
	}
	for _, j := range jobs {
		j.wait()
	}
	took := time.Since(began)
	for name, after := range spent(b) {
		b.ReportMetric((after - before[name]).Seconds(), fmt.Sprintf("s-processor-%s/%d", name, processes))
	}
	return took
}
