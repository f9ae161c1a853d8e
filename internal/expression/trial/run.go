package trial

import (
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/synchronization"
)

// Run parses the expression and, where there is an object to try it on, evaluates
// it. It never fails: what is wrong is in the response.
func Run(request Request, setting Setting) Response {
	program, err := expression.Compile(request.Expression, expression.Options{Attributes: known(request.TestInputObject)})
	if err != nil {
		return Response{Error: publicError(err), EvaluationResult: []string{}}
	}
	response := Response{ParsingSucceeded: true, ParsedExpression: program.Source(), EvaluationResult: []string{}}
	if request.TestInputObject == nil && len(program.Attributes()) > 0 {
		return response
	}
	value, err := program.Eval(environment(program, request.TestInputObject, setting))
	if err != nil {
		response.Error = publicError(err)
		return response
	}
	response.EvaluationSucceeded = true
	response.EvaluationResult = texts(value, request.TargetAttributeDefinition)
	return response
}

// known returns the attributes that an expression may read, nil for all.
func known(object *InputObject) []string {
	if object == nil || object.Definition == nil || len(object.Definition.Attributes) == 0 {
		return nil
	}
	names := make([]string, 0, len(object.Definition.Attributes)+2)
	for _, attribute := range object.Definition.Attributes {
		names = append(names, attribute.Name)
	}
	return append(names, softDeleted, roleAssignments)
}

// The attributes that every object has, whatever its definition says.
const (
	softDeleted     = "IsSoftDeleted"
	roleAssignments = "appRoleAssignments"
)

// Attributes returns the properties of the object by name, each as a value of the
// type that its definition or, without one, the schema gives it: a form in which a
// person fills in an object knows texts only. A nil object has none.
func (o *InputObject) Attributes(schema synchronization.Schema) map[string]any {
	attributes := map[string]any{}
	if o == nil {
		return attributes
	}
	types := definitions(o.Definition, schema)
	for _, property := range o.Properties {
		attributes[property.Key] = typed(property.Value, types[property.Key])
	}
	return attributes
}

func environment(program *expression.Program, object *InputObject, setting Setting) *expression.Environment {
	env := &expression.Environment{
		Slots: program.Symbols().Values(object.Attributes(setting.Schema)), Now: setting.Now, DefaultDomain: setting.DefaultDomain, Unique: setting.Unique,
	}
	if env.Unique == nil {
		env.Unique = func(string) (bool, error) { return true, nil }
	}
	return env
}

// definitions returns what is known of the attributes by name: by the definition
// of the object or, without one, by the source directories of the schema.
func definitions(object *synchronization.ObjectDefinition, schema synchronization.Schema) map[string]synchronization.AttributeDefinition {
	found := map[string]synchronization.AttributeDefinition{softDeleted: {Name: softDeleted, Type: "Boolean"}}
	if object != nil {
		gather(found, *object)
		return found
	}
	for _, rule := range schema.Rules {
		for _, directory := range schema.Directories {
			if directory.Name != rule.SourceDirectoryName {
				continue
			}
			for _, object := range directory.Objects {
				gather(found, object)
			}
		}
	}
	return found
}

func gather(into map[string]synchronization.AttributeDefinition, object synchronization.ObjectDefinition) {
	for _, attribute := range object.Attributes {
		if _, ok := into[attribute.Name]; !ok {
			into[attribute.Name] = attribute
		}
	}
}

// typed gives a text the type of its attribute.
func typed(v any, definition synchronization.AttributeDefinition) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	switch {
	case definition.Type == "Boolean":
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b
		}
	case definition.Type == "Integer":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case definition.Multivalued && text == "":
		return nil
	}
	return v
}

// texts returns the value as evaluationResult has it.
func texts(v expression.Value, target *synchronization.AttributeDefinition) []string {
	switch v.Kind() {
	case expression.KindNull, expression.KindIgnoreAttributeFlow, expression.KindIgnoreObjectFlow:
		return []string{}
	case expression.KindComplex:
		return complexTexts(v)
	case expression.KindList:
		return append([]string{}, v.List()...)
	case expression.KindString, expression.KindInteger, expression.KindFloat, expression.KindBoolean,
		expression.KindDateTime, expression.KindReference:
	}
	text := v.Text()
	if target != nil {
		text = expression.ValueOf(typed(text, *target)).Text()
	}
	return []string{text}
}

func complexTexts(v expression.Value) []string {
	all := make([]string, 0, len(v.Complex()))
	for _, object := range v.Complex() {
		all = append(all, expression.ValueOf(object).Text())
	}
	return all
}
