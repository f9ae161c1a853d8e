package bench_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
)

// BenchmarkInitialCycle is the rate of a durable initial cycle with the full log, as
// a ratio to the bare pump of the same run.
func BenchmarkInitialCycle(b *testing.B) {
	for _, m := range []matching{byLookUp, byListing} {
		b.Run(string(m), func(b *testing.B) {
			n := scale(100_000)
			var rate, limit, cpu float64
			for b.Loop() {
				p := loaded(b, n)
				p.start()
				t := startTarget(b, 0)
				half := pump(b, t, n/2, m)
				before := p.processorTime()
				took, exported := p.newJob(t, map[string]string{"ProvisorMatching": string(m)}).cycle()
				cpu = (p.processorTime() - before).Seconds() * 1e6 / float64(n)
				require.EqualValues(b, n, exported)
				p.stop()
				limit = (half + pump(b, t, n/2, m)) / 2
				rate = float64(n) / took.Seconds()
			}
			b.ReportMetric(rate, "users/s")
			b.ReportMetric(limit, "pump-users/s")
			b.ReportMetric(rate/limit, "ratio")
			b.ReportMetric(cpu, "cpu-µs/user")
		})
	}
}

// BenchmarkDistantTarget provisions 2,001 users to a target that takes 20 ms for
// each answer, with the default settings.
func BenchmarkDistantTarget(b *testing.B) {
	const n = 2001
	var took time.Duration
	for b.Loop() {
		p := loaded(b, n)
		p.start()
		took, _ = p.newJob(startTarget(b, 20*time.Millisecond), nil).cycle()
	}
	b.ReportMetric(took.Seconds(), "s/cycle")
}

// BenchmarkManyObjects is what a large directory costs a cycle in which little or
// nothing changed, the start of the service, and its memory.
func BenchmarkManyObjects(b *testing.B) {
	n := scale(1_000_000)
	for b.Loop() {
		p := newProgram(b)
		p.run("migrate")
		began := time.Now()
		p.run("directory", "import", people(b, n))
		b.ReportMetric(time.Since(began).Seconds(), "s/import")
		p.start()
		t := startTarget(b, 0)
		j := p.newJob(t, nil)
		memory := p.watchMemory()
		took, exported := j.cycle()
		require.EqualValues(b, n, exported)
		b.ReportMetric(memory(), "MiB-initial")
		b.ReportMetric(float64(n)/took.Seconds(), "users/s")
		before := t.counts(b).all()
		idle, _ := j.cycle()
		b.ReportMetric(float64(idle.Microseconds())/1000, "ms/idle")
		b.ReportMetric(float64(t.counts(b).all()-before), "requests/idle")
		large := hundredChanges(b, p, j)
		b.ReportMetric(large/hundredChangesOfFew(b), "ratio-100-changes")
		p.stop()
		b.ReportMetric(float64(p.start().Milliseconds()), "ms/ready")
	}
}

// hundredChanges changes a hundred users and returns how long the cycle took, the
// median of five.
func hundredChanges(b *testing.B, p *program, j *job) float64 {
	b.Helper()
	const times = 5
	var took []time.Duration
	for round := range times {
		p.run("directory", "import", csv(b, "userPrincipalName,jobTitle", 100, func(w io.Writer, i int) {
			_, _ = fmt.Fprintf(w, "%s,Title %d\n", userName(i), round)
		}))
		d, _ := j.cycle()
		took = append(took, d)
	}
	return median(took)
}

func hundredChangesOfFew(b *testing.B) float64 {
	b.Helper()
	p := loaded(b, 10_000)
	p.start()
	j := p.newJob(startTarget(b, 0), nil)
	j.cycle()
	return hundredChanges(b, p, j)
}

// BenchmarkLargeGroup provisions a group with many members, and then 100 that came
// and 100 that went.
func BenchmarkLargeGroup(b *testing.B) {
	for b.Loop() {
		largeGroup(b, newProgram(b), scale(1_000_000))
	}
}

// BenchmarkLargeGroupOnPostgreSQL is the same on a server.
func BenchmarkLargeGroupOnPostgreSQL(b *testing.B) {
	pgtest.Need(b)
	for b.Loop() {
		server, err := pgtest.Start(context.Background())
		require.NoError(b, err)
		p := newProgram(b, "--database", server.URL("postgres"))
		largeGroup(b, p, scale(1_000_000))
		p.stop()
		require.NoError(b, server.Stop(context.Background()))
	}
}

func largeGroup(b *testing.B, p *program, n int) {
	b.Helper()
	p.run("migrate")
	p.run("directory", "import", people(b, n+100))
	member := func(from int) func(w io.Writer, i int) {
		return func(w io.Writer, i int) { _, _ = fmt.Fprintf(w, "%s\n", userName(from+i)) }
	}
	p.start()
	p.must("POST", "/v1.0/groups", map[string]any{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true})
	began := time.Now()
	p.run("directory", "import", csv(b, "userPrincipalName", n, member(0)), "--group", "Everyone")
	b.ReportMetric(time.Since(began).Seconds(), "s/import")
	t := startTarget(b, 0)
	j := p.newJob(t, nil)
	memory := p.watchMemory()
	took, _ := j.cycle()
	b.ReportMetric(memory(), "MiB")
	b.ReportMetric(took.Seconds(), "s/initial")
	before := t.counts(b)
	require.EqualValues(b, n, before.MembersAdded)
	p.run("directory", "import", csv(b, "userPrincipalName", 100, member(n)), "--group", "Everyone")
	p.removeMembers("Everyone", 100)
	took, _ = j.cycle()
	after := t.counts(b)
	require.EqualValues(b, 100, after.MembersAdded-before.MembersAdded)
	require.EqualValues(b, 100, after.MembersRemoved-before.MembersRemoved)
	b.ReportMetric(float64(after.all()-before.all()), "requests/difference")
	b.ReportMetric(took.Seconds(), "s/difference")
}
