package expression

import "bytes"

// writer appends the text of a value to a buffer, so that a chain of functions
// that make texts of texts makes none in between. Not ok means null; then, and on
// an error, nothing has been appended.
type writer func(env *Environment, buf []byte) ([]byte, bool, *Error)

// code is a compiled node. write is nil when the value may be something else than
// a text, or when there is nothing to gain.
type code struct {
	eval  evaluator
	write writer
}

// written is code that makes its text in the scratch space of the environment.
func written(write writer) code {
	return code{write: write, eval: func(env *Environment) (Value, *Error) {
		buf := env.scratch
		if buf == nil {
			const usual = 64
			buf = make([]byte, 0, usual)
		}
		env.scratch = nil // in use
		buf, ok, err := write(env, buf[:0])
		env.scratch = buf
		if err != nil || !ok {
			return Value{}, err
		}
		return StringValue(string(buf)), nil
	}}
}

// mapped is a function of one text; null stays null. within does the same as f to
// the text at the end of a buffer, from start on.
func mapped(source *operand, f func(string) string, within func(buf []byte, start int) []byte) code {
	write := func(env *Environment, buf []byte) ([]byte, bool, *Error) {
		start := len(buf)
		buf, ok, err := source.appendText(env, buf)
		if err != nil || !ok {
			return buf, ok, err
		}
		return within(buf, start), true, nil
	}
	if source.write != nil {
		return written(write)
	}
	return code{eval: mapText(source, f), write: write} // a text that exists may be returned as it is
}

// appendText appends the text of the argument to the buffer.
func (o *operand) appendText(env *Environment, buf []byte) ([]byte, bool, *Error) {
	if o.write != nil {
		return o.write(env, buf)
	}
	v, err := o.beside(env, buf)
	if err == nil && v.kind == KindString {
		return append(buf, v.str...), true, nil
	}
	text, ok, err := o.convert(v, err)
	return append(buf, text...), ok, err
}

// beside evaluates the argument while buf is in use: what is behind buf is its
// scratch space.
func (o *operand) beside(env *Environment, buf []byte) (Value, *Error) {
	if len(o.node.args) == 0 { // needs none
		return o.eval(env)
	}
	env.scratch = buf[len(buf):]
	v, err := o.eval(env)
	env.scratch = nil
	return v, err
}

// appendReplaced replaces what lies in buf from start on, with every occurrence of
// old in it replaced.
func appendReplaced(buf []byte, start int, old, by string) []byte {
	if !bytes.Contains(buf[start:], []byte(old)) {
		return buf
	}
	end := len(buf)
	for from := start; ; {
		at := bytes.Index(buf[from:end], []byte(old))
		if at < 0 {
			buf = append(buf, buf[from:end]...)
			break
		}
		buf = append(buf, buf[from:from+at]...)
		buf = append(buf, by...)
		from += at + len(old)
	}
	return buf[:start+copy(buf[start:], buf[end:])]
}
