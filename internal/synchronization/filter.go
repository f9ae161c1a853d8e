package synchronization

// FilterOperatorSchema is filterOperatorSchema: one operator of scoping filters. ID
// and Name are the same: the model has the one, the documentation shows the other.
type FilterOperatorSchema struct {
	ID                        string   `json:"id"`
	Name                      string   `json:"name"`
	Arity                     string   `json:"arity"`                     // Binary or Unary
	MultivaluedComparisonType string   `json:"multivaluedComparisonType"` // All or Any
	SupportedAttributeTypes   []string `json:"supportedAttributeTypes"`
}

// SettingNestedGroups is the job setting that, when true, makes a membership in an assigned group count
// through nested groups as well. Off, only direct members are assigned, as in Entra. Switching it
// makes the next cycle an initial one.
const SettingNestedGroups = "ProvisorNestedGroups"
