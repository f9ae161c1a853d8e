package odata

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// Never is how Graph writes an instant that has not come.
const Never = "0001-01-01T00:00:00Z"

// FormatTime writes an Edm.DateTimeOffset as Graph does: UTC, up to seven digits
// of a fraction, and [Never] for the zero time.
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return Never
	}
	return t.UTC().Format("2006-01-02T15:04:05.9999999Z")
}

// FormatDuration writes an Edm.Duration such as PT40M or P1DT2H3.5S, with up to
// seven digits of a fraction.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "PT0S"
	}
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = d.Abs()
	}
	b.WriteByte('P')
	const day = 24 * time.Hour
	if days := d / day; days > 0 {
		fmt.Fprintf(&b, "%dD", days)
	}
	if d %= day; d == 0 {
		return b.String()
	}
	b.WriteByte('T')
	for _, unit := range []struct {
		letter byte
		size   time.Duration
	}{{'H', time.Hour}, {'M', time.Minute}} {
		if n := d / unit.size; n > 0 {
			fmt.Fprintf(&b, "%d%c", n, unit.letter)
		}
		d %= unit.size
	}
	if d > 0 {
		b.WriteString(strconv.FormatFloat(d.Truncate(100*time.Nanosecond).Seconds(), 'f', -1, 64) + "S")
	}
	return b.String()
}

// ParseDuration reads an Edm.Duration. The error is errs.Invalid.
func ParseDuration(text string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(text, "P")
	date, clock, hasClock := strings.Cut(rest, "T")
	days, okDate := parseUnits(date, "D", 24*time.Hour)
	hours, okClock := parseUnits(clock, "HMS", time.Hour, time.Minute, time.Second)
	if !ok || !okDate || !okClock || rest == "" || hasClock && clock == "" {
		return 0, errs.New(errs.Invalid, "RequestParameterInvalid", "%.64q is not a duration such as PT40M.", text)
	}
	return days + hours, nil
}

// parseUnits reads numbers followed by letters, each letter at most once and in
// the order given.
func parseUnits(text, letters string, sizes ...time.Duration) (time.Duration, bool) {
	var sum time.Duration
	for i, size := range sizes {
		at := strings.IndexByte(text, letters[i])
		if at < 0 {
			continue
		}
		n, err := strconv.ParseFloat(text[:at], 64)
		if err != nil || n < 0 || n > 1e9 || strings.Trim(text[:at], "0123456789.") != "" {
			return 0, false
		}
		sum += time.Duration(n * float64(size))
		text = text[at+1:]
	}
	return sum, text == "" && sum >= 0
}

// Project keeps of entity the members that selected names, ignoring case, and all
// annotations (names with "@"). A name that the entity lacks becomes null, as
// Graph answers. A nil selected keeps everything.
func Project(entity map[string]any, selected []string) map[string]any {
	if selected == nil {
		return entity
	}
	out := make(map[string]any, len(selected)+2)
	for name, value := range entity {
		if strings.Contains(name, "@") {
			out[name] = value
		}
	}
	for _, want := range selected {
		name, _, _ := strings.Cut(want, "/")
		canonical, value := member(entity, name)
		out[canonical] = value
	}
	return out
}

func member(entity map[string]any, name string) (string, any) {
	if value, ok := entity[name]; ok {
		return name, value
	}
	for candidate, value := range entity {
		if strings.EqualFold(candidate, name) {
			return candidate, value
		}
	}
	return name, nil
}
