package expression

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// appendTo writes a moment by the layout, as DateTime.ToString does for en-US.
func (l layout) appendTo(buf []byte, m moment) []byte {
	if l.universal() {
		m = moment{clock: m.utc(), zone: utcZone}
	}
	start := len(buf)
	for _, f := range l.fields {
		before := len(buf)
		buf = f.appendTo(buf, m)
		if f.letter == 'F' && len(buf) == before { // no decimals: their point goes too
			buf = buf[:start+len(bytes.TrimSuffix(buf[start:], []byte(".")))]
		}
	}
	return buf
}

// universal reports whether the layout is a standard format that shows UTC.
func (l layout) universal() bool { return len(l.pattern) == 1 && strings.Contains("rRuU", l.pattern) }

func (f field) appendTo(buf []byte, m moment) []byte {
	t := m.clock
	switch f.letter {
	case 'y':
		return appendYear(buf, t.Year(), f.count)
	case 'M':
		return f.appendNamed(buf, int(t.Month()), t.Month().String())
	case 'd':
		return f.appendNamed(buf, t.Day(), t.Weekday().String())
	case 'H':
		return f.appendPadded(buf, t.Hour())
	case 'h':
		return f.appendPadded(buf, (t.Hour()+11)%12+1)
	case 'm':
		return f.appendPadded(buf, t.Minute())
	case 's':
		return f.appendPadded(buf, t.Second())
	case 'f', 'F':
		return appendDecimals(buf, t, f)
	case 't':
		return append(buf, halfDay(t)[:min(f.count, 2)]...)
	case 'z', 'K':
		return f.appendZone(buf, m)
	case 'g':
		return append(buf, "A.D."...)
	default:
		return append(buf, f.text...)
	}
}

func halfDay(t time.Time) string {
	if t.Hour() < 12 {
		return "AM"
	}
	return "PM"
}

// appendNumber writes a number with zeros before it up to a width.
func appendNumber(buf []byte, n, width int) []byte {
	start := len(buf)
	buf = strconv.AppendInt(buf, int64(n), 10)
	digits := len(buf) - start
	for range width - digits {
		buf = append(buf, 0)
	}
	if missing := width - digits; missing > 0 {
		copy(buf[start+missing:], buf[start:start+digits])
		for i := range missing {
			buf[start+i] = '0'
		}
	}
	return buf
}

func appendYear(buf []byte, year, count int) []byte {
	if count <= 2 {
		year %= 100
	}
	return appendNumber(buf, year, count)
}

// appendPadded writes a number with at most two digits' padding.
func (f field) appendPadded(buf []byte, n int) []byte { return appendNumber(buf, n, min(f.count, 2)) }

// appendNamed writes a number for one or two letters, a name for more.
func (f field) appendNamed(buf []byte, n int, name string) []byte {
	switch f.count {
	case 1, 2:
		return f.appendPadded(buf, n)
	case 3:
		return append(buf, name[:3]...)
	default:
		return append(buf, name...)
	}
}

// appendDecimals writes the fraction of the second; F leaves out trailing zeros.
func appendDecimals(buf []byte, t time.Time, f field) []byte {
	start := len(buf)
	buf = appendNumber(buf, t.Nanosecond()/100, 7)[:start+f.count]
	if f.letter == 'F' {
		buf = buf[:start+len(bytes.TrimRight(buf[start:], "0"))]
	}
	return buf
}

func (f field) appendZone(buf []byte, m moment) []byte {
	if f.letter == 'K' {
		switch m.zone {
		case noZone:
			return buf
		case utcZone:
			return append(buf, 'Z')
		case offsetZone:
		}
		return appendOffset(buf, m.offset, 3)
	}
	return appendOffset(buf, m.offset, f.count)
}

func appendOffset(buf []byte, d time.Duration, count int) []byte {
	sign := byte('+')
	if d < 0 {
		sign, d = '-', -d
	}
	buf = append(buf, sign)
	if count < 3 {
		return appendNumber(buf, int(d.Hours()), count)
	}
	buf = append(appendNumber(buf, int(d.Hours()), 2), ':')
	return appendNumber(buf, int(d.Minutes())%60, 2)
}
