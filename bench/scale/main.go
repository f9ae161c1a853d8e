// Command scale simulates an installation of a hundred million objects and ten
// thousand jobs from the costs that `make bench` measured, and writes what it finds
// into docs/scale.md. It is deterministic.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/provisor/provisor/bench/document"
)

const (
	opening = "<!-- simulation: written by go run ./bench/scale -->\n"
	closing = "<!-- end of simulation -->\n"
)

func main() {
	c := defaults()
	flag.DurationVar(&c.CPUExport, "cpu-export", c.CPUExport, "processor time of one exported object")
	flag.DurationVar(&c.Latency, "latency", c.Latency, "time that a target takes for one request")
	flag.Float64Var(&c.DatabaseWrites, "database-writes", c.DatabaseWrites, "rows a second that one PostgreSQL writes in batches")
	flag.Parse()
	if err := document.Put("docs/scale.md", opening, closing, report(c)); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// report runs the scenarios.
func report(c costs) string {
	var out bytes.Buffer
	fleet := newFleet(c)
	out.WriteString("| changed in a day, at the rate of the busiest hour | cycles at once, all processes | late cycles | longest wait | processor cores | database rows/s |\n|---|---|---|---|---|---|\n")
	for _, share := range []float64{0.01, 0.1} {
		f := fleet
		f.ChangedPerDay = share
		for _, slots := range []int{2, 8, 32, 128} {
			s := f.steady(slots)
			fmt.Fprintf(&out, "| %.0f %% | %d | %.1f %% | %s | %.1f | %.0f |\n", share*100, slots, s.late*100, s.longest.Round(time.Second), s.cores, s.rows)
		}
	}
	out.WriteString("\n| the first cycle of everything | cycles at once, all processes | takes | database rows/s |\n|---|---|---|---|\n")
	for _, slots := range []int{32, 128, 512} {
		took, rows := fleet.initial(slots)
		fmt.Fprintf(&out, "| %.0f million exports | %d | %.1f days | %.0f |\n", fleet.scoped()/1e6, slots, took.Hours()/24, rows)
	}
	out.WriteString("\n| table | rows | size |\n|---|---|---|\n")
	for _, t := range fleet.tables() {
		fmt.Fprintf(&out, "| %s | %.0f million | %.0f GB |\n", t.name, t.rows/1e6, t.rows*t.bytes/1e9)
	}
	return out.String()
}
