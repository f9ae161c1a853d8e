package expression

import "strings"

// render writes a node as Graph stores it: a comma and a blank between the
// arguments, an empty argument as nothing.
func render(n *node) string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case attributeNode:
		b.WriteString("[" + n.name + "]")
	case textNode:
		writeText(b, n.name)
	case numberNode, keywordNode:
		b.WriteString(n.name)
	case callNode:
		n.writeCall(b)
	case operatorNode:
		n.args[0].write(b)
		b.WriteString(" " + n.name + " ")
		n.args[1].write(b)
	case emptyNode, badNode:
	}
}

func quoted(text string) string {
	var b strings.Builder
	writeText(&b, text)
	return b.String()
}

func (n *node) writeCall(b *strings.Builder) {
	b.WriteString(n.name + "(")
	for i, arg := range n.args {
		if i > 0 {
			b.WriteString(", ")
		}
		arg.write(b)
	}
	b.WriteByte(')')
}

func writeText(b *strings.Builder, text string) {
	b.WriteByte('"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	b.WriteByte('"')
}
