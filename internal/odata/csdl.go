package odata

import "encoding/xml"

// The elements of a metadata document, in the order of OData 4.0 CSDL.
type (
	edmx struct {
		XMLName   xml.Name `xml:"edmx:Edmx"`
		Version   string   `xml:",attr"`
		Namespace string   `xml:"xmlns:edmx,attr"`
		Schema    edmxData `xml:"edmx:DataServices"`
	}
	edmxData struct {
		Schema edmSchema `xml:"Schema"`
	}
	edmSchema struct {
		Namespace string         `xml:",attr"`
		Alias     string         `xml:",attr"`
		XMLNS     string         `xml:"xmlns,attr"`
		Enums     []edmEnum      `xml:"EnumType"`
		Entities  []edmType      `xml:"EntityType"`
		Complexes []edmType      `xml:"ComplexType"`
		Actions   []edmOperation `xml:"Action"`
		Functions []edmOperation `xml:"Function"`
		Container edmContainer   `xml:"EntityContainer"`
	}
	edmEnum struct {
		Name    string          `xml:",attr"`
		IsFlags whether         `xml:",attr"`
		Members []edmEnumMember `xml:"Member"`
	}
	edmEnumMember struct {
		Name  string `xml:",attr"`
		Value int    `xml:",attr"`
	}
	edmType struct {
		Name        string        `xml:",attr"`
		BaseType    string        `xml:",attr,omitempty"`
		Abstract    whether       `xml:",attr"`
		OpenType    whether       `xml:",attr"`
		Key         *edmKey       `xml:"Key"`
		Properties  []edmProperty `xml:"Property"`
		Navigations []edmProperty `xml:"NavigationProperty"`
	}
	edmKey struct {
		Ref edmName `xml:"PropertyRef"`
	}
	edmName struct {
		Name string `xml:",attr"`
	}
	edmProperty struct {
		Name           string  `xml:",attr,omitempty"`
		Type           string  `xml:",attr"`
		Nullable       string  `xml:",attr,omitempty"`
		ContainsTarget whether `xml:",attr"`
	}
	edmOperation struct {
		Name       string        `xml:",attr"`
		IsBound    string        `xml:",attr"`
		Parameters []edmProperty `xml:"Parameter"`
		Returns    *edmProperty  `xml:"ReturnType"`
	}
	edmContainer struct {
		Name       string   `xml:",attr"`
		Sets       []edmSet `xml:"EntitySet"`
		Singletons []edmSet `xml:"Singleton"`
	}
	edmSet struct {
		Name       string `xml:",attr"`
		EntityType string `xml:",attr,omitempty"`
		Type       string `xml:",attr,omitempty"`
	}
)

// Document writes the model as a metadata document (OData 4.0 CSDL) in a namespace.
func (m *Model) Document(namespace, alias string) ([]byte, error) {
	w := csdl{model: m, prefix: alias + "."}
	schema := edmSchema{Namespace: namespace, Alias: alias, XMLNS: "http://docs.oasis-open.org/odata/ns/edm"}
	for _, t := range m.Types {
		switch t.Kind {
		case "enum":
			schema.Enums = append(schema.Enums, w.enum(t))
		case "entity":
			schema.Entities = append(schema.Entities, w.structured(t))
		default:
			schema.Complexes = append(schema.Complexes, w.structured(t))
		}
	}
	for _, o := range m.Operations {
		if o.Kind == "action" {
			schema.Actions = append(schema.Actions, w.operation(o))
		} else {
			schema.Functions = append(schema.Functions, w.operation(o))
		}
	}
	schema.Container = w.container()
	body, err := xml.MarshalIndent(edmx{
		Version: "4.0", Namespace: "http://docs.oasis-open.org/odata/ns/edmx", Schema: edmxData{Schema: schema},
	}, "", " ")
	return append([]byte(xml.Header), body...), err
}

// csdl writes names with the alias of their namespace.
type csdl struct {
	model  *Model
	prefix string
}

// qualified is the name of a type: Edm's own, or one of the model.
func (w csdl) qualified(m ModelMember) string {
	name := "Edm." + m.Type
	if w.model.Type(m.Type) != nil {
		name = w.prefix + m.Type
	}
	if m.Collection {
		return "Collection(" + name + ")"
	}
	return name
}

func (w csdl) enum(t ModelType) edmEnum {
	e := edmEnum{Name: t.Name, IsFlags: whether(t.Flags)}
	for _, m := range t.Members {
		e.Members = append(e.Members, edmEnumMember{m.Name, m.Value})
	}
	return e
}

func (w csdl) structured(t ModelType) edmType {
	s := edmType{Name: t.Name, OpenType: whether(t.Open)}
	if t.Base != "" {
		s.BaseType = w.prefix + t.Base
	}
	if t.Kind == "entity" && t.Base == "" {
		s.Abstract, s.Key = true, &edmKey{edmName{"id"}}
	}
	for _, m := range t.Members {
		if m.Navigation {
			s.Navigations = append(s.Navigations, w.property(m))
		} else {
			s.Properties = append(s.Properties, w.property(m))
		}
	}
	return s
}

func (w csdl) property(m ModelMember) edmProperty {
	p := edmProperty{Name: m.Name, Type: w.qualified(m), ContainsTarget: whether(m.Contained)}
	if m.Required {
		p.Nullable = "false"
	}
	return p
}

func (w csdl) operation(o ModelOperation) edmOperation {
	e := edmOperation{Name: o.Name, IsBound: "true"}
	o.Bound.Name = "bindingParameter"
	for _, p := range append([]ModelMember{o.Bound}, o.Parameters...) {
		e.Parameters = append(e.Parameters, w.property(p))
	}
	if o.Returns != nil {
		returned := w.property(*o.Returns)
		e.Returns = &returned
	}
	return e
}

func (w csdl) container() edmContainer {
	c := edmContainer{Name: "GraphService"}
	for _, s := range w.model.Sets {
		if s.Kind == "set" {
			c.Sets = append(c.Sets, edmSet{Name: s.Name, EntityType: w.prefix + s.Type})
		} else {
			c.Singletons = append(c.Singletons, edmSet{Name: s.Name, Type: w.prefix + s.Type})
		}
	}
	return c
}

// whether is an attribute that is left out when it is false.
type whether bool

// MarshalXMLAttr writes true, or nothing.
func (w whether) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	if !w {
		return xml.Attr{}, nil
	}
	return xml.Attr{Name: name, Value: "true"}, nil
}
