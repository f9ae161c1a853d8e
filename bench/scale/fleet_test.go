package main

import (
	"testing"
	"time"
)

func TestMoreAtOnceIsNeverLater(t *testing.T) {
	t.Parallel()

	f := newFleet(defaults())
	before := f.steady(2)
	for _, slots := range []int{8, 32} {
		now := f.steady(slots)
		if now.longest > before.longest || now.late > before.late {
			t.Errorf("%d at once: %+v, after %+v", slots, now, before)
		}
		before = now
	}
	few, _ := f.initial(8)
	many, _ := f.initial(32)
	if many > few {
		t.Errorf("the first cycle takes %v with 32 at once and %v with 8", many, few)
	}
}

func TestFleetHasEveryObject(t *testing.T) {
	t.Parallel()

	c := defaults()
	got := newFleet(c).scoped()
	want := c.Objects * c.Scope * float64(c.Jobs) / float64(c.Tenants)
	if got < 0.9*want || got > 1.1*want {
		t.Errorf("the jobs keep %.0f accounts; about %.0f are expected", got, want)
	}
	if w := newFleet(c).work(0); w != c.CycleFixed || w > time.Second {
		t.Errorf("an idle cycle takes %v", w)
	}
}
