package odata

// Expr is a node of a parsed $filter (OData 4.01, ABNF boolCommonExpr). The
// implementations are [Compare], [Call], [In], [And], [Or], [Not] and [Any].
type Expr interface{ node() }

// CompareOp is an OData comparison operator.
type CompareOp string

// The comparison operators.
const (
	Eq CompareOp = "eq"
	Ne CompareOp = "ne"
	Gt CompareOp = "gt"
	Ge CompareOp = "ge"
	Lt CompareOp = "lt"
	Le CompareOp = "le"
)

// Property is the path of a property, its segments joined by "/", such as
// "displayName" or "provisioningStatusInfo/status". Inside [Any] the range
// variable is the first segment, alone for a collection of primitives.
type Property string

// Literal is a value of a filter: string, int64, float64, bool, time.Time or nil
// for null.
type Literal any

// Compare is "property op literal".
type Compare struct {
	Property Property
	Op       CompareOp
	Value    Literal
}

// Call is startswith, endswith or contains of a property and a string.
type Call struct {
	Function string // lower case
	Property Property
	Value    string
}

// In is "property in (literal, …)".
type In struct {
	Property Property
	Values   []Literal
}

// And is satisfied when both sides are.
type And struct{ Left, Right Expr }

// Or is satisfied when either side is.
type Or struct{ Left, Right Expr }

// Not inverts.
type Not struct{ Expr Expr }

// Any is "collection/any(x: expr)". A nil Expr asks for a non-empty collection.
type Any struct {
	Collection Property
	Variable   string
	Expr       Expr
}

func (Compare) node() {}
func (Call) node()    {}
func (In) node()      {}
func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (Any) node()     {}

// Order is one member of $orderby.
type Order struct {
	Property   Property
	Descending bool
}
