package odata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Model is the types that a service serves (OData 4.0 CSDL), as far as a metadata
// document tells them.
type Model struct {
	Types      []ModelType
	Operations []ModelOperation
	Sets       []ModelSet
}

// ModelType is an enumeration, a complex type or an entity type.
type ModelType struct {
	Kind    string // enum, complex or entity
	Name    string
	Base    string
	Open    bool // may have members that are not declared
	Flags   bool // an enumeration whose members can be joined
	Members []ModelMember
}

// ModelMember is a property, a navigation property, a parameter, or a member of an
// enumeration.
type ModelMember struct {
	Name       string
	Type       string // without namespace; primitive types in capitals, such as String
	Collection bool
	Required   bool // never null
	Navigation bool
	Contained  bool
	Value      int // of a member of an enumeration
}

// ModelOperation is an action or a function that is bound to a type.
type ModelOperation struct {
	Kind       string // action or function
	Name       string
	Bound      ModelMember
	Parameters []ModelMember
	Returns    *ModelMember
}

// ModelSet is an entity set or a singleton.
type ModelSet struct {
	Kind string // set or singleton
	Name string
	Type string
}

// ParseModel reads a model written down in lines, of which an indented one continues
// the one before:
//
//	enum name [flags] member=1 …
//	complex name [< base] [open] member:type …
//	entity name [< base] [open] member:type >navigation:type >>contained:type …
//	action name type [parameter:type …] [=> type]
//	function name type [parameter:type …] [=> type]
//	set name type
//	singleton name type
//
// A type may have [] before it, for a collection, and ! behind it, when it is never
// null. A line that begins with a version, such as beta, holds for that version only.
func ParseModel(text, version string, versions ...string) (*Model, error) {
	m := &Model{}
	text = strings.ReplaceAll(text, "\n  ", " ")
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) > 0 && slices.Contains(versions, words[0]) {
			if words[0] != version {
				continue
			}
			words = words[1:]
		}
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := m.add(words); err != nil {
			return nil, fmt.Errorf("statement %d of the model: %w", n+1, err)
		}
	}
	return m, nil
}

func (m *Model) add(words []string) error {
	kind := words[0]
	if len(words) < 2 {
		return fmt.Errorf("%q has no name", kind)
	}
	switch kind {
	case "enum", "complex", "entity":
		t, err := parseType(kind, words[1], words[2:])
		m.Types = append(m.Types, t)
		return err
	case "action", "function":
		o, err := parseOperation(kind, words[1:])
		m.Operations = append(m.Operations, o)
		return err
	case "set", "singleton":
		if len(words) != 3 {
			return fmt.Errorf("the %s %s needs a type", kind, words[1])
		}
		m.Sets = append(m.Sets, ModelSet{Kind: kind, Name: words[1], Type: words[2]})
		return nil
	default:
		return fmt.Errorf("%q begins no statement", kind)
	}
}

func parseType(kind, name string, words []string) (ModelType, error) {
	t := ModelType{Kind: kind, Name: name}
	for len(words) > 0 {
		switch {
		case words[0] == "<" && len(words) > 1:
			t.Base, words = words[1], words[1:]
		case words[0] == "open":
			t.Open = true
		case words[0] == "flags":
			t.Flags = true
		default:
			member, err := parseMember(words[0])
			if err != nil {
				return t, err
			}
			t.Members = append(t.Members, member)
		}
		words = words[1:]
	}
	return t, nil
}

func parseOperation(kind string, words []string) (ModelOperation, error) {
	o := ModelOperation{Kind: kind, Name: words[0]}
	if len(words) < 2 {
		return o, fmt.Errorf("the %s %s is bound to nothing", kind, o.Name)
	}
	o.Bound = typeOf(words[1])
	words = words[2:]
	for len(words) > 0 && words[0] != "=>" {
		parameter, err := parseMember(words[0])
		if err != nil {
			return o, err
		}
		o.Parameters = append(o.Parameters, parameter)
		words = words[1:]
	}
	if len(words) == 2 {
		returned := typeOf(words[1])
		o.Returns = &returned
	}
	return o, nil
}

// parseMember reads name:type or, of an enumeration, name=value.
func parseMember(word string) (ModelMember, error) {
	if name, value, ok := strings.Cut(word, "="); ok {
		n, err := strconv.Atoi(value)
		return ModelMember{Name: name, Value: n}, err
	}
	name, text, ok := strings.Cut(word, ":")
	if !ok {
		return ModelMember{}, fmt.Errorf("%q is no member", word)
	}
	member := typeOf(text)
	member.Contained = strings.HasPrefix(name, ">>")
	member.Navigation = strings.HasPrefix(name, ">")
	member.Name = strings.TrimLeft(name, ">")
	return member, nil
}

// typeOf reads a type with its marks.
func typeOf(text string) ModelMember {
	var m ModelMember
	text, m.Required = strings.CutSuffix(text, "!")
	m.Type, m.Collection = strings.CutPrefix(text, "[]")
	return m
}

// Type returns the type of a name, or nil.
func (m *Model) Type(name string) *ModelType {
	for i := range m.Types {
		if m.Types[i].Name == name {
			return &m.Types[i]
		}
	}
	return nil
}

// Member returns what a type or its bases declare under a name, or nil.
func (m *Model) Member(t *ModelType, name string) *ModelMember {
	for ; t != nil; t = m.Type(t.Base) {
		for i := range t.Members {
			if t.Members[i].Name == name {
				return &t.Members[i]
			}
		}
	}
	return nil
}
