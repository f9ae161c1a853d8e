package expression

func joinFunction() Function {
	return Function{
		Name:       "Join",
		Parameters: []Parameter{required("separator", TypeString), repeated("source")},
		Summary: "All values with the separator between them. A list contributes each of its items; " +
			"nulls and empty texts are left out together with their separator.",
		Example: Example{
			`Join(" ", [givenName], [middleName], [surname])`,
			map[string]any{"givenName": "Anna", "surname": "Berg"},
			nil, "Anna Berg",
		},
		compose: composeJoin,
	}
}

func composeJoin(c *call) code {
	separator, sources := c.arg(0), c.args(1)
	return written(func(env *Environment, buf []byte) ([]byte, bool, *Error) {
		between, err := separator.textOr(env, "")
		if err != nil {
			return buf, false, err
		}
		j := joining{buf: buf, start: len(buf), between: between}
		for _, source := range sources {
			if err := j.add(env, source); err != nil {
				return buf, false, err
			}
		}
		return j.buf, true, nil
	})
}

// joining is the text of a Join while it is made, at the end of a buffer.
type joining struct {
	buf     []byte
	start   int
	between string
}

// add appends the value of a source, a list item by item.
func (j *joining) add(env *Environment, source *operand) *Error {
	if source.write != nil {
		return j.addWritten(env, source)
	}
	v, err := source.beside(env, j.buf)
	switch {
	case err != nil:
		return err
	case v.kind == KindString:
		j.addText(v.str)
		return nil
	case v.kind == KindList:
		for _, item := range v.more.list {
			j.addText(item)
		}
		return nil
	}
	text, _, err := source.convert(v, nil)
	j.addText(text)
	return err
}

func (j *joining) addText(text string) {
	if text == "" {
		return
	}
	if len(j.buf) > j.start {
		j.buf = append(j.buf, j.between...)
	}
	j.buf = append(j.buf, text...)
}

// addWritten lets the source write behind a separator, which goes again when the
// source writes nothing.
func (j *joining) addWritten(env *Environment, source *operand) *Error {
	before := len(j.buf)
	if before > j.start {
		j.buf = append(j.buf, j.between...)
	}
	from := len(j.buf)
	buf, _, err := source.write(env, j.buf)
	if err != nil || len(buf) == from {
		buf = buf[:before]
	}
	j.buf = buf
	return err
}
