package expression

import "time"

// dateDefinitions are the functions on points in time. All of them are in UTC.
func dateDefinitions() []definition {
	return []definition{
		{"Now", nowFunction},
		{"CDate", cDateFunction},
		{"DateAdd", dateAddFunction},
		{"DateDiff", dateDiffFunction},
		{"DateFromNum", dateFromNumFunction},
		{"NumFromDate", numFromDateFunction},
		{"FormatDateTime", formatDateTimeFunction},
	}
}

func nowFunction() Function {
	return Function{
		Name:    "Now",
		Summary: "The current date and time in UTC, written M/d/yyyy h:mm:ss tt.",
		Example: Example{`Now()`, nil, nil, "7/30/2025 8:15:00 AM"},
		compile: func(c *call) evaluator {
			at := c.site()
			return func(env *Environment) (Value, *Error) {
				if env.Now.IsZero() {
					return Value{}, at.fail(Unavailable, "the current time is not known here")
				}
				return TimeValue(env.Now), nil
			}
		},
	}
}

func cDateFunction() Function {
	return Function{
		Name:       "CDate",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary: "The text as a date and time in UTC, written M/d/yyyy h:mm:ss tt. A text without an offset is taken to be in UTC. " +
			"Null is an error.",
		Example: Example{`CDate([StatusHireDate])`, map[string]any{"StatusHireDate": "2020-03-16-07:00"}, nil, "3/16/2020 7:00:00 AM"},
		compile: func(c *call) evaluator {
			text := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				t, err := text.instant(env)
				if err != nil {
					return Value{}, err
				}
				return TimeValue(t), nil
			}
		},
	}
}

func dateAddFunction() Function {
	return Function{
		Name: "DateAdd",
		Parameters: []Parameter{
			required("interval", TypeString), required("value", TypeInteger), required("dateTime", TypeDateTime),
		},
		Summary: "The date with so many intervals added, or taken away where the value is negative. Intervals: yyyy years, m months, " +
			"d days, ww weeks, h hours, n minutes, s seconds. A day that the new month does not have becomes its last.",
		Example: Example{`DateAdd("m", 1, CDate([hireDate]))`, map[string]any{"hireDate": "2025-01-31"}, nil, "2/28/2025 12:00:00 AM"},
		compile: func(c *call) evaluator {
			at, interval, value, date := c.site(), c.interval(), c.arg(1), c.arg(2)
			return func(env *Environment) (Value, *Error) {
				unit, err := interval.unit(env)
				if err != nil {
					return Value{}, err
				}
				n, err := value.integer(env)
				if err != nil {
					return Value{}, err
				}
				from, err := date.instant(env)
				if err != nil {
					return Value{}, err
				}
				to, ok := addInterval(from, unit, n)
				if !ok {
					return Value{}, at.fail(OutOfRange, "the date would lie outside of the years 1 to 9999")
				}
				return TimeValue(to), nil
			}
		},
	}
}

func dateDiffFunction() Function {
	return Function{
		Name: "DateDiff",
		Parameters: []Parameter{
			required("interval", TypeString), required("date1", TypeDateTime), required("date2", TypeDateTime),
		},
		Summary: "How many intervals lie between date1 and date2; negative when date2 is earlier. Whole days (d), hours (h), minutes " +
			"(n) and seconds (s); the turns of a year (yyyy) or a month (m); the Sundays (ww).",
		Example: Example{
			`DateDiff("d", Now(), CDate([hireDate]))`,
			map[string]any{"hireDate": "2025-08-15T08:15:00Z"},
			nil, int64(16),
		},
		compile: func(c *call) evaluator {
			interval, first, second := c.interval(), c.arg(1), c.arg(2)
			return func(env *Environment) (Value, *Error) {
				unit, err := interval.unit(env)
				if err != nil {
					return Value{}, err
				}
				from, err := first.instant(env)
				if err != nil {
					return Value{}, err
				}
				to, err := second.instant(env)
				return IntegerValue(intervalsBetween(from, to, unit)), err
			}
		},
	}
}

func dateFromNumFunction() Function {
	return Function{
		Name:       "DateFromNum",
		Parameters: []Parameter{required("value", TypeInteger)},
		Summary:    "The date and time of a Windows file time: the number of 100 ns intervals since 1601.",
		Example:    Example{`DateFromNum(129699324000000000)`, nil, nil, "1/1/2012 11:00:00 PM"},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				n, err := value.integer(env)
				if err != nil {
					return Value{}, err
				}
				if n < 0 || n > lastTick-fileTimeEpoch {
					return Value{}, value.fail(OutOfRange, "%d is not the file time of a date from 1601 to 9999; 9223372036854775807 means never", n)
				}
				return dateValue(n + fileTimeEpoch), nil
			}
		},
	}
}

func numFromDateFunction() Function {
	return Function{
		Name:       "NumFromDate",
		Parameters: []Parameter{required("value", TypeDateTime)},
		Summary:    "The Windows file time of a date and time: the number of 100 ns intervals since 1601. Null is an error.",
		Example:    Example{`NumFromDate("2020-12-31T23:59:59-08:00")`, nil, nil, int64(132539615990000000)},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				t, err := value.instant(env)
				if err != nil {
					return Value{}, err
				}
				n := ticks(t) - fileTimeEpoch
				if n < 0 {
					return Value{}, value.fail(OutOfRange, "file times begin in 1601, and the date is before")
				}
				return IntegerValue(n), nil
			}
		},
	}
}

// intervalOperand is the interval of DateAdd and DateDiff.
type intervalOperand struct {
	*operand
	fixed interval
}

func (c *call) interval() intervalOperand {
	o := intervalOperand{operand: c.arg(0)}
	if name, ok := o.literal(); ok {
		unit, known := intervalNamed(name)
		if !known {
			o.invalid(o.unknown(name))
		}
		o.fixed = unit
	}
	return o
}

func (o intervalOperand) unknown(name string) *Error {
	return o.fail(BadDate, "%s is no interval; there are yyyy, m, d, ww, h, n (minutes) and s", o.show(name))
}

func (o intervalOperand) unit(env *Environment) (interval, *Error) {
	if o.fixed != noInterval {
		return o.fixed, nil
	}
	name, err := o.textOr(env, "")
	if err != nil {
		return noInterval, err
	}
	unit, ok := intervalNamed(name)
	if !ok {
		return noInterval, o.unknown(name)
	}
	return unit, nil
}

func formatDateTimeFunction() Function {
	return Function{
		Name: "FormatDateTime",
		Parameters: []Parameter{
			source(), optional("dateTimeStyles", TypeString),
			required("inputFormat", TypeString), required("outputFormat", TypeString),
		},
		Summary: "The date in the source, read by one .NET format and written by another, in English. An offset in the source is " +
			"kept, so the calendar date stays. The styles are those of .NET, separated by commas. The form with three arguments " +
			"leaves them out. Null is an error.",
		Example: Example{
			`FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")`,
			map[string]any{"extensionAttribute1": "20150123105347.1Z"},
			nil, "2015-01-23",
		},
		compose: composeFormatDateTime,
	}
}

func composeFormatDateTime(c *call) code {
	source, styles := c.arg(0), c.styles(1)
	input, output := c.layout(2), c.layout(3)
	return written(func(env *Environment, buf []byte) ([]byte, bool, *Error) {
		form, err := output.layout(env)
		if err != nil {
			return buf, false, err
		}
		v, err := source.beside(env, buf)
		if err == nil && v.isFlow() {
			err = &Error{flow: v.kind}
		}
		if err != nil {
			return buf, false, err
		}
		if v.kind == KindDateTime {
			return form.appendTo(buf, moment{clock: v.time(), zone: utcZone}), true, nil
		}
		read, err := input.layout(env)
		if err != nil {
			return buf, false, err
		}
		m, err := source.readBy(env, v, read, styles)
		if err != nil {
			return buf, false, err
		}
		return form.appendTo(buf, m), true, nil
	})
}

// readBy reads the value by a layout.
func (o *operand) readBy(env *Environment, v Value, l *layout, s stylesOperand) (moment, *Error) {
	text, ok, err := o.convert(v, nil)
	if err != nil {
		return moment{}, err
	}
	if !ok {
		return moment{}, o.fail(BadDate, "a date is expected, and the value is null; guard it with Switch or IIF(IsPresent(…), …)")
	}
	flags, err := s.styles(env)
	if err != nil {
		return moment{}, err
	}
	m, ok := l.parse(text, flags, env.Now)
	if !ok {
		return moment{}, o.fail(BadDate, "%s is not written as %q", o.show(text), l.pattern)
	}
	return m, nil
}

// stylesOperand is the list of styles of FormatDateTime.
type stylesOperand struct {
	*operand
	fixed *styles
}

func (c *call) styles(parameter int) stylesOperand {
	o := stylesOperand{operand: c.arg(parameter)}
	text, ok := o.literal()
	if o.operand == nil {
		text, ok = defaultStyles, true
	}
	if ok {
		s, err := o.parse(text)
		o.invalid(err)
		o.fixed = &s
	}
	return o
}

func (o stylesOperand) styles(env *Environment) (styles, *Error) {
	if o.fixed != nil {
		return *o.fixed, nil
	}
	list, err := o.textOr(env, defaultStyles)
	if err != nil {
		return 0, err
	}
	return o.parse(list)
}

// parse reads names of .NET's DateTimeStyles.
func (o stylesOperand) parse(list string) (styles, *Error) {
	s, wrong := parseStyles(list)
	if wrong != "" {
		return 0, o.fail(BadArguments, "%s is no DateTimeStyles value%s", o.show(wrong), suggestion(wrong, styleNames(), "%s"))
	}
	return s, nil
}

// layoutOperand is a format of FormatDateTime.
type layoutOperand struct {
	*operand
	fixed *layout
}

func (c *call) layout(parameter int) layoutOperand {
	o := layoutOperand{operand: c.arg(parameter)}
	if text, ok := o.literal(); ok {
		l, err := o.parse(text)
		o.invalid(err)
		o.fixed = &l
	}
	return o
}

func (o layoutOperand) layout(env *Environment) (*layout, *Error) {
	if o.fixed != nil {
		return o.fixed, nil
	}
	text, err := o.textOr(env, "")
	if err != nil {
		return nil, err
	}
	l, err := o.parse(text)
	return &l, err
}

func (o layoutOperand) parse(text string) (layout, *Error) {
	l, err := parseLayout(text)
	if err != nil {
		return layout{}, o.fail(BadDate, "%s is no date format: %v", o.show(text), err)
	}
	return l, nil
}

// generalDateTime writes an instant as the language does.
func generalDateTime(t time.Time) string {
	return t.Format("1/2/2006 3:04:05 PM")
}
