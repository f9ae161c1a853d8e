package graphcli

// ParseLiteral opens the literal parser to its fuzz test.
func ParseLiteral(text string) (any, error) { return parseLiteral(text) }
