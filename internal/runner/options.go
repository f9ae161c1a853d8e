package runner

import (
	"log/slog"
	"time"
)

// Options are what every runner needs. Source, Handlers, Log and Now are required.
type Options struct {
	Source   Source
	Handlers map[string]Handler
	Log      *slog.Logger
	Now      func() time.Time
	// Workers is how many turns run at once in this process; zero means none.
	Workers int
	// Urgent is how many urgent turns run beside them; zero means 2.
	Urgent int
	// Outward is how many outward turns run beside them; zero means 16.
	Outward int
	// Poll is how often the source is asked; zero means [Poll].
	Poll time.Duration
}

// WithDefaults returns o with what its zero values mean.
func (o Options) WithDefaults() Options {
	if o.Urgent == 0 {
		o.Urgent = 2
	}
	if o.Outward == 0 {
		o.Outward = 16
	}
	if o.Poll == 0 {
		o.Poll = Poll
	}
	return o
}
