package expression

// nodeKind tells the forms of the grammar apart.
type nodeKind uint8

const (
	emptyNode     nodeKind = iota // an argument that was not given
	attributeNode                 // [name]
	textNode                      // "text"
	numberNode                    // 12, -1.5, &HF7
	keywordNode                   // IgnoreAttributeFlow and the like
	callNode                      // Name(…)
	operatorNode                  // a comparison, or & between texts
	badNode                       // something already reported
)

// node is one form in the text.
type node struct {
	kind nodeKind
	pos  int     // offset in the text
	name string  // attribute, text without quotes, number as written, keyword, function or operator
	args []*node // of a call: as written, empty ones included; of an operator: left and right

	// What resolve finds out about a call.
	fn     *Function
	places []int // for each of args, the index of its parameter
}

// The keywords that are results rather than arguments.
const (
	keywordIgnoreAttribute = "IgnoreAttributeFlow"
	keywordIgnoreObject    = "IgnoreObjectFlow"
	keywordTextCompare     = "vbTextCompare"
	keywordBinaryCompare   = "vbBinaryCompare"
)

func keywords() []string {
	return []string{
		keywordIgnoreAttribute, keywordIgnoreObject, keywordTextCompare, keywordBinaryCompare,
		"UTF8", "ASCII", "Unicode",
	}
}
