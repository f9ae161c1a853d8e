// Command table reads the output of `go test -bench` on standard input and writes
// the medians beside the aims into the table of docs/performance.md.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/perf/benchfmt"

	"github.com/provisor/provisor/bench/document"
)

// aim is one row: what is measured, by which metric, and what it should reach.
type aim struct {
	what   string
	bench  string
	unit   string
	least  float64 // zero: no lower bound
	most   float64 // zero: no upper bound, but for exact zeros
	zero   bool
	format string
}

func aims() []aim {
	return []aim{
		{what: "initial cycle of 100,000 users, match by look-up, durable, full log: rate against the bare pump", bench: "InitialCycle/lookup", unit: "ratio", least: 0.7, format: "%.2f"},
		{what: "the same, in users a second", bench: "InitialCycle/lookup", unit: "users/s", format: "%.0f"},
		{what: "the same, in µs of processor time for each user", bench: "InitialCycle/lookup", unit: "cpu-µs/user", format: "%.0f"},
		{what: "the same with matching by listing, against a pump of POSTs alone", bench: "InitialCycle/listing", unit: "ratio", least: 0.7, format: "%.2f"},
		{what: "the same, in µs of processor time for each user", bench: "InitialCycle/listing", unit: "cpu-µs/user", format: "%.0f"},
		{what: "2,001 users at 20 ms target latency, default settings, in seconds", bench: "DistantTarget", unit: "s/cycle", most: 4, format: "%.2f"},
		{what: "cycle with nothing to do, 1,000,000 objects: requests", bench: "ManyObjects", unit: "requests/idle", zero: true, format: "%.0f"},
		{what: "cycle with nothing to do, 1,000,000 objects, in ms", bench: "ManyObjects", unit: "ms/idle", most: 50, format: "%.1f"},
		{what: "cycle with 100 changes: 1,000,000 objects against 10,000", bench: "ManyObjects", unit: "ratio-100-changes", most: 1.3, format: "%.2f"},
		{what: "peak memory of an initial cycle of 1,000,000 users, in MiB", bench: "ManyObjects", unit: "MiB-initial", most: 256, format: "%.0f"},
		{what: "the same cycle, in users a second", bench: "ManyObjects", unit: "users/s", format: "%.0f"},
		{what: "a group of 1,000,000 members: peak memory, in MiB", bench: "LargeGroup", unit: "MiB", most: 256, format: "%.0f"},
		{what: "then +100 and −100 members: requests", bench: "LargeGroup", unit: "requests/difference", most: 10, format: "%.0f"},
		{what: "such a group found at the target, read back three times: peak memory, in MiB", bench: "AdoptedGroup", unit: "MiB", most: 256, format: "%.0f"},
		{what: "import of 1,000,000 users from CSV, in seconds", bench: "ManyObjects", unit: "s/import", most: 60, format: "%.1f"},
		{what: "ten jobs at 20 ms on PostgreSQL, two processes against one", bench: "Workers", unit: "ratio", least: 1.7, format: "%.2f"},
		{what: "start to ready with 1,000,000 objects, in ms", bench: "ManyObjects", unit: "ms/ready", most: 300, format: "%.0f"},
	}
}

// bound says what the row should reach.
func (a aim) bound() string {
	switch {
	case a.zero:
		return "0"
	case a.least > 0:
		return fmt.Sprintf("≥ %g", a.least)
	case a.most > 0:
		return fmt.Sprintf("≤ %g", a.most)
	default:
		return ""
	}
}

// met tells whether v reaches the bound.
func (a aim) met(v float64) string {
	switch {
	case a.bound() == "":
		return ""
	case a.zero && v == 0, a.least > 0 && v >= a.least, a.most > 0 && v <= a.most:
		return "yes"
	default:
		return "no"
	}
}

const (
	opening = "<!-- table: written by make bench -->\n"
	closing = "<!-- end of table -->\n"
)

func main() {
	if err := write(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func write(in io.Reader) error {
	values, err := read(in)
	if err != nil {
		return err
	}
	return document.Put("docs/performance.md", opening, closing, table(values))
}

// measure names one metric of one benchmark.
type measure struct{ bench, unit string }

// read collects every metric.
func read(in io.Reader) (map[measure][]float64, error) {
	values := map[measure][]float64{}
	reader := benchfmt.NewReader(in, "standard input")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name, _ := result.Name.Parts()
		bench := string(name)
		if _, parts := result.Name.Parts(); len(parts) > 0 && parts[0][0] == '/' {
			bench += string(parts[0])
		}
		for _, v := range result.Values {
			values[measure{bench, v.Unit}] = append(values[measure{bench, v.Unit}], v.Value)
		}
	}
	if len(values) == 0 {
		return nil, errors.Join(reader.Err(), errors.New("standard input has no benchmark results"))
	}
	return values, reader.Err()
}

func table(values map[measure][]float64) string {
	var out bytes.Buffer
	out.WriteString("| what | aim | measured (median) | reached |\n|---|---|---|---|\n")
	for _, a := range aims() {
		all := values[measure{a.bench, a.unit}]
		if len(all) == 0 {
			fmt.Fprintf(&out, "| %s | %s | not run | |\n", a.what, a.bound())
			continue
		}
		slices.Sort(all)
		median := (all[(len(all)-1)/2] + all[len(all)/2]) / 2 // of an even number, between the middle two
		fmt.Fprintf(&out, "| %s | %s | "+a.format+" | %s |\n", a.what, a.bound(), median, a.met(median))
	}
	return out.String()
}
