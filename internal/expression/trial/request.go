package trial

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/provisor/provisor/internal/synchronization"
)

// Request is the body of parseExpression.
type Request struct {
	Expression string `json:"expression"`
	// TestInputObject is the object on which the expression is evaluated. Without
	// one, only an expression that reads no attribute is evaluated.
	TestInputObject *InputObject `json:"testInputObject"`
	// TargetAttributeDefinition is the attribute that is to be mapped. The result
	// is written as a value of its type.
	TargetAttributeDefinition *synchronization.AttributeDefinition `json:"targetAttributeDefinition"`
}

// InputObject is expressionInputObject: the attributes of an object, and what the
// directory says of them.
type InputObject struct {
	// Definition lists the attributes that there are: an expression with another
	// one is refused. Nil allows every attribute.
	Definition *synchronization.ObjectDefinition `json:"definition"`
	Properties []Property                        `json:"properties"`
}

// Property is stringKeyObjectValuePair: one attribute of an object. Of two with
// the same key the last one counts.
type Property struct {
	Key   string
	Value any // decoded JSON; nil when the object does not have the attribute
}

// UnmarshalJSON reads the value as Graph's documentation writes it, a plain JSON
// value, and as its model has it: an object with the members value or values. The
// annotations of the open type are dropped.
func (p *Property) UnmarshalJSON(text []byte) error {
	var wire struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return fmt.Errorf("a property is an object with key and value: %w", err)
	}
	*p = Property{Key: wire.Key, Value: unwrapped(wire.Value)}
	return nil
}

// MarshalJSON writes the form that UnmarshalJSON reads, with the annotation that
// Graph asks for on collections.
func (p Property) MarshalJSON() ([]byte, error) {
	pair := map[string]any{"key": p.Key, "value": p.Value}
	switch p.Value.(type) {
	case []string, []any:
		pair["value@odata.type"] = "#Collection(String)"
	}
	return json.Marshal(pair)
}

// unwrapped takes a value out of an object that has only that.
func unwrapped(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for _, member := range []string{"values", "value"} {
		if inner, ok := object[member]; ok && len(object) <= 2 {
			return inner
		}
	}
	return v
}

// Setting is what a trial depends on besides the request. The zero Setting is
// usable; Now() and DefaultDomain() fail in it.
type Setting struct {
	// Schema gives the types of the attributes where the request has no definition.
	Schema synchronization.Schema
	// Now is the instant that time functions see.
	Now time.Time
	// DefaultDomain is the tenant's.
	DefaultDomain string
	// Unique tells whether the target has no object with the value. Nil takes every
	// value as free.
	Unique func(candidate string) (bool, error)
}
