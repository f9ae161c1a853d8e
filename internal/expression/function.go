package expression

import "strings"

// ParameterType is the type of a parameter in Graph's words.
type ParameterType string

// The types that parameters have.
const (
	TypeString   ParameterType = "String"
	TypeInteger  ParameterType = "Integer"
	TypeBoolean  ParameterType = "Boolean"
	TypeDateTime ParameterType = "DateTime"
)

// Parameter is Graph's attributeMappingParameterSchema. The types inform; a
// value of another type is converted where it has a meaning.
type Parameter struct {
	Name                     string        `json:"name"`
	Type                     ParameterType `json:"type"`
	Required                 bool          `json:"required"`
	AllowMultipleOccurrences bool          `json:"allowMultipleOccurrences"` // the last one only

	omissible bool // required in Graph's list, yet may be left out
	condition bool // may be a comparison
}

// Function is one function of the language, as Graph's functions call and the
// documentation show it.
type Function struct {
	Name       string
	Parameters []Parameter
	Summary    string // what it returns, in a sentence or two
	Example    Example

	check   func(r *resolver, n *node)
	compile func(c *call) evaluator
	compose func(c *call) code // instead of compile, of a function that makes texts of texts
}

// Example is an expression that can be run, and what comes out of it.
type Example struct {
	Expression string
	Attributes map[string]any // of the object; what is missing is null
	Taken      []string       // values that the target has already
	Result     any            // as Value.Any returns it; a keyword for a flow marker
}

// definition is a function by name, not built before it is asked for.
type definition struct {
	name  string
	build func() Function
}

func definitions() [][]definition {
	return [][]definition{
		textDefinitions(), formDefinitions(), logicDefinitions(), booleanDefinitions(),
		listDefinitions(), dateDefinitions(), directoryDefinitions(), cloudSyncDefinitions(),
	}
}

// Functions returns every function of the language, by topic.
func Functions() []Function {
	var all []Function
	for _, topic := range definitions() {
		for _, d := range topic {
			all = append(all, d.build())
		}
	}
	return all
}

// lookup finds a function whatever the case of its name.
func lookup(name string) (*Function, bool) {
	for _, topic := range definitions() {
		for _, d := range topic {
			if strings.EqualFold(d.name, name) {
				fn := d.build()
				return &fn, true
			}
		}
	}
	return nil, false
}

func functionNames() []string {
	var names []string
	for _, topic := range definitions() {
		for _, d := range topic {
			names = append(names, d.name)
		}
	}
	return names
}

// Signature shows the function with its parameters: ? for one that may be left
// out, … for one that repeats.
func (f *Function) Signature() string {
	names := make([]string, len(f.Parameters))
	for i, p := range f.Parameters {
		names[i] = p.Name
		if !p.Required || p.omissible {
			names[i] += "?"
		}
		if p.AllowMultipleOccurrences {
			names[i] += "…"
		}
	}
	return f.Name + "(" + strings.Join(names, ", ") + ")"
}

// The parameters that occur again and again.

func required(name string, t ParameterType) Parameter {
	return Parameter{Name: name, Type: t, Required: true}
}

func optional(name string, t ParameterType) Parameter {
	return Parameter{Name: name, Type: t}
}

func repeated(name string) Parameter {
	return Parameter{Name: name, Type: TypeString, Required: true, AllowMultipleOccurrences: true}
}

func source() Parameter { return required("source", TypeString) }
