package scimclient_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// listed is one page of a listing with the named users.
func listed(total int, names ...string) reply {
	users := make([]string, len(names))
	for i, name := range names {
		users[i] = fmt.Sprintf(`{"id":"%s-id","userName":%q}`, name, name)
	}
	return reply{status: http.StatusOK, body: fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"Resources":[%s]}`, total, strings.Join(users, ","))}
}

// TestListProvesAbsenceOnlyWhenPagesAddUp: whoever an unsteady target left out would be
// created a second time.
func TestListProvesAbsenceOnlyWhenPagesAddUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages []reply
		lacks bool // that carol is not there
	}{
		"two pages":        {[]reply{listed(3, "ada", "bob"), listed(3, "dave")}, true},
		"carol is there":   {[]reply{listed(3, "ada", "bob"), listed(3, "carol")}, false},
		"pages overlap":    {[]reply{listed(3, "ada", "bob"), listed(3, "bob")}, false},
		"one was removed":  {[]reply{listed(4, "ada", "bob"), listed(3, "dave")}, false},
		"one was added":    {[]reply{listed(2, "ada"), listed(3, "bob", "dave")}, false},
		"an empty page":    {[]reply{listed(3, "ada", "bob"), listed(0)}, false},
		"a name is hidden": {[]reply{{status: http.StatusOK, body: `{"totalResults":1,"Resources":[{"id":"1"}]}`}}, false},
		"more than worth":  {[]reply{listed(9, "ada")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := client(t, "", test.pages...)
			path, err := scim.ParsePath("userName")
			require.NoError(t, err)
			listing, err := c.List(t.Context(), scim.UserType, []scim.Path{path}, 3)
			require.NoError(t, err)
			require.Equal(t, test.lacks, listing.Lacks(scimclient.Match{Path: path, Value: "carol"}))
		})
	}
}
