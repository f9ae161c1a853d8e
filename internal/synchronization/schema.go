package synchronization

import (
	"time"

	"github.com/provisor/provisor/internal/expression"
)

// Schema is synchronizationSchema: the directories, and the rules that say how
// objects flow from one to the other. A job has its own copy.
type Schema struct {
	ID          string                `json:"id,omitempty"`
	Version     string                `json:"version,omitempty"`
	Rules       []Rule                `json:"synchronizationRules"`
	Directories []DirectoryDefinition `json:"directories"`

	Unread Unread `json:"-"`
}

// Rule is synchronizationRule: one direction between two directories.
type Rule struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	Priority            int32             `json:"priority"`
	Editable            bool              `json:"editable"`
	SourceDirectoryName string            `json:"sourceDirectoryName"`
	TargetDirectoryName string            `json:"targetDirectoryName"`
	ContainerFilter     *ContainerFilter  `json:"containerFilter"`
	GroupFilter         *GroupFilter      `json:"groupFilter"`
	Metadata            []StringKeyString `json:"metadata"`
	ObjectMappings      []ObjectMapping   `json:"objectMappings"`

	Unread Unread `json:"-"`
}

// ContainerFilter is containerFilter; it is kept for cloud sync and not applied here.
type ContainerFilter struct {
	IncludedContainers []string `json:"includedContainers"`

	Unread Unread `json:"-"`
}

// GroupFilter is groupFilter; it is kept for cloud sync and not applied here.
type GroupFilter struct {
	IncludedGroups []string `json:"includedGroups"`

	Unread Unread `json:"-"`
}

// ObjectMapping is objectMapping: one source object type onto one target object
// type. FlowTypes is a comma list of Add, Update, Delete.
type ObjectMapping struct {
	Name              string             `json:"name"`
	Enabled           bool               `json:"enabled"`
	FlowTypes         FlowTypes          `json:"flowTypes"`
	SourceObjectName  string             `json:"sourceObjectName"`
	TargetObjectName  string             `json:"targetObjectName"`
	Scope             *Filter            `json:"scope"`
	Metadata          []MetadataEntry    `json:"metadata"`
	AttributeMappings []AttributeMapping `json:"attributeMappings"`

	Unread Unread `json:"-"`
}

// AttributeMapping is attributeMapping: how one target attribute gets its value.
type AttributeMapping struct {
	DefaultValue            *string            `json:"defaultValue"`
	ExportMissingReferences bool               `json:"exportMissingReferences"`
	FlowBehavior            string             `json:"flowBehavior"`
	FlowType                string             `json:"flowType"`
	MatchingPriority        int32              `json:"matchingPriority"`
	Source                  *expression.Source `json:"source"`
	TargetAttributeName     string             `json:"targetAttributeName"`

	Unread Unread `json:"-"`
}

// The values of attributeMapping.flowType that Graph names.
const (
	FlowAlways            = "Always"
	FlowObjectAddOnly     = "ObjectAddOnly"
	FlowMultiValueAddOnly = "MultiValueAddOnly"
	FlowValueAddOnly      = "ValueAddOnly"
	FlowAttributeAddOnly  = "AttributeAddOnly"
)

// Filter is a scoping filter: groups are alternatives.
type Filter struct {
	Groups               []FilterGroup `json:"groups"`
	InputFilterGroups    []FilterGroup `json:"inputFilterGroups"`
	CategoryFilterGroups []FilterGroup `json:"categoryFilterGroups"`

	Unread Unread `json:"-"`
}

// FilterGroup passes when all its clauses do.
type FilterGroup struct {
	Name    string         `json:"name"`
	Clauses []FilterClause `json:"clauses"`

	Unread Unread `json:"-"`
}

// FilterClause compares one source attribute with the operand's values.
type FilterClause struct {
	OperatorName      string         `json:"operatorName"`
	SourceOperandName string         `json:"sourceOperandName"`
	TargetOperand     *FilterOperand `json:"targetOperand"`

	Unread Unread `json:"-"`
}

// FilterOperand holds the values of a clause.
type FilterOperand struct {
	Values []string `json:"values"`

	Unread Unread `json:"-"`
}

// DirectoryDefinition is directoryDefinition: one side of a schema.
type DirectoryDefinition struct {
	ID                string             `json:"id"`
	Name              string             `json:"name"`
	Version           *string            `json:"version"`
	DiscoveryDateTime *time.Time         `json:"discoveryDateTime"`
	Discoverabilities string             `json:"discoverabilities"`
	ReadOnly          bool               `json:"readOnly"`
	Objects           []ObjectDefinition `json:"objects"`

	Unread Unread `json:"-"`
}

// ObjectDefinition is objectDefinition: an object type of a directory.
type ObjectDefinition struct {
	Name          string                `json:"name"`
	Metadata      []MetadataEntry       `json:"metadata"`
	SupportedAPIs []string              `json:"supportedApis"`
	Attributes    []AttributeDefinition `json:"attributes"`

	Unread Unread `json:"-"`
}

// AttributeDefinition is attributeDefinition: one attribute of an object type.
type AttributeDefinition struct {
	Name              string             `json:"name"`
	Type              string             `json:"type"`
	Anchor            bool               `json:"anchor"`
	CaseExact         bool               `json:"caseExact"`
	Multivalued       bool               `json:"multivalued"`
	Required          bool               `json:"required"`
	FlowNullValues    bool               `json:"flowNullValues"`
	Mutability        string             `json:"mutability"`
	DefaultValue      *string            `json:"defaultValue"`
	APIExpressions    []StringKeyString  `json:"apiExpressions"`
	ReferencedObjects []ReferencedObject `json:"referencedObjects"`
	Metadata          []MetadataEntry    `json:"metadata"`

	Unread Unread `json:"-"`
}

// ReferencedObject is referencedObject: what a Reference attribute points to.
type ReferencedObject struct {
	ReferencedObjectName string  `json:"referencedObjectName"`
	ReferencedProperty   *string `json:"referencedProperty"`

	Unread Unread `json:"-"`
}

// MetadataEntry is one of Graph's metadata entries, whose keys are enumerations
// with the spelling of the API version.
type MetadataEntry struct {
	Key   string `json:"key"`
	Value string `json:"value"`

	Unread Unread `json:"-"`
}

// StringKeyString is stringKeyStringValuePair.
type StringKeyString struct {
	Key   string `json:"key"`
	Value string `json:"value"`

	Unread Unread `json:"-"`
}
