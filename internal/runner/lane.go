package runner

// Lane is which workers of a process carry out a work. A busy lane holds up no other.
type Lane uint8

// The lanes.
const (
	Ordinary Lane = iota
	Urgent
	Outward
)

// Lanes is how many there are.
const Lanes = 3

// Lane returns the lane of w.
func (w Work) Lane() Lane {
	switch {
	case w.Urgent:
		return Urgent
	case w.Outward:
		return Outward
	default:
		return Ordinary
	}
}

// Room is how many turns of a lane run at once in this process; of every lane none
// when it has no workers.
func (o Options) Room(l Lane) int {
	if o.Workers == 0 {
		return 0
	}
	switch l {
	case Urgent:
		return o.Urgent
	case Outward:
		return o.Outward
	case Ordinary:
	}
	return o.Workers
}
