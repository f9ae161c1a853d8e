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

// attributeColumns returns the columns between deleted and document, in order.
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
	}
}

// elementProperties returns the collections whose members $filter can ask about.
func elementProperties() []string {
	return []string{
		"alternativeNames", "businessPhones", "groupTypes", "identifierUris", "imAddresses",
		"otherMails", "proxyAddresses", "servicePrincipalNames", "tags",
	}
}

// columnValues returns what the attribute columns hold for attributes.
func columnValues(a directory.Attributes) []any {
	columns := attributeColumns()
	values := make([]any, len(columns))
	for i, c := range columns {
		values[i] = c.value(a)
	}
	if values[0] == nil {
		values[0] = "" // display_name orders pages and so is never NULL
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

func columnNames() []string {
	columns := attributeColumns()
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

// insertObjects adds live objects and returns their keys in the same order.
func (s *session) insertObjects(ctx context.Context, tenant int64, objects []draft) ([]directory.Key, error) {
	names := columnNames()
	head := "INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, document, " +
		strings.Join(names, ", ") + ") VALUES "
	keys := make(map[directory.ObjectID]directory.Key, len(objects))
	for _, run := range chunks(objects) {
		args := make([]any, 0, len(run)*(8+len(names)))
		for _, o := range run {
			args = append(args, tenant, string(o.ID), kindCode(o.Kind), int(directory.Live), o.Sequence,
				micros(o.Created), micros(o.Modified), o.document)
			args = append(args, columnValues(o.Attributes)...)
		}
		err := s.each(ctx, func(row scanner) error {
			var (
				id  directory.ObjectID
				key directory.Key
			)
			if err := row.Scan(&id, &key); err != nil {
				return err
			}
			keys[id] = key
			return nil
		}, head+placeholders(len(run), 8+len(names))+" RETURNING id, key", args...)
		if err != nil {
			return nil, err
		}
	}
	ordered := make([]directory.Key, len(objects))
	for i, o := range objects {
		ordered[i] = keys[o.ID]
		if err := s.insertElements(ctx, tenant, ordered[i], o.Attributes); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

// rewriteObject stores the attributes, sequence and times of an object.
func (s *session) rewriteObject(ctx context.Context, tenant int64, o draft) error {
	args := []any{o.Sequence, micros(o.Modified), o.document}
	args = append(append(args, columnValues(o.Attributes)...), o.Key)
	if _, err := s.exec(ctx, "UPDATE object SET sequence = ?, modified = ?, document = ?, "+
		strings.Join(columnNames(), " = ?, ")+" = ? WHERE key = ?", args...); err != nil {
		return err
	}
	if _, err := s.exec(ctx, "DELETE FROM element WHERE object = ?", o.Key); err != nil {
		return err
	}
	return s.insertElements(ctx, tenant, o.Key, o.Attributes)
}

// insertElements notes the members of an object's collections.
func (s *session) insertElements(ctx context.Context, tenant int64, key directory.Key, a directory.Attributes) error {
	for _, property := range elementProperties() {
		members, _ := a[property].([]any)
		for _, member := range members {
			text, ok := member.(string)
			if !ok {
				continue
			}
			if _, err := s.exec(ctx,
				"INSERT INTO element (tenant, property, value, object) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
				tenant, property, fold(text), key); err != nil {
				return err
			}
		}
	}
	return nil
}
