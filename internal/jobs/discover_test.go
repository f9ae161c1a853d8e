package jobs_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/synchronization"
)

const badgeURN = "urn:ietf:params:scim:schemas:extension:Badges:2.0:User"

// badges is an extension that no template knows.
func badges() scim.Schema {
	return scim.Schema{ID: badgeURN, Name: "Badges", Attributes: []scim.Attribute{
		{Name: "number", Type: scim.IntegerType, Required: true, Mutability: scim.ReadWrite},
		{Name: "code", Type: scim.StringType, CaseExact: true, Mutability: scim.Immutable},
		{Name: "holder", Type: scim.ComplexType, SubAttributes: []scim.Attribute{
			{Name: "value", Type: scim.StringType}, {Name: "$ref", Type: scim.ReferenceType, ReferenceTypes: []string{"User"}},
		}},
		{Name: "doors", Type: scim.ComplexType, MultiValued: true, SubAttributes: []scim.Attribute{
			{Name: "value", Type: scim.StringType}, {Name: "type", Type: scim.StringType, CanonicalValues: []string{"front"}},
		}},
	}}
}

func attributeOf(t *testing.T, d synchronization.DirectoryDefinition, object, name string) synchronization.AttributeDefinition {
	t.Helper()
	o, ok := d.Object(object)
	require.True(t, ok, "%s", object)
	for _, a := range o.Attributes {
		if a.Name == name {
			return a
		}
	}
	require.Failf(t, "no such attribute", "%s of %s", name, object)
	return synchronization.AttributeDefinition{}
}

// TestDiscoverTheTarget: what the application says of itself is in the schema
// afterwards, beside what was there.
func TestDiscoverTheTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	w.target = scimserver.New(scimserver.Options{Mode: scim.Strict, Extensions: []scim.Schema{badges()}})
	s := w.idle()
	id := w.unstarted(s)
	before, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
	require.NoError(t, err)
	job := w.stored(id)
	d, err := s.Discover(t.Context(), tenant, w.sp.ID, id, before.Directories[1].ID)
	require.NoError(t, err)
	require.Regexp(t, `^Date:\d{4}-\d\d-\d\dT.*Z, ActivityId:[0-9a-f-]{36}$`, *d.Version)
	require.NotNil(t, d.DiscoveryDateTime)
	require.Len(t, d.Objects, 2, "users and groups go by the names that the mappings have for them")
	user := scim.EnterpriseUserURN
	number := attributeOf(t, d, user, badgeURN+":number")
	require.Equal(t, "Integer", number.Type)
	require.True(t, number.Required)
	code := attributeOf(t, d, user, badgeURN+":code")
	require.Equal(t, "Immutable", code.Mutability)
	require.True(t, code.CaseExact)
	holder := attributeOf(t, d, user, badgeURN+":holder")
	require.Equal(t, "Reference", holder.Type)
	require.Equal(t, []synchronization.ReferencedObject{{ReferencedObjectName: user}}, holder.ReferencedObjects)
	require.Equal(t, "String", attributeOf(t, d, user, badgeURN+`:doors[type eq "front"].value`).Type)
	require.True(t, attributeOf(t, d, user, "userName").Required)
	require.Equal(t, "ReadOnly", attributeOf(t, d, user, "id").Mutability)
	require.Equal(t, "Reference", attributeOf(t, d, user, user+":manager").Type)
	members := attributeOf(t, d, scim.GroupURN, "members")
	require.True(t, members.Multivalued)
	require.NotEmpty(t, members.ReferencedObjects)

	after, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
	require.NoError(t, err)
	require.NotEqual(t, before.Version, after.Version)
	require.Equal(t, before.Rules, after.Rules)
	for _, a := range before.Directories[1].Objects[0].Attributes {
		attributeOf(t, after.Directories[1], user, a.Name)
	}
	require.Equal(t, job, w.stored(id), "no mapping changed, so nothing is done anew")
	again, err := s.Discover(t.Context(), tenant, w.sp.ID, id, "customappsso")
	require.NoError(t, err, "by its name as well")
	require.Equal(t, d.Objects, again.Objects, "what is known is not added twice")
}

// TestDiscoverATargetThatDoesNotTell: the answer says what it answered and what to do.
func TestDiscoverATargetThatDoesNotTell(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   errs.Kind
		says   []string
	}{
		"nothing served": {http.NotFound, errs.Invalid, []string{"GET /Schemas was answered 404", "add the attributes to the directory customappsso"}},
		"refused":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, errs.Invalid, []string{"refused the credentials", "401"}},
		"a web page":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, errs.Invalid, []string{"cannot be read"}},
		"an empty list": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"totalResults":0,"Resources":[]}`)
		}, errs.Invalid, []string{"/Schemas is an empty list"}},
		"other objects": {
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"totalResults":1,"Resources":[{"id":"urn:x:Device","name":"Device","schema":"urn:y"}]}`)
			},
			errs.Invalid,
			[]string{"none of its 1 schemas"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0, 0)
			server := httptest.NewServer(test.answer)
			t.Cleanup(server.Close)
			w.base = server.URL
			s := w.idle()
			id := w.unstarted(s)
			before, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
			require.NoError(t, err)
			_, err = s.Discover(t.Context(), tenant, w.sp.ID, id, "customappsso")
			require.True(t, errs.Is(err, test.kind), "%v", err)
			for _, part := range test.says {
				require.ErrorContains(t, err, part)
			}
			after, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
			require.NoError(t, err)
			require.Equal(t, before, after, "nothing is stored")
			_, err = s.Discover(t.Context(), tenant, w.sp.ID, id, "nonsense")
			require.True(t, errs.Is(err, errs.NotFound), "%v", err)
			require.ErrorContains(t, err, "customappsso")
		})
	}
}

// TestDiscoverTheBuiltInDirectory: its attributes are known; its directory extensions
// are those that somebody has.
func TestDiscoverTheBuiltInDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	const badge = "extension_0123456789abcdef0123456789abcdef_badge"
	w.object(directory.User, directory.Attributes{"displayName": "Ada", "userPrincipalName": "ada@example.com", badge: "b7", badge + "s": []any{"x"}, "extensionless": "no"})
	w.object(directory.User, directory.Attributes{"displayName": "Bob", "userPrincipalName": "bob@example.com", badge + "Valid": true})
	s := w.idle()
	id := w.unstarted(s)
	d, err := s.Discover(t.Context(), tenant, w.sp.ID, id, "Azure Active Directory")
	require.NoError(t, err)
	require.Equal(t, "String", attributeOf(t, d, "User", badge).Type)
	require.Equal(t, "Boolean", attributeOf(t, d, "User", badge+"Valid").Type)
	require.True(t, attributeOf(t, d, "User", badge+"s").Multivalued)
	require.Equal(t, []synchronization.MetadataEntry{{Key: "IsCustomerDefined", Value: "true"}}, attributeOf(t, d, "User", badge).Metadata)
	require.Equal(t, "Reference", attributeOf(t, d, "Group", "members").Type)
	user, _ := d.Object("User")
	for _, a := range user.Attributes {
		require.NotEqual(t, "extensionless", a.Name)
	}
}

// idle is a service whose workers do not run.
func (w *world) idle() *jobs.Service {
	return jobs.New(jobs.Options{
		Store: w.db, Credentials: secrets{w.base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "idle",
	})
}
