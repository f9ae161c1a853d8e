package scimclient_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/scimserver"
)

// TestDiscoverAStrictService: all three documents of RFC 7644 section 4.
func TestDiscoverAStrictService(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(scimserver.New(scimserver.Options{Mode: scim.Strict}))
	t.Cleanup(server.Close)
	c, err := scimclient.New(scimclient.Options{BaseURL: server.URL, HTTP: server.Client(), Now: func() time.Time { return time.Unix(0, 0) }})
	require.NoError(t, err)
	d, err := c.Discover(t.Context())
	require.NoError(t, err)
	require.Empty(t, d.Absent)
	require.True(t, d.Config.Patch.Supported)
	require.Len(t, d.Schemas, 3)
	require.Equal(t, []string{"User", "Group"}, []string{d.ResourceTypes[0].Name, d.ResourceTypes[1].Name})
	require.Equal(t, []scimclient.SchemaExtension{{Schema: scim.EnterpriseUserURN}}, d.ResourceTypes[0].Extensions)
}

// TestDiscoverWhatIsMissing: every part may be, in each of the ways in which
// services say so.
func TestDiscoverWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusNotImplemented, http.StatusMethodNotAllowed, http.StatusForbidden, http.StatusBadRequest} {
		c, script, _ := client(t, "", reply{status: status})
		d, err := c.Discover(t.Context())
		require.NoError(t, err, "%d", status)
		require.Nil(t, d.Config)
		require.Nil(t, d.ResourceTypes)
		require.Nil(t, d.Schemas)
		require.Len(t, d.Absent, 3)
		require.Equal(t, []string{"GET /ServiceProviderConfig", "GET /ResourceTypes", "GET /Schemas"}, script.requests)
	}
}

// TestDiscoverRefusedOrSilent: that a part could not be read never means that it is
// not there.
func TestDiscoverRefusedOrSilent(t *testing.T) {
	t.Parallel()
	config := reply{status: 200, body: `{"patch":{"supported":true}}`}
	for name, test := range map[string]struct {
		replies []reply
		class   scimclient.Class
	}{
		"credentials":   {[]reply{{status: 401}}, scimclient.Unauthorized},
		"silence":       {[]reply{config, {status: 503}}, scimclient.Unavailable},
		"page of proxy": {[]reply{{status: 200, body: "<html>"}}, scimclient.Incompatible},
		"not a list":    {[]reply{config, {status: 200, body: `"x"`}}, scimclient.Incompatible},
		"bad entry":     {[]reply{config, {status: 200, body: `{"Resources":[{"name":7}]}`}}, scimclient.Incompatible},
		"second page":   {[]reply{config, {status: 200, body: `{"totalResults":2,"Resources":[{"name":"User"}]}`}, {status: 404}}, scimclient.Missing},
	} {
		c, _, _ := client(t, "", test.replies...)
		_, err := c.Discover(t.Context())
		require.True(t, scimclient.Is(err, test.class), "%s: %v", name, err)
	}
}

// TestDiscoverListsOfEveryKind: pages, and the bare array that some services send.
func TestDiscoverListsOfEveryKind(t *testing.T) {
	t.Parallel()
	c, script, _ := client(t, "",
		reply{status: 200, body: `{}`},
		reply{status: 200, body: `[{"name":"User","schema":"u"}]`},
		reply{status: 200, body: `{"totalResults":2,"Resources":[{"id":"a"}]}`},
		reply{status: 200, body: `{"totalResults":2,"Resources":[{"id":"b","attributes":[{"name":"x","type":"string"}]}]}`},
	)
	d, err := c.Discover(t.Context())
	require.NoError(t, err)
	require.Equal(t, []scimclient.ResourceType{{Name: "User", Schema: "u"}}, d.ResourceTypes)
	require.Equal(t, []scim.Schema{{ID: "a"}, {ID: "b", Attributes: []scim.Attribute{{Name: "x", Type: "string"}}}}, d.Schemas)
	require.Equal(t, "GET /Schemas?startIndex=2", script.requests[3])
	c, _, _ = client(t, "", reply{status: 200, body: `{"totalResults":0,"Resources":[]}`})
	d, err = c.Discover(t.Context())
	require.NoError(t, err)
	require.NotNil(t, d.Schemas, "an empty list is not a missing one")
	require.Empty(t, d.Schemas)
}
