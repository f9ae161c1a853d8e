package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// costs are what the simulation is driven by. The defaults come from the table of
// docs/performance.md, and from PostgreSQL on the same machine.
type costs struct {
	Tenants, Jobs  int
	Objects        float64
	Scope          float64       // of a tenant's objects that one job provisions
	ChangedPerDay  float64       // of all objects
	Peak           float64       // of the busiest hour, against the mean
	Interval       time.Duration // between the starts of two cycles of a job
	Latency        time.Duration // of one request to a target
	Requests       float64       // of one changed object
	Concurrency    float64       // requests to one target at once
	CycleFixed     time.Duration // of a cycle with nothing to do
	CPUExport      time.Duration
	DatabaseWrites float64 // rows a second
	LogDays        float64
}

func defaults() costs {
	return costs{
		Tenants: 1000, Jobs: 10_000, Objects: 100e6, Scope: 0.5, ChangedPerDay: 0.01, Peak: 3,
		Interval: 40 * time.Minute, Latency: 100 * time.Millisecond, Requests: 2, Concurrency: 8,
		CycleFixed: 20 * time.Millisecond, CPUExport: 160 * time.Microsecond,
		DatabaseWrites: 60_000, LogDays: 30,
	}
}

// fleet is every job with the number of objects in its scope. Tenants differ as
// cities do: few are large.
type fleet struct {
	costs
	scope []float64
}

func newFleet(c costs) fleet {
	random := rand.New(rand.NewPCG(1, 2))
	sizes, sum := make([]float64, c.Tenants), 0.0
	for i := range sizes {
		sizes[i] = 1 / math.Pow(float64(i+1), 0.8)
		sum += sizes[i]
	}
	f := fleet{costs: c, scope: make([]float64, c.Jobs)}
	for i := range f.scope {
		share := 2 * random.Float64() * c.Scope // some jobs take everybody, some a team
		f.scope[i] = c.Objects * sizes[i%c.Tenants] / sum * share
	}
	return f
}

// scoped is how many accounts all jobs together keep.
func (f fleet) scoped() float64 {
	sum := 0.0
	for _, n := range f.scope {
		sum += n
	}
	return sum
}

// work is how long a cycle with n changes takes when nothing is in its way.
func (f fleet) work(n float64) time.Duration {
	return f.CycleFixed + time.Duration(n*f.Requests/f.Concurrency*float64(f.Latency))
}

// steadyState is what the busiest hours look like.
type steadyState struct {
	late    float64 // share of cycles that began more than an interval late
	longest time.Duration
	cores   float64
	rows    float64 // a second
}

// steady runs a day at the peak rate with so many cycles at once: a queue of due jobs,
// the longest due first, cut into slices of a minute.
func (f fleet) steady(atOnce int) steadyState {
	q := &queue{}
	random := rand.New(rand.NewPCG(3, 4))
	for i := range f.scope {
		heap.Push(q, turn{job: i, due: time.Duration(random.Float64() * float64(f.Interval))})
	}
	slots := make(free, atOnce)
	const day = 24 * time.Hour
	var s steadyState
	var cycles, late, exports float64
	for q.Len() > 0 && (*q)[0].due < day {
		t, _ := heap.Pop(q).(turn)
		begin := max(t.due, slots[0])
		if begin >= day { // its turn does not come today
			s.longest = max(s.longest, day-t.due)
			cycles++
			late++
			continue
		}
		if t.left == 0 { // a new cycle: what changed since the last one
			since := f.Interval + max(0, begin-t.due)
			changes := f.scope[t.job] * f.ChangedPerDay * f.Peak * since.Hours() / 24
			t.left, t.began = f.work(changes), t.due
			exports += changes
			cycles++
			s.longest = max(s.longest, begin-t.due)
			if begin-t.due > f.Interval {
				late++
			}
		}
		slice := min(t.left, time.Minute)
		t.left -= slice
		slots[0] = begin + slice
		heap.Fix(&slots, 0)
		t.due = begin + slice
		if t.left == 0 {
			t.due = max(t.due, t.began+f.Interval)
		}
		heap.Push(q, t)
	}
	s.late = late / cycles
	s.cores = exports * f.CPUExport.Seconds() / day.Seconds()
	s.rows = exports * rowsPerExport / day.Seconds()
	return s
}

// rowsPerExport are the rows that one export writes: link and log.
const rowsPerExport = 2

// initial is how long the first cycle of every job takes, bounded by the largest
// job, by how many run at once, and by the database.
func (f fleet) initial(atOnce int) (time.Duration, float64) {
	var longest, sum time.Duration
	for _, n := range f.scope {
		w := f.work(n)
		longest, sum = max(longest, w), sum+w/time.Duration(atOnce)
	}
	exports := f.scoped()
	database := time.Duration(exports * rowsPerExport / f.DatabaseWrites * float64(time.Second))
	took := max(longest, sum, database)
	return took, exports * rowsPerExport / took.Seconds()
}

// table is one of the large ones.
type table struct {
	name        string
	rows, bytes float64
}

// tables are the sizes after a month. The bytes are those of rows and their indexes
// as measured on a million objects.
func (f fleet) tables() []table {
	exports := f.scoped() * f.ChangedPerDay * f.LogDays
	return []table{
		{"object, with feed and filter indexes", f.Objects, 1400},
		{"relation (ten groups a user)", f.Objects * 10, 90},
		{"link", f.scoped(), 160},
		{"reference written at a target", f.scoped() * 3, 60},
		{"provisioning log of a month", exports, 600},
	}
}

// turn is one slice of one job's cycle.
type turn struct {
	job        int
	due, began time.Duration
	left       time.Duration // of the cycle that has begun
}

// queue is ordered by due time.
type queue []turn

func (q *queue) Len() int           { return len(*q) }
func (q *queue) Less(i, j int) bool { return (*q)[i].due < (*q)[j].due }
func (q *queue) Swap(i, j int)      { (*q)[i], (*q)[j] = (*q)[j], (*q)[i] }

// Push adds a turn; package heap calls it.
func (q *queue) Push(x any) {
	t, _ := x.(turn)
	*q = append(*q, t)
}

// Pop takes the last turn; package heap calls it.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// free is when each slot is free again.
type free []time.Duration

func (s free) Len() int           { return len(s) }
func (s free) Less(i, j int) bool { return s[i] < s[j] }
func (s free) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is not used: slots neither come nor go.
func (s free) Push(any) {}

// Pop is not used: slots neither come nor go.
func (s free) Pop() any { return nil }
