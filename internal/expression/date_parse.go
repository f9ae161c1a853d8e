package expression

import (
	"strings"
	"time"
)

// dateScanner reads a date and time in the forms that .NET recognizes for
// English without being told the format.
type dateScanner struct {
	text string
	pos  int
}

// parseMoment reads a date, optionally followed by a time and a zone:
// 2020-03-16-07:00, 2009-06-15T01:45:30.5Z, 8/25/2021 5:41:18 PM, 16 March 2020,
// Mon, 16 Mar 2020 07:00:00 GMT.
func parseMoment(text string) (moment, bool) {
	s := &dateScanner{text: strings.TrimSpace(text)}
	s.weekday()
	d, ok := s.date()
	if !ok {
		return moment{}, false
	}
	clock, ok := s.time()
	if !ok {
		return moment{}, false
	}
	m, ok := s.zone()
	if !ok || s.pos < len(s.text) {
		return moment{}, false
	}
	m.clock, ok = civil(d, clock)
	return m, ok && inCalendar(m.utc())
}

// day is a date of the calendar.
type day struct{ year, month, day int }

// civil returns the time of a calendar date, if there is such a date.
func civil(d day, clock time.Duration) (time.Time, bool) {
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	ok := inCalendar(t) && t.Year() == d.year && int(t.Month()) == d.month && t.Day() == d.day
	return t.Add(clock), ok
}

func (s *dateScanner) space() {
	for s.pos < len(s.text) && s.text[s.pos] == ' ' {
		s.pos++
	}
}

// take steps over any one of the given characters.
func (s *dateScanner) take(set string) bool {
	if s.pos < len(s.text) && strings.IndexByte(set, s.text[s.pos]) >= 0 {
		s.pos++
		return true
	}
	return false
}

// number reads up to most digits and says how many there were.
func (s *dateScanner) number(most int) (int, int) {
	n, digits := 0, 0
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) && digits < most {
		n = n*10 + int(s.text[s.pos]-'0')
		s.pos++
		digits++
	}
	return n, digits
}

func (s *dateScanner) letters() string {
	start := s.pos
	for s.pos < len(s.text) && isLetter(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

// weekday steps over the name of a day, which says nothing new.
func (s *dateScanner) weekday() {
	start := s.pos
	if dayNamed(s.letters()) < 0 {
		s.pos = start
		return
	}
	s.take(",")
	s.space()
}

func (s *dateScanner) date() (day, bool) {
	if month := monthNamed(s.letters()); month > 0 { // March 16, 2020
		s.take(".")
		s.space()
		n, digits := s.number(4)
		if digits == 4 { // March 2020
			return day{n, month, 1}, true
		}
		s.take(",")
		s.space()
		year, ok := s.year()
		return day{year, month, n}, ok
	}
	s.pos = 0
	s.weekday()
	first, digits := s.number(4)
	switch digits {
	case 4:
		return s.yearFirst(first)
	case 1, 2:
		return s.yearLast(first)
	default:
		return day{}, false
	}
}

// yearFirst reads the rest of 2020-03-16, 2020/3/16 or 2020.3.16, and of 2020-03,
// which is the first of the month.
func (s *dateScanner) yearFirst(year int) (day, bool) {
	start := s.pos
	if !s.take("-/.") {
		return day{}, false
	}
	month, _ := s.number(2)
	if s.pos == len(s.text) {
		return day{year, month, 1}, true
	}
	if !s.take(s.text[start : start+1]) {
		return day{}, false
	}
	n, _ := s.number(2)
	return day{year, month, n}, true
}

// yearLast reads the rest of 3/16/2020, of 3/2020, or of 16 March 2020 and 16-Mar-20.
func (s *dateScanner) yearLast(first int) (day, bool) {
	start := s.pos
	s.space()
	s.take("-")
	if month := monthNamed(s.letters()); month > 0 {
		s.take("-,.")
		s.space()
		year, ok := s.year()
		return day{year, month, first}, ok
	}
	s.pos = start
	if !s.take("/-.") {
		return day{}, false
	}
	n, digits := s.number(4)
	if digits == 4 {
		return day{n, first, 1}, true
	}
	if digits > 2 || !s.take(s.text[start:start+1]) {
		return day{}, false
	}
	year, ok := s.year()
	return day{year, first, n}, ok
}

// year reads a year; two digits stand for 1950 to 2049.
func (s *dateScanner) year() (int, bool) {
	n, digits := s.number(4)
	if digits == 2 {
		return fullYear(n), true
	}
	return n, digits == 4
}

func fullYear(n int) int {
	if n < 50 {
		return 2000 + n
	}
	return 1900 + n
}

// time reads h:mm, h:mm:ss, h:mm:ss.fffffff, each with or without AM or PM, and
// h AM; a text that ends here or goes on with a zone has no time.
func (s *dateScanner) time() (time.Duration, bool) {
	start := s.pos
	if !s.take("T") {
		s.space()
	}
	hour, digits := s.number(2)
	if digits == 0 {
		s.pos = start
		return 0, true
	}
	clock, ok := s.minutes()
	hour, named := s.half(hour)
	if !ok && !named || hour < 0 || hour > 23 {
		return 0, false
	}
	return clock + time.Duration(hour)*time.Hour, clock >= 0
}

// minutes reads :mm and what may follow; not ok means there are none. A value
// out of range is negative.
func (s *dateScanner) minutes() (time.Duration, bool) {
	if !s.take(":") {
		return 0, false
	}
	minute, digits := s.number(2)
	second, fraction := 0, 0
	if s.take(":") {
		second, digits = s.number(2)
		if s.take(".,") {
			fraction, digits = s.fraction()
		}
	}
	if digits == 0 || minute > 59 || second > 59 {
		return -24 * time.Hour, true
	}
	return time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(fraction)*100, true
}

// fraction reads decimals of a second, in ticks.
func (s *dateScanner) fraction() (int, int) {
	n, digits := s.number(7)
	for range 7 - digits {
		n *= 10
	}
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return n, digits
}

// half turns a 12-hour reading into a 24-hour one when AM or PM follows.
func (s *dateScanner) half(hour int) (int, bool) {
	start := s.pos
	s.space()
	name := strings.ToUpper(s.letters())
	switch name {
	case "AM", "A", "PM", "P":
	default:
		s.pos = start
		return hour, false
	}
	if hour < 1 || hour > 12 {
		return -1, true
	}
	return hourOfDay(hour, name[0] == 'P'), true
}

func hourOfDay(hour int, afternoon bool) int { //nolint:revive // the flag is the datum
	hour %= 12
	if afternoon {
		hour += 12
	}
	return hour
}

// zone reads Z, GMT, UTC or an offset, or nothing.
func (s *dateScanner) zone() (moment, bool) {
	s.space()
	switch strings.ToUpper(s.letters()) {
	case "Z", "GMT", "UTC":
		return moment{zone: utcZone}, true
	case "":
	default:
		return moment{}, false
	}
	if s.pos == len(s.text) {
		return moment{}, true
	}
	offset, ok := s.offset(1, 2)
	return moment{zone: offsetZone, offset: offset}, ok
}

// offset reads a sign, hours of so many digits, and minutes if they are there.
func (s *dateScanner) offset(least, most int) (time.Duration, bool) {
	negative := s.take("-")
	if !negative && !s.take("+") {
		return 0, false
	}
	hour, digits := s.number(most)
	if digits < least {
		return 0, false
	}
	minute, count := 0, 2
	if s.take(":") || s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		minute, count = s.number(2)
	}
	d := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if negative {
		d = -d
	}
	return d, count == 2 && minute < 60 && hour <= 14
}
