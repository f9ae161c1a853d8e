package odata

import "strings"

// Format writes e as a $filter. Parsing the text gives e again.
func Format(e Expr) string {
	var b strings.Builder
	format(&b, e)
	return b.String()
}

func format(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case Compare:
		b.WriteString(string(e.Property) + " " + string(e.Op) + " " + formatLiteral(e.Value))
	case Call:
		b.WriteString(e.Function + "(" + string(e.Property) + "," + Quote(e.Value) + ")")
	case In:
		formatIn(b, e)
	case And:
		operand(b, e.Left, bindsAnd)
		b.WriteString(" and ")
		operand(b, e.Right, bindsTerm)
	case Or:
		format(b, e.Left)
		b.WriteString(" or ")
		operand(b, e.Right, bindsAnd)
	case Not:
		b.WriteString("not ")
		operand(b, e.Expr, bindsTerm)
	case Any:
		formatAny(b, e)
	}
}

// operand writes e, in parentheses unless it binds tightly enough.
func operand(b *strings.Builder, e Expr, tight func(Expr) bool) {
	if tight(e) {
		format(b, e)
		return
	}
	b.WriteByte('(')
	format(b, e)
	b.WriteByte(')')
}

// bindsAnd reports whether e may stand beside "or", and on the left of "and",
// without parentheses.
func bindsAnd(e Expr) bool {
	_, or := e.(Or)
	return !or
}

// bindsTerm reports whether e may stand on the right of "and", and after "not",
// without parentheses.
func bindsTerm(e Expr) bool {
	_, and := e.(And)
	return bindsAnd(e) && !and
}

func formatIn(b *strings.Builder, e In) {
	b.WriteString(string(e.Property) + " in (")
	for i, v := range e.Values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(formatLiteral(v))
	}
	b.WriteByte(')')
}

func formatAny(b *strings.Builder, e Any) {
	b.WriteString(string(e.Collection) + "/any(")
	if e.Expr != nil {
		b.WriteString(e.Variable + ":")
		format(b, e.Expr)
	}
	b.WriteByte(')')
}
