package expression

import (
	"fmt"
	"strings"
	"time"
)

// format writes a moment by the layout, as DateTime.ToString does for en-US.
func (l layout) format(m moment) string {
	if l.universal() {
		m = moment{clock: m.utc(), zone: utcZone}
	}
	var b strings.Builder
	for i, f := range l.fields {
		if f.letter == 'F' && strings.HasSuffix(b.String(), ".") && decimals(m.clock, f) == "" {
			text := strings.TrimSuffix(b.String(), ".")
			b.Reset()
			b.WriteString(text)
			continue
		}
		b.WriteString(l.fields[i].format(m))
	}
	return b.String()
}

// universal reports whether the layout is a standard format that shows UTC.
func (l layout) universal() bool { return len(l.pattern) == 1 && strings.Contains("rRuU", l.pattern) }

func (f field) format(m moment) string {
	t := m.clock
	switch f.letter {
	case 'y':
		return formatYear(t.Year(), f.count)
	case 'M':
		return f.named(int(t.Month()), t.Month().String())
	case 'd':
		return f.named(t.Day(), t.Weekday().String())
	case 'H':
		return f.padded(t.Hour())
	case 'h':
		return f.padded((t.Hour()+11)%12 + 1)
	case 'm':
		return f.padded(t.Minute())
	case 's':
		return f.padded(t.Second())
	case 'f', 'F':
		return decimals(t, f)
	case 't':
		return t.Format("PM")[:min(f.count, 2)]
	case 'z', 'K':
		return f.formatZone(m)
	case 'g':
		return "A.D."
	default:
		return f.text
	}
}

func formatYear(year, count int) string {
	if count <= 2 {
		year %= 100
	}
	return fmt.Sprintf("%0*d", count, year)
}

// padded writes a number with at most two digits' padding.
func (f field) padded(n int) string { return fmt.Sprintf("%0*d", min(f.count, 2), n) }

// named writes a number for one or two letters, a name for more.
func (f field) named(n int, name string) string {
	switch f.count {
	case 1, 2:
		return f.padded(n)
	case 3:
		return name[:3]
	default:
		return name
	}
}

// decimals writes the fraction of the second; F leaves out trailing zeros.
func decimals(t time.Time, f field) string {
	digits := fmt.Sprintf("%07d", t.Nanosecond()/100)[:f.count]
	if f.letter == 'F' {
		return strings.TrimRight(digits, "0")
	}
	return digits
}

func (f field) formatZone(m moment) string {
	if f.letter == 'K' {
		switch m.zone {
		case noZone:
			return ""
		case utcZone:
			return "Z"
		case offsetZone:
		}
		return formatOffset(m.offset, 3)
	}
	return formatOffset(m.offset, f.count)
}

func formatOffset(d time.Duration, count int) string {
	sign := '+'
	if d < 0 {
		sign, d = '-', -d
	}
	if count < 3 {
		return fmt.Sprintf("%c%0*d", sign, count, int(d.Hours()))
	}
	return fmt.Sprintf("%c%02d:%02d", sign, int(d.Hours()), int(d.Minutes())%60)
}
