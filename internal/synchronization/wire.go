package synchronization

// Each resource of a schema writes every member that was read, and lists as [] where
// they are empty; it reads enumerations in any case and keeps what it does not know.
// The error of reading is errs.Invalid and lists every member of a wrong type.

// MarshalJSON writes the schema with every member that was read.
func (s Schema) MarshalJSON() ([]byte, error) { return write(s) }

// UnmarshalJSON reads the schema and keeps what it does not know.
func (s *Schema) UnmarshalJSON(data []byte) error { return read(data, s) }

// MarshalJSON writes the rule with every member that was read.
func (r Rule) MarshalJSON() ([]byte, error) { return write(r) }

// UnmarshalJSON reads the rule and keeps what it does not know.
func (r *Rule) UnmarshalJSON(data []byte) error { return read(data, r) }

// MarshalJSON writes the filter with every member that was read.
func (f ContainerFilter) MarshalJSON() ([]byte, error) { return write(f) }

// UnmarshalJSON reads the filter and keeps what it does not know.
func (f *ContainerFilter) UnmarshalJSON(data []byte) error { return read(data, f) }

// MarshalJSON writes the filter with every member that was read.
func (f GroupFilter) MarshalJSON() ([]byte, error) { return write(f) }

// UnmarshalJSON reads the filter and keeps what it does not know.
func (f *GroupFilter) UnmarshalJSON(data []byte) error { return read(data, f) }

// MarshalJSON writes the mapping with every member that was read.
func (m ObjectMapping) MarshalJSON() ([]byte, error) { return write(m) }

// UnmarshalJSON reads the mapping and keeps what it does not know.
func (m *ObjectMapping) UnmarshalJSON(data []byte) error { return read(data, m) }

// MarshalJSON writes the mapping with every member that was read.
func (m AttributeMapping) MarshalJSON() ([]byte, error) { return write(m) }

// UnmarshalJSON reads the mapping and keeps what it does not know.
func (m *AttributeMapping) UnmarshalJSON(data []byte) error { return read(data, m) }

// MarshalJSON writes the filter with every member that was read.
func (f Filter) MarshalJSON() ([]byte, error) { return write(f) }

// UnmarshalJSON reads the filter and keeps what it does not know.
func (f *Filter) UnmarshalJSON(data []byte) error { return read(data, f) }

// MarshalJSON writes the group with every member that was read.
func (g FilterGroup) MarshalJSON() ([]byte, error) { return write(g) }

// UnmarshalJSON reads the group and keeps what it does not know.
func (g *FilterGroup) UnmarshalJSON(data []byte) error { return read(data, g) }

// MarshalJSON writes the clause with every member that was read.
func (c FilterClause) MarshalJSON() ([]byte, error) { return write(c) }

// UnmarshalJSON reads the clause and keeps what it does not know.
func (c *FilterClause) UnmarshalJSON(data []byte) error { return read(data, c) }

// MarshalJSON writes the operand with every member that was read.
func (o FilterOperand) MarshalJSON() ([]byte, error) { return write(o) }

// UnmarshalJSON reads the operand and keeps what it does not know.
func (o *FilterOperand) UnmarshalJSON(data []byte) error { return read(data, o) }

// MarshalJSON writes the directory with every member that was read.
func (d DirectoryDefinition) MarshalJSON() ([]byte, error) { return write(d) }

// UnmarshalJSON reads the directory and keeps what it does not know.
func (d *DirectoryDefinition) UnmarshalJSON(data []byte) error { return read(data, d) }

// MarshalJSON writes the object with every member that was read.
func (o ObjectDefinition) MarshalJSON() ([]byte, error) { return write(o) }

// UnmarshalJSON reads the object and keeps what it does not know.
func (o *ObjectDefinition) UnmarshalJSON(data []byte) error { return read(data, o) }

// MarshalJSON writes the attribute with every member that was read.
func (a AttributeDefinition) MarshalJSON() ([]byte, error) { return write(a) }

// UnmarshalJSON reads the attribute and keeps what it does not know.
func (a *AttributeDefinition) UnmarshalJSON(data []byte) error { return read(data, a) }

// MarshalJSON writes the reference with every member that was read.
func (r ReferencedObject) MarshalJSON() ([]byte, error) { return write(r) }

// UnmarshalJSON reads the reference and keeps what it does not know.
func (r *ReferencedObject) UnmarshalJSON(data []byte) error { return read(data, r) }

// MarshalJSON writes the entry with every member that was read.
func (e MetadataEntry) MarshalJSON() ([]byte, error) { return write(e) }

// UnmarshalJSON reads the entry and keeps what it does not know.
func (e *MetadataEntry) UnmarshalJSON(data []byte) error { return read(data, e) }

// MarshalJSON writes the pair with every member that was read.
func (p StringKeyString) MarshalJSON() ([]byte, error) { return write(p) }

// UnmarshalJSON reads the pair and keeps what it does not know.
func (p *StringKeyString) UnmarshalJSON(data []byte) error { return read(data, p) }
