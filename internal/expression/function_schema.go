package expression

// FunctionSchema is Graph's attributeMappingFunctionSchema: a function and its
// parameters, without what it does. Its id and its name are the same.
type FunctionSchema struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Parameters []Parameter `json:"parameters"` // never nil
}

// FunctionSchemas returns what Graph's call functions answers: every function
// that [Compile] knows, by topic.
func FunctionSchemas() []FunctionSchema {
	all := Functions()
	schemas := make([]FunctionSchema, len(all))
	for i, fn := range all {
		schemas[i] = FunctionSchema{ID: fn.Name, Name: fn.Name, Parameters: append([]Parameter{}, fn.Parameters...)}
	}
	return schemas
}
