package expression

import (
	"slices"
	"strings"
)

// Parse reads a text and returns its tree, with the text of every part in
// Graph's form. The error is an [Errors]. Names of attributes are not checked.
func Parse(text string) (*Source, error) {
	n, err := analyse(text, nil)
	if err != nil {
		return nil, err
	}
	return n.source(), nil
}

// analyse parses a text and resolves its names.
func analyse(text string, attributes []string) (*node, error) {
	n, errs := parse(text)
	if n != nil {
		r := &resolver{text: text, attributes: attributes, top: n}
		r.node(n)
		errs = append(errs, r.errs...)
	}
	if len(errs) == 0 {
		return n, nil
	}
	errs.sort()
	return nil, errs
}

// source returns the tree below a resolved node.
func (n *node) source() *Source {
	s := &Source{Expression: render(n), Name: n.name}
	if n.kind == numberNode { // a number by itself is quoted, as every constant
		s.Expression = quoted(n.name)
	}
	switch n.kind {
	case attributeNode:
		s.Type = AttributeSource
	case callNode, operatorNode:
		s.Type = FunctionSource
		s.Parameters = n.parameters()
	case textNode, numberNode, keywordNode, emptyNode, badNode:
		s.Type = ConstantSource
	}
	return s
}

func (n *node) parameters() []Argument {
	var given []Argument
	for i, arg := range n.args {
		if arg.kind == emptyNode {
			continue
		}
		key := operandNames()[i%2]
		if n.kind == callNode {
			key = n.fn.Parameters[n.places[i]].Name
		}
		given = append(given, Argument{Key: key, Value: arg.source()})
	}
	return given
}

func operandNames() []string { return []string{"left", "right"} }

// Text returns the expression that the tree stands for: Expression where it is
// given, and otherwise what the other members say. A source without either
// gives "".
func (s *Source) Text() string {
	if s == nil {
		return ""
	}
	if s.Expression != "" {
		return s.Expression
	}
	var b strings.Builder
	switch s.Type {
	case AttributeSource:
		b.WriteString("[" + s.Name + "]")
	case ConstantSource:
		b.WriteString(quoted(s.Name))
	case FunctionSource:
		s.writeCall(&b)
	}
	return b.String()
}

func (s *Source) writeCall(b *strings.Builder) {
	if s.isOperator() {
		b.WriteString(s.Parameters[0].Value.Text() + " " + s.Name + " " + s.Parameters[1].Value.Text())
		return
	}
	b.WriteString(s.Name + "(" + strings.Join(s.positions(), ", ") + ")")
}

func (s *Source) isOperator() bool {
	operators := []string{"=", "<>", "<", "<=", ">", ">=", "&"}
	return len(s.Parameters) == 2 && slices.Contains(operators, s.Name)
}

// positions returns the text of each argument in its place, with nothing where
// the tree leaves one out. Of a function that is not known, or whose keys are
// not its parameters, the order of the tree counts.
func (s *Source) positions() []string {
	fn, ok := lookup(s.Name)
	var texts []string
	next := 0
	for _, p := range s.Parameters {
		if ok {
			at := slices.IndexFunc(fn.Parameters, func(q Parameter) bool { return strings.EqualFold(q.Name, p.Key) })
			for ; next < at; next++ {
				texts = append(texts, "")
			}
		}
		texts = append(texts, p.Value.Text())
		next++
	}
	return texts
}
