package scim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/scim"
)

func TestNormalize(t *testing.T) {
	t.Parallel()

	const user, group = scim.UserURN, scim.GroupURN
	tests := []struct {
		name, in string
		mode     scim.Mode
		want     string
		scimType string
	}{
		{
			name: "spelling, nulls and what the server writes",
			in: `{"schemas": ["` + user + `"], "USERNAME": "a", "id": "mine", "meta": {"version": "1"}, "title": null, "roles": [],
				"groups": [{"value": "g"}], "Name": {"GivenName": "G", "familyName": null}, "emails": [{"Value": "e", "Primary": true}, null]}`,
			want: `{"schemas": ["` + user + `"], "userName": "a", "name": {"givenName": "G"}, "emails": [{"value": "e", "primary": true}]}`,
		},
		{
			name: "extension",
			in:   `{"schemas": ["` + user + `", "` + enterprise + `"], "userName": "a", "` + strings.ToUpper(enterprise) + `": {"DEPARTMENT": "D", "manager": {"value": "m", "displayName": "M"}}}`,
			want: `{"schemas": ["` + user + `", "` + enterprise + `"], "userName": "a", "` + enterprise + `": {"department": "D", "manager": {"value": "m"}}}`,
		},
		{
			name: "extension named and not used",
			in:   `{"schemas": ["` + user + `", "` + enterprise + `"], "userName": "a"}`,
			want: `{"schemas": ["` + user + `"], "userName": "a"}`,
		},
		{name: "no schemas", in: `{"userName": "a"}`, scimType: scim.InvalidSyntax},
		{name: "no schemas, tolerant", in: `{"userName": "a"}`, mode: scim.Tolerant, want: `{"schemas": ["` + user + `"], "userName": "a"}`},
		{name: "wrong schema", in: `{"schemas": ["` + user + `", "` + group + `"], "userName": "a"}`, scimType: scim.InvalidSyntax},
		{name: "extension not named", in: `{"schemas": ["` + user + `"], "userName": "a", "` + enterprise + `": {"department": "D"}}`, scimType: scim.InvalidSyntax},
		{name: "unknown attribute", in: `{"schemas": ["` + user + `"], "userName": "a", "nose": 1}`, scimType: scim.InvalidSyntax},
		{
			name: "unknown attributes and words, tolerant", mode: scim.Tolerant,
			in:   `{"userName": "a", "nose": 1, "active": "True", "urn:x:y": {"z": 1}, "` + enterprise + `": {"nose": 1, "manager": "m"}}`,
			want: `{"schemas": ["` + user + `", "` + enterprise + `", "urn:x:y"], "userName": "a", "active": true, "urn:x:y": {"z": 1}, "` + enterprise + `": {"manager": {"value": "m"}}}`,
		},
		{name: "unknown attribute of an extension", in: `{"schemas": ["` + user + `", "` + enterprise + `"], "userName": "a", "` + enterprise + `": {"nose": 1}}`, scimType: scim.InvalidSyntax},
		{name: "extension that is no object", in: `{"schemas": ["` + user + `"], "userName": "a", "` + enterprise + `": 1}`, scimType: scim.InvalidValue},
		{name: "missing userName", in: `{"schemas": ["` + user + `"]}`, scimType: scim.InvalidValue},
		{name: "empty userName", in: `{"schemas": ["` + user + `"], "userName": ""}`, scimType: scim.InvalidValue},
		{name: "Boolean in words", in: `{"schemas": ["` + user + `"], "userName": "a", "active": "True"}`, scimType: scim.InvalidValue},
		{name: "text for an object", in: `{"schemas": ["` + user + `"], "userName": "a", "name": "Ann"}`, scimType: scim.InvalidValue},
	}
	kind := scim.NewUserType()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := kind.Normalize(mustResource(t, tt.in), tt.mode)
			if tt.scimType != "" {
				wantScimType(t, err, tt.scimType)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(mustResource(t, tt.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryDataType(t *testing.T) {
	t.Parallel()

	attribute := func(name string, kind scim.AttributeType) scim.Attribute {
		return scim.Attribute{Name: name, Type: kind, Mutability: scim.ReadWrite, Returned: scim.ReturnDefault}
	}
	kind := scim.NewUserType(scim.Schema{ID: "urn:x:y", Attributes: []scim.Attribute{
		attribute("count", scim.IntegerType), attribute("ratio", scim.DecimalType), attribute("since", scim.DateTimeType),
	}})
	for _, tt := range []struct {
		member string
		ok     bool
	}{
		{`"count": 7`, true},
		{`"count": 7.5`, false},
		{`"ratio": 7.5`, true},
		{`"ratio": "7.5"`, false},
		{`"since": "2024-05-13T04:42:34Z"`, true},
		{`"since": "yesterday"`, false},
		{`"since": 1`, false},
	} {
		body := `{"schemas": ["` + scim.UserURN + `", "urn:x:y"], "userName": "a", "urn:x:y": {` + tt.member + `}}`
		if _, err := kind.Normalize(mustResource(t, body), scim.Strict); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.member, err)
		}
	}
}

func TestProject(t *testing.T) {
	t.Parallel()

	const whole = `{
		"schemas": ["x"], "id": "1", "userName": "a", "password": "secret", "name": {"givenName": "G", "familyName": "F"},
		"emails": [{"type": "work", "value": "w"}, {"type": "home", "value": "h"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D", "division": "V"}
	}`
	tests := []struct {
		attributes, excluded []string
		want                 string
	}{
		{nil, nil, strings.Replace(whole, `"password": "secret",`, "", 1)},
		{[]string{"userName", "password", "nose"}, nil, `{"schemas": ["x"], "id": "1", "userName": "a"}`},
		{[]string{"NAME.givenname", "name.familyName"}, nil, `{"schemas": ["x"], "id": "1", "name": {"givenName": "G", "familyName": "F"}}`},
		{[]string{"emails.value", "emails.type"}, nil, `{"schemas": ["x"], "id": "1", "emails": [{"type": "work", "value": "w"}, {"type": "home", "value": "h"}]}`},
		{[]string{`emails[type eq "work"].value`}, nil, `{"schemas": ["x"], "id": "1", "emails": [{"value": "w"}, {"value": "h"}]}`},
		{[]string{enterprise + ":division"}, nil, `{"schemas": ["x"], "id": "1", "` + enterprise + `": {"division": "V"}}`},
		{[]string{enterprise}, nil, `{"schemas": ["x"], "id": "1", "` + enterprise + `": {"department": "D", "division": "V"}}`},
		{
			nil,
			[]string{"id", "schemas", "emails", "name.givenName", enterprise + ":department", "urn:x:y:z"},
			`{"schemas": ["x"], "id": "1", "userName": "a", "name": {"familyName": "F"}, "` + enterprise + `": {"division": "V"}}`,
		},
		{nil, []string{"emails.type", enterprise}, `{"schemas": ["x"], "id": "1", "userName": "a", "name": {"givenName": "G", "familyName": "F"}, "emails": [{"value": "w"}, {"value": "h"}]}`},
	}
	kind := scim.NewUserType()
	for _, tt := range tests {
		r := mustResource(t, whole)
		var paths [2][]scim.Path
		for i, list := range [][]string{tt.attributes, tt.excluded} {
			for _, s := range list {
				paths[i] = append(paths[i], mustPath(t, s))
			}
		}
		got := kind.Project(r, paths[0], paths[1])
		if diff := cmp.Diff(mustResource(t, tt.want), got); diff != "" {
			t.Errorf("%v without %v:\n%s", tt.attributes, tt.excluded, diff)
		}
		if diff := cmp.Diff(mustResource(t, whole), r); diff != "" {
			t.Errorf("Project changed its argument:\n%s", diff)
		}
	}
}

func TestErrorMessage(t *testing.T) {
	t.Parallel()

	e := &scim.Error{Status: 409, ScimType: scim.Uniqueness, Detail: "taken"}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken"}`
	if string(body) != want {
		t.Errorf("got %s", body)
	}
	if e.Error() != "uniqueness: taken" {
		t.Errorf("Error() = %s", e)
	}
	for _, status := range []string{`"409"`, `409`} {
		var got scim.Error
		if err := json.Unmarshal([]byte(strings.Replace(want, `"409"`, status, 1)), &got); err != nil || got != *e {
			t.Errorf("%s: %+v, %v", status, got, err)
		}
	}
	if err := json.Unmarshal([]byte(`"text"`), new(scim.Error)); err == nil {
		t.Error("a text is no error message")
	}
}

func TestListResponse(t *testing.T) {
	t.Parallel()

	body, err := json.Marshal(scim.ListResponse{StartIndex: 1})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	if string(body) != want {
		t.Errorf("got %s", body)
	}
	for _, tt := range []struct {
		in        string
		total     int
		resources int
		ok        bool
	}{
		{want, 0, 0, true},
		{`{"totalResults": 0}`, 0, 0, true},
		{`{"Resources": [{"id": "1"}]}`, 1, 1, true},
		{`{"totalResults": 5, "startIndex": 1, "itemsPerPage": 1, "Resources": [{"id": "1"}]}`, 5, 1, true},
		{`{}`, 0, 0, false},
		{`{"error": "down"}`, 0, 0, false},
		{`[]`, 0, 0, false},
		{`<html>`, 0, 0, false},
		{`{"totalResults": 2}`, 2, 0, true},
	} {
		l, err := scim.DecodeListResponse([]byte(tt.in))
		if (err == nil) != tt.ok || l.TotalResults != tt.total || len(l.Resources) != tt.resources {
			t.Errorf("%s: %+v, %v", tt.in, l, err)
		}
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()

	body, err := json.Marshal(scim.ServiceProviderConfig{Patch: scim.Supported{Supported: true}, Filter: scim.FilterSupport{Supported: true, MaxResults: 7}})
	if err != nil {
		t.Fatal(err)
	}
	var back scim.ServiceProviderConfig
	if err := json.Unmarshal(body, &back); err != nil || !back.Patch.Supported || back.Filter.MaxResults != 7 {
		t.Errorf("%+v, %v", back, err)
	}
	if !strings.Contains(string(body), scim.ServiceProviderConfigURN) {
		t.Errorf("%s does not name its schema", body)
	}
	user := scim.NewUserType()
	paths := user.AttributePaths()
	for _, want := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, `phoneNumbers[type eq "fax"].value`, "roles.value",
		enterprise + ":department", enterprise + ":manager.value",
	} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is not among the attribute paths", want)
		}
	}
	for _, path := range paths {
		if _, ok := user.Attribute(mustPath(t, path)); !ok {
			t.Errorf("%s is listed and not defined", path)
		}
	}
	if _, err := json.Marshal(user.ResourceTypeResource("x")); err != nil {
		t.Error(err)
	}
	for _, s := range user.Schemas() {
		if r := s.SchemaResource("x"); r.ID() != s.ID {
			t.Errorf("the schema %s has the id %s", s.ID, r.ID())
		}
	}
}

func TestDecodePatchRefuses(t *testing.T) {
	t.Parallel()

	for in, scimType := range map[string]string{
		`[]`: scim.InvalidSyntax,
		`{"Operations": [{"op": "add", "path": "a"}]}`:                                              scim.InvalidSyntax,
		`{"schemas": ["` + scim.PatchOpURN + `"]}`:                                                  scim.InvalidSyntax,
		`{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [{"op": "move", "path": "a"}]}`:     scim.InvalidSyntax,
		`{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [{"op": "add", "path": "a..b"}]}`:   scim.InvalidPath,
		`{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [{"op": "add", "path": "a[b c]"}]}`: scim.InvalidPath,
	} {
		_, err := scim.DecodePatch([]byte(in))
		wantScimType(t, err, scimType)
	}
	for _, in := range []string{`null`, `"x"`, ``} {
		_, err := scim.DecodeResource([]byte(in))
		wantScimType(t, err, scim.InvalidSyntax)
	}
}
