package expression

import "encoding/json"

// SourceType says what a [Source] stands for, in Graph's words.
type SourceType string

// The types of a source. The zero SourceType is none of them.
const (
	AttributeSource SourceType = "Attribute" // the value of a source attribute
	ConstantSource  SourceType = "Constant"  // a literal
	FunctionSource  SourceType = "Function"  // a call, its arguments in Parameters
)

// Source is Graph's attributeMappingSource: an expression as text and as the
// tree of the same meaning. Where the two disagree the text counts.
//
// The operators have no name in Graph; here they are functions named by their
// sign, with the parameters left and right.
type Source struct { //nolint:recvcheck // a nil *Source has a text, and a Source by value must marshal
	Expression string     `json:"expression"` // the text
	Name       string     `json:"name"`       // attribute, function, or constant without its quotes
	Type       SourceType `json:"type"`
	Parameters []Argument `json:"parameters"` // empty arguments are left out; nil is written as []
}

// Argument is Graph's stringKeyAttributeMappingSourceValuePair: one argument of
// a call, under the name of its parameter. A repeating parameter repeats its key.
type Argument struct {
	Key   string  `json:"key"`
	Value *Source `json:"value"`
}

// MarshalJSON writes the source in Graph's form, with [] where there are no
// parameters.
func (s Source) MarshalJSON() ([]byte, error) {
	type wire Source
	w := wire(s)
	if w.Parameters == nil {
		w.Parameters = []Argument{}
	}
	return json.Marshal(w)
}
