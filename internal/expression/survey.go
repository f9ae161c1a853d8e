package expression

// Warning is something in an expression that runs, but not as one may expect.
type Warning struct {
	Pos     int    // offset in the text, in bytes
	Message string // for people, a sentence without its full stop
}

// survey notes what a caller must know of the program.
func (c *compiler) survey(n *node) {
	if n.kind == callNode {
		c.surveyCall(n)
	}
	for _, arg := range n.args {
		c.survey(arg)
	}
}

func (c *compiler) surveyCall(n *node) {
	switch n.name {
	case "Redact":
		c.traits.Redacted = true
	case "Now":
		c.traits.Clock = true
	case "Guid", "RandomString":
		c.traits.Random = true
		c.warn(n, n.name+" gives another value every time; apply the mapping only during object creation")
	case "SelectUniqueValue":
		c.traits.Unique = true
	case "DefaultDomain":
		c.traits.Domain = true
	case "IIF":
		if n.argument(0).testsForNothing() {
			c.warn(n, "the Entra service does not evaluate this condition when the attribute is null; Switch([a], [a], \"\", \"Other\") works in both")
		}
	}
}

func (c *compiler) warn(n *node, message string) {
	c.warnings = append(c.warnings, Warning{Pos: n.pos, Message: message})
}

// testsForNothing reports whether a condition asks if an attribute is there.
func (n *node) testsForNothing() bool {
	switch n.name {
	case "IsNull", "IsNullOrEmpty", "IsPresent", "IsNothing":
		return n.kind == callNode && n.args[0].kind == attributeNode
	case "=", "<>":
		return n.args[0].kind == attributeNode && n.args[1].kind == textNode && n.args[1].name == ""
	default:
		return false
	}
}
