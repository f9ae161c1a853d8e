package expression

// Kind tells what a [Value] holds.
type Kind uint8

// The kinds. The zero Kind is null: an attribute that the object does not have.
const (
	KindNull                Kind = iota
	KindString                   // text, the base type of the language
	KindInteger                  // a whole number
	KindFloat                    // a number with a fraction
	KindBoolean                  // True or False
	KindDateTime                 // an instant, in UTC, to 100 ns
	KindReference                // the id of another object
	KindList                     // several texts, in order
	KindComplex                  // one or several complex values, such as role assignments
	KindIgnoreAttributeFlow      // not a value: leave the target attribute alone
	KindIgnoreObjectFlow         // not a value: skip the whole object
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case KindNull:
		return "Null"
	case KindString:
		return "String"
	case KindInteger:
		return "Integer"
	case KindFloat:
		return "Float"
	case KindBoolean:
		return "Boolean"
	case KindDateTime:
		return "DateTime"
	case KindReference:
		return "Reference"
	case KindList:
		return "List"
	case KindComplex:
		return "Complex"
	case KindIgnoreAttributeFlow:
		return keywordIgnoreAttribute
	case KindIgnoreObjectFlow:
		return keywordIgnoreObject
	}
	return ""
}
