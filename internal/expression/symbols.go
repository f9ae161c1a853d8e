package expression

// Symbols gives every attribute name a slot, so that the programs of one object
// mapping share one array of attribute values. The zero Symbols is not usable;
// call [NewSymbols]. It grows while programs are compiled, which one goroutine
// must do; afterwards any number of goroutines may read it.
type Symbols struct {
	slots map[string]int
	names []string
}

// NewSymbols returns an empty table.
func NewSymbols() *Symbols { return &Symbols{slots: map[string]int{}} }

// Slot returns the slot of the attribute, and makes one if it has none.
func (s *Symbols) Slot(attribute string) int {
	slot, ok := s.slots[attribute]
	if !ok {
		slot = len(s.names)
		s.slots[attribute] = slot
		s.names = append(s.names, attribute)
	}
	return slot
}

// Len returns how many slots there are.
func (s *Symbols) Len() int { return len(s.names) }

// Names returns the attribute names by slot. The slice must not be changed.
func (s *Symbols) Names() []string { return s.names }

// Values lays the attributes of one object out by slot; one that is missing
// is null. It serves callers with a few objects; a caller with many fills the
// slots itself.
func (s *Symbols) Values(attributes map[string]any) []Value {
	values := make([]Value, len(s.names))
	for slot, name := range s.names {
		values[slot] = ValueOf(attributes[name])
	}
	return values
}
