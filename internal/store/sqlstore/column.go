package sqlstore

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// column is a column of the table object that repeats an attribute.
type column struct {
	name     string
	property string
	boolean  bool
}

// attributeColumns returns the columns that repeat attributes; displayName first.
func attributeColumns() []column {
	return []column{
		{name: "display_name", property: "displayName"},
		{name: "user_principal_name", property: "userPrincipalName"},
		{name: "mail", property: "mail"},
		{name: "mail_nickname", property: "mailNickname"},
		{name: "employee_id", property: "employeeId"},
		{name: "department", property: "department"},
		{name: "user_type", property: "userType"},
		{name: "on_premises_immutable_id", property: "onPremisesImmutableId"},
		{name: "on_premises_sam_account_name", property: "onPremisesSamAccountName"},
		{name: "app_id", property: "appId"},
		{name: "unique_name", property: "uniqueName"},
		{name: "service_principal_type", property: "servicePrincipalType"},
		{name: "account_enabled", property: "accountEnabled", boolean: true},
		{name: "security_enabled", property: "securityEnabled", boolean: true},
		{name: "mail_enabled", property: "mailEnabled", boolean: true},
		{name: "app_role_assignment_required", property: "appRoleAssignmentRequired", boolean: true},
		{name: "on_premises_sync_enabled", property: "onPremisesSyncEnabled", boolean: true},
		{name: "given_name", property: "givenName"},
		{name: "surname", property: "surname"},
		{name: "job_title", property: "jobTitle"},
		{name: "company_name", property: "companyName"},
	}
}

// elementProperties returns the collections whose members $filter can ask about.
func elementProperties() [9]string {
	return [...]string{
		"alternativeNames", "businessPhones", "groupTypes", "identifierUris", "imAddresses",
		"otherMails", "proxyAddresses", "servicePrincipalNames", "tags",
	}
}

// columnValues appends what the attribute columns hold for attributes.
func columnValues(values []any, columns []column, a directory.Attributes) []any {
	for i, c := range columns {
		value := c.value(a)
		if i == 0 && value == nil {
			value = "" // display_name orders pages and so is never NULL
		}
		values = append(values, value)
	}
	return values
}

// value is NULL when the attribute is missing or of another type.
func (c column) value(a directory.Attributes) any {
	switch v := a[c.property].(type) {
	case string:
		if c.boolean || v == "" {
			return nil
		}
		return fold(v)
	case bool:
		if c.boolean {
			return v
		}
	}
	return nil
}

func columnNames(columns []column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// draft is an object with its document.
type draft struct {
	directory.Object
	document string
}

// rewriteObjects is rewriteObject for many.
func (s *session) rewriteObjects(ctx context.Context, tenant int64, objects []draft) error {
	if !s.dialect.arrays || len(objects) < 2 {
		for _, o := range objects {
			if err := s.rewriteObject(ctx, tenant, o); err != nil {
				return err
			}
		}
		return nil
	}
	columns := attributeColumns()
	names := append([]string{"sequence", "altered", "modified", "document"}, columnNames(columns)...)
	types := append([]string{"bigint", "bigint", "bigint", "bigint", "json"}, columnTypes(columns)...)
	rows, keys := make([]any, 0, len(objects)*len(types)), make([]any, len(objects))
	var elements []element
	for i, o := range objects {
		keys[i] = o.Key
		rows = columnValues(append(rows, o.Key, o.Sequence, o.Sequence, micros(o.Modified), o.document), columns, o.Attributes)
		elements = appendElements(elements, o.Key, o.Attributes)
	}
	set := make([]string, len(names))
	for i, name := range names {
		set[i] = name + " = n." + name
	}
	if _, err := s.exec(ctx, "UPDATE object SET "+strings.Join(set, ", ")+" FROM "+unnest(types)+
		" AS n (key, "+strings.Join(names, ", ")+") WHERE object.key = n.key", arrays(rows, len(types))...); err != nil {
		return err
	}
	if err := s.execAmong(ctx, among{head: "DELETE FROM element WHERE object IN ", values: keys}); err != nil {
		return err
	}
	return s.insertElements(ctx, tenant, elements)
}

// columnTypes are those of the columns in PostgreSQL's words.
func columnTypes(columns []column) []string {
	types := make([]string, len(columns))
	for i, c := range columns {
		types[i] = "text"
		if c.boolean {
			types[i] = "boolean"
		}
	}
	return types
}

// insertion is the statement that adds live objects.
func insertion(d dialect) bulk {
	b := bulk{
		head:  d.insert + "object (tenant, id, kind, presence, sequence, altered, created, modified, document",
		types: []string{"bigint", "text", "smallint", "smallint", "bigint", "bigint", "bigint", "bigint", "json"},
		tail:  " RETURNING id, key",
	}
	columns := attributeColumns()
	b.head += ", " + strings.Join(columnNames(columns), ", ")
	b.types = append(b.types, columnTypes(columns)...)
	b.head += ")"
	return b
}

// insertObjects adds live objects and returns their keys in the same order.
func (s *session) insertObjects(ctx context.Context, tenant int64, objects []draft) ([]directory.Key, error) {
	insertion, columns := insertion(s.dialect), attributeColumns()
	rows := make([]any, 0, len(objects)*len(insertion.types))
	for _, o := range objects {
		rows = append(rows, tenant, string(o.ID), kindCode(o.Kind), int(directory.Live), o.Sequence, o.Sequence,
			micros(o.Created), micros(o.Modified), o.document)
		rows = columnValues(rows, columns, o.Attributes)
	}
	keys := make(map[directory.ObjectID]directory.Key, len(objects))
	err := s.eachRow(ctx, func(row scanner) error {
		var (
			id  directory.ObjectID
			key directory.Key
		)
		err := row.Scan(&id, &key)
		keys[id] = key
		return err
	}, insertion, rows)
	if err != nil {
		return nil, err
	}
	ordered := make([]directory.Key, len(objects))
	var elements []element
	for i, o := range objects {
		ordered[i] = keys[o.ID]
		elements = appendElements(elements, ordered[i], o.Attributes)
	}
	return ordered, s.insertElements(ctx, tenant, elements)
}

// rewriteObject stores the attributes, sequence and times of an object.
func (s *session) rewriteObject(ctx context.Context, tenant int64, o draft) error {
	columns := attributeColumns()
	args := columnValues([]any{o.Sequence, o.Sequence, micros(o.Modified), o.document}, columns, o.Attributes)
	if _, err := s.exec(ctx, "UPDATE object SET sequence = ?, altered = ?, modified = ?, document = ?, "+
		strings.Join(columnNames(columns), " = ?, ")+" = ? WHERE key = ?", append(args, o.Key)...); err != nil {
		return err
	}
	if _, err := s.exec(ctx, "DELETE FROM element WHERE object = ?", o.Key); err != nil {
		return err
	}
	return s.insertElements(ctx, tenant, appendElements(nil, o.Key, o.Attributes))
}

// element is a member of a collection of an object.
type element struct {
	property, value string
	object          directory.Key
}

func appendElements(elements []element, key directory.Key, a directory.Attributes) []element {
	for _, property := range elementProperties() {
		members, _ := a[property].([]any)
		for _, member := range members {
			if text, ok := member.(string); ok {
				elements = append(elements, element{property, fold(text), key})
			}
		}
	}
	return appendIdentities(elements, key, a)
}

// insertElements notes members of collections; equal ones count once.
func (s *session) insertElements(ctx context.Context, tenant int64, elements []element) error {
	rows := make([]any, 0, 4*len(elements))
	for _, e := range elements {
		rows = append(rows, tenant, e.property, e.value, e.object)
	}
	return s.execRows(ctx, bulk{
		head:  "INSERT INTO element (tenant, property, value, object)",
		types: []string{"bigint", "text", "text", "bigint"},
		tail:  " ON CONFLICT DO NOTHING",
	}, rows)
}
