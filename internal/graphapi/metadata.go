package graphapi

import (
	_ "embed"
	"sync"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
)

//go:embed model/synchronization.edm
var synchronizationModel string

//go:embed model/directory.edm
var directoryModel string

// model returns the types that a version serves: those written down, and the
// properties of the directory's objects from their table.
func model(v Versions) (*odata.Model, error) {
	m, err := odata.ParseModel(directoryModel+"\n"+synchronizationModel, v.String(), V1.String(), Beta.String())
	if err != nil {
		return nil, err
	}
	for _, kind := range []directory.Kind{directory.User, directory.Group, directory.Application, directory.ServicePrincipal} {
		t := m.Type(string(kind))
		for _, p := range properties(kind) {
			if member, simple := p.member(); simple && m.Member(t, p.name) == nil {
				t.Members = append(t.Members, member)
			}
		}
	}
	return m, nil
}

// member is a property as a model declares it; false for one whose type must be
// written down.
func (p property) member() (odata.ModelMember, bool) {
	m := odata.ModelMember{Name: p.name}
	switch p.shape {
	case text:
		m.Type = "String"
	case flag:
		m.Type = "Boolean"
	case instant:
		m.Type = "DateTimeOffset"
	case texts:
		m.Type, m.Collection, m.Required = "String", true, true
	case records, record, anything:
		return m, false
	}
	return m, true
}

// metadataOnce makes the metadata document of a version when it is first called.
func metadataOnce(v Versions) func() []byte {
	return sync.OnceValue(func() []byte { return metadataDocument(v) })
}

// metadataDocument is the metadata document of a version. The model is part of the
// program, and a test reads it; should it not be readable, there is no document.
func metadataDocument(v Versions) []byte {
	m, err := model(v)
	if err != nil {
		return nil
	}
	document, err := m.Document("microsoft.graph", "graph")
	if err != nil {
		return nil
	}
	return document
}
