package bench_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// concurrency of the pump; the program's default for one target.
const concurrency = 8

// matching is how a job finds what is at its target already.
type matching string

const (
	byLookUp  matching = "lookup"
	byListing matching = "listing"
)

// pump sends what an initial cycle must send, from as many connections, and
// nothing else happens: the physical limit. It returns users a second.
func pump(b *testing.B, t target, n int, m matching) float64 {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency, MaxConnsPerHost: concurrency}}
	defer client.CloseIdleConnections()
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(concurrency)
	for i := range n {
		group.Go(func() error {
			if m == byLookUp {
				query := url.Values{"filter": {fmt.Sprintf("userName eq %q", userName(i))}}
				resp, err := client.Get(t.url + "/Users?" + query.Encode())
				if err := drain(resp, err); err != nil {
					return err
				}
			}
			resp, err := client.Post(t.url+"/Users", "application/scim+json", strings.NewReader(scimUser(i)))
			return drain(resp, err)
		})
	}
	require.NoError(b, group.Wait())
	return float64(n) / time.Since(began).Seconds()
}

func drain(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func userName(i int) string { return fmt.Sprintf("user%07d@example.com", i) }

// scimUser is what the default mapping makes of the user that csvUser imports.
func scimUser(i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"externalId":"user%07d","userName":%q,"active":true,"displayName":"User %d","title":"Engineer","preferredLanguage":"en",`+
		`"name":{"givenName":"User","familyName":"Number %d","formatted":"User Number %d"},"emails":[{"type":"work","value":%q,"primary":true}],`+
		`"addresses":[{"type":"work","locality":"Bern","country":"CH"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","employeeNumber":"%d"}}`,
		i, userName(i), i, i, i, userName(i), i)
}
