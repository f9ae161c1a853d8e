package expression

import (
	"strings"
	"time"
)

// styles are .NET's DateTimeStyles, as far as they change something here.
type styles uint8

const (
	leadingWhite styles = 1 << iota
	trailingWhite
	innerWhite
	toUniversal
	firstDay // NoCurrentDateDefault
)

const defaultStyles = "RoundtripKind, AllowLeadingWhite, AllowTrailingWhite"

func styleNames() []string {
	return []string{
		"None", "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite", "AllowWhiteSpaces",
		"NoCurrentDateDefault", "AdjustToUniversal", "AssumeLocal", "AssumeUniversal", "RoundtripKind",
	}
}

// parseStyles reads a list of names, separated by commas or bars. It returns
// the first name that it does not know.
func parseStyles(list string) (styles, string) {
	var s styles
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '|' }) {
		one, ok := styleNamed(strings.TrimPrefix(strings.TrimSpace(name), "DateTimeStyles."))
		if !ok {
			return 0, strings.TrimSpace(name)
		}
		s |= one
	}
	return s, ""
}

func styleNamed(name string) (styles, bool) {
	switch strings.ToLower(name) {
	case "allowleadingwhite":
		return leadingWhite, true
	case "allowtrailingwhite":
		return trailingWhite, true
	case "allowinnerwhite":
		return innerWhite, true
	case "allowwhitespaces":
		return leadingWhite | trailingWhite | innerWhite, true
	case "adjusttouniversal":
		return toUniversal, true
	case "nocurrentdatedefault":
		return firstDay, true
	case "none", "assumelocal", "assumeuniversal", "roundtripkind":
		return 0, true // a date without offset is in UTC, and an offset is kept, in any case
	default:
		return 0, false
	}
}

// reading is what a text says, read by a layout.
type reading struct {
	dateScanner
	year, month, day     int // 0 when not said
	hour, minute, second int
	fraction             int // ticks
	weekday              int // -1 when not said
	half                 byte
	moment
}

// parse reads the text by the layout, as DateTime.ParseExact does for en-US. now
// gives the parts of the date that the layout leaves out.
func (l layout) parse(text string, s styles, now time.Time) (moment, bool) {
	if s&leadingWhite != 0 {
		text = strings.TrimLeft(text, " \t\r\n")
	}
	if s&trailingWhite != 0 {
		text = strings.TrimRight(text, " \t\r\n")
	}
	r := &reading{dateScanner: dateScanner{text: text}, weekday: -1}
	if !r.fields(l.fields, s) {
		return moment{}, false
	}
	if r.pos < len(r.text) {
		return moment{}, false
	}
	if s&firstDay != 0 {
		now = time.Time{}
	}
	return r.finish(s, now)
}

// fields reads all fields. A decimal point may be missing before decimals that
// may be missing.
func (r *reading) fields(fields []field, s styles) bool {
	for i, f := range fields {
		if s&innerWhite != 0 {
			r.space()
			if f.text == " " {
				continue
			}
		}
		optional := f.text == "." && i+1 < len(fields) && fields[i+1].letter == 'F'
		if !r.field(f) && !optional {
			return false
		}
	}
	return true
}

// finish puts the parts together.
func (r *reading) finish(s styles, now time.Time) (moment, bool) {
	if r.half != 0 {
		if r.hour > 12 {
			return moment{}, false
		}
		r.hour = hourOfDay(r.hour, r.half == 'P')
	}
	if r.year == 0 && r.month == 0 && r.day == 0 {
		r.month, r.day = int(now.Month()), now.Day()
	}
	if r.year == 0 {
		r.year = now.Year()
	}
	clock := time.Duration(r.hour)*time.Hour + time.Duration(r.minute)*time.Minute +
		time.Duration(r.second)*time.Second + time.Duration(r.fraction)*100
	t, ok := civil(day{r.year, max(r.month, 1), max(r.day, 1)}, clock)
	if !ok || r.hour > 23 || r.minute > 59 || r.second > 59 || r.weekday >= 0 && int(t.Weekday()) != r.weekday {
		return moment{}, false
	}
	m := r.moment
	m.clock = t
	if s&toUniversal != 0 && m.zone == offsetZone {
		m = moment{clock: m.utc(), zone: utcZone}
	}
	return m, inCalendar(m.utc()) && inCalendar(m.clock)
}

// field reads one field.
func (r *reading) field(f field) bool {
	switch f.letter {
	case 'y':
		return r.yearField(f.count)
	case 'M':
		return r.monthField(f.count)
	case 'd':
		return r.dayField(f.count)
	case 'H', 'h':
		return r.exactly(f.count, &r.hour) && (f.letter == 'H' || r.twelve())
	case 'm':
		return r.exactly(f.count, &r.minute)
	case 's':
		return r.exactly(f.count, &r.second)
	case 'f', 'F':
		return r.decimals(f)
	case 't':
		return r.halfField(f.count)
	case 'z', 'K':
		return r.zoneField(f)
	case 'g':
		return r.text[r.pos:] != "" && r.literal("A.D.")
	default:
		return r.literal(f.text)
	}
}

// literal steps over a text; the letter Z among it says that the time is UTC.
func (r *reading) literal(text string) bool {
	if !strings.HasPrefix(r.text[r.pos:], text) {
		return false
	}
	r.pos += len(text)
	if text == "Z" {
		r.moment.zone = utcZone
	}
	return true
}

// exactly reads a number: one or two digits for one letter, two for more.
func (r *reading) exactly(count int, into *int) bool {
	n, digits := r.number(2)
	*into = n
	return digits >= min(count, 2)
}

// twelve checks a 12-hour reading; without AM or PM it is in the morning.
func (r *reading) twelve() bool {
	if r.half == 0 {
		r.half = 'A'
	}
	return r.hour >= 1 && r.hour <= 12
}

func (r *reading) yearField(count int) bool {
	most := 2
	if count > 2 {
		most = max(count, 4)
	}
	n, digits := r.number(most)
	r.year = n
	if count <= 2 {
		r.year = fullYear(n)
	}
	return digits >= count && (count <= 2 || n > 0)
}

func (r *reading) monthField(count int) bool {
	if count <= 2 {
		return r.exactly(count, &r.month) && r.month > 0
	}
	name := r.letters()
	r.month = monthNamed(name)
	return r.month > 0 && (len(name) == 3) == (count == 3 || r.month == int(time.May))
}

func (r *reading) dayField(count int) bool {
	if count <= 2 {
		return r.exactly(count, &r.day) && r.day > 0
	}
	name := r.letters()
	r.weekday = dayNamed(name)
	return r.weekday >= 0 && (len(name) == 3) == (count == 3)
}

func (r *reading) decimals(f field) bool {
	n, digits := r.number(f.count)
	for range 7 - digits {
		n *= 10
	}
	r.fraction = n
	return digits == f.count || f.letter == 'F'
}

func (r *reading) halfField(count int) bool {
	name := strings.ToUpper(r.letters())
	if len(name) != min(count, 2) || name[0] != 'A' && name[0] != 'P' || count > 1 && name[1] != 'M' {
		return false
	}
	r.half = name[0]
	return true
}

func (r *reading) zoneField(f field) bool {
	if f.letter == 'K' {
		if r.pos == len(r.text) {
			return true
		}
		if r.take("Zz") {
			r.moment.zone = utcZone
			return true
		}
	}
	least, most := min(f.count, 2), 2
	if f.letter == 'K' {
		least = 2
	}
	start := r.pos
	offset, ok := r.dateScanner.offset(least, most)
	r.moment.zone, r.moment.offset = offsetZone, offset
	if f.letter == 'z' && f.count < 3 {
		return ok && !strings.Contains(r.text[start:r.pos], ":")
	}
	return ok && r.pos-start > 3
}
