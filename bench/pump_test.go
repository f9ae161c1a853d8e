package bench_test

import (
	"context"
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

// concurrency of the pump; the most that the program has under way at one target.
const concurrency = 64

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
				if err := exchange(b.Context(), client, http.MethodGet, t.url+"/Users?"+query.Encode(), ""); err != nil {
					return err
				}
			}
			return exchange(b.Context(), client, http.MethodPost, t.url+"/Users", scimUser(i))
		})
	}
	require.NoError(b, group.Wait())
	return float64(n) / time.Since(began).Seconds()
}

// exchange sends a request and reads its answer to the end.
func exchange(ctx context.Context, client *http.Client, method, address, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/scim+json")
	resp, err := client.Do(r)
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
