package expression

import (
	"strings"
	"time"
)

// Instants are counted in .NET's ticks: intervals of 100 ns since the first day
// of the year 1, in UTC.
const (
	ticksPerSecond = 10_000_000
	secondsTo1970  = 62_135_596_800
	fileTimeEpoch  = 504_911_232_000_000_000   // the year 1601 in ticks
	lastTick       = 3_155_378_975_999_999_999 // the end of the year 9999
)

func ticks(t time.Time) int64 {
	return (t.Unix()+secondsTo1970)*ticksPerSecond + int64(t.Nanosecond()/100)
}

func fromTicks(n int64) time.Time {
	return time.Unix(n/ticksPerSecond-secondsTo1970, n%ticksPerSecond*100).UTC()
}

// moment is a date and time as it was written: the reading of a clock, and how
// far that clock is from UTC, if that was written too.
type moment struct {
	clock  time.Time // the reading, as if the clock were in UTC
	zone   zone
	offset time.Duration // east of UTC; of zone offsetZone only
}

// zone tells what was written about the time zone.
type zone uint8

const (
	noZone     zone = iota // nothing; taken as UTC
	utcZone                // Z or GMT
	offsetZone             // an offset
)

// utc returns the instant.
func (m moment) utc() time.Time { return m.clock.Add(-m.offset) }

// interval is a unit of DateAdd and DateDiff.
type interval uint8

const (
	noInterval interval = iota
	years
	months
	weeks
	days
	hours
	minutes
	seconds
)

func intervalNamed(name string) (interval, bool) {
	switch strings.ToLower(name) {
	case "yyyy":
		return years, true
	case "m":
		return months, true
	case "ww":
		return weeks, true
	case "d":
		return days, true
	case "h":
		return hours, true
	case "n":
		return minutes, true
	case "s":
		return seconds, true
	default:
		return noInterval, false
	}
}

func (i interval) seconds() int64 {
	switch i {
	case weeks:
		return 7 * 24 * 3600
	case days:
		return 24 * 3600
	case hours:
		return 3600
	case minutes:
		return 60
	case seconds, years, months, noInterval:
	}
	return 1
}

// addInterval moves t by n intervals; not ok means out of the years 1 to 9999.
func addInterval(t time.Time, unit interval, n int64) (time.Time, bool) {
	const most = lastTick / ticksPerSecond // in seconds; no interval is shorter
	if n > most || n < -most {
		return t, false
	}
	switch unit {
	case years:
		return addMonths(t, 12*n)
	case months:
		return addMonths(t, n)
	case weeks, days, hours, minutes, seconds, noInterval:
	}
	width := unit.seconds()
	if n > most/width || n < -most/width {
		return t, false
	}
	moved := time.Unix(t.Unix()+n*width, int64(t.Nanosecond())).UTC()
	return moved, inCalendar(moved)
}

// addMonths keeps the day of the month, or takes the last of a shorter month.
func addMonths(t time.Time, n int64) (time.Time, bool) {
	month := int64(t.Year())*12 + int64(t.Month()) - 1 + n
	if month < 12 || month >= 10_000*12 {
		return t, false
	}
	year, of := int(month/12), time.Month(month%12+1)
	last := time.Date(year, of+1, 0, 0, 0, 0, 0, time.UTC).Day()
	clock := time.Date(year, of, min(t.Day(), last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	return clock, true
}

func inCalendar(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// intervalsBetween counts as Visual Basic's DateDiff does: whole days and parts
// of a day, the turns of months and years, and the Sundays for weeks.
func intervalsBetween(from, to time.Time, unit interval) int64 {
	switch unit {
	case years:
		return int64(to.Year() - from.Year())
	case months:
		return int64(12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month()))
	case weeks:
		return sundays(to) - sundays(from)
	case days, hours, minutes, seconds, noInterval:
	}
	return (ticks(to) - ticks(from)) / (unit.seconds() * ticksPerSecond)
}

// sundays counts the Sundays from the year 1 to t. Its first day is a Monday.
func sundays(t time.Time) int64 {
	const ticksPerDay = 24 * 3600 * ticksPerSecond
	return (ticks(t)/ticksPerDay + 1) / 7
}
