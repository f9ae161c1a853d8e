package graphapi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/store"
)

// aMillion is how many users the benchmark's directory has.
const aMillion = 1_000_000

// somebodyNumbered is a user as a personnel file has it.
func somebodyNumbered(random *rand.Rand, n int) store.ImportRow {
	name := fmt.Sprintf("person%07d", n)
	return store.ImportRow{
		Kind: directory.User, NewID: directory.ObjectID(fmt.Sprintf("dddddddd-0000-4000-8000-%012x", n)),
		Attributes: directory.Attributes{
			"userPrincipalName": name + "@contoso.example", "mail": name + "@mail.contoso.example", "mailNickname": name,
			"displayName": fmt.Sprintf("%06x Person %d", random.Uint32()&0xffffff, n), "givenName": fmt.Sprint("Given ", n%7919), "surname": fmt.Sprint("Family ", n%19997),
			"accountEnabled": n%20 != 0, "userType": "Member", "employeeId": fmt.Sprint(n), "department": fmt.Sprint("Department ", n%500),
			"jobTitle": fmt.Sprint("Engineer ", n%3001), "companyName": fmt.Sprint("Company ", n%101), "country": "Germany",
			"proxyAddresses": []any{"SMTP:" + name + "@mail.contoso.example"},
			"identities":     []any{map[string]any{"signInType": "federated", "issuer": "contoso.example", "issuerAssignedId": fmt.Sprint("id-", n)}},
		},
	}
}

// million is a world with a million users.
func million(b *testing.B) *world {
	b.Helper()
	w := newWorldOf(b, func(*graphapi.Config) {})
	random := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < aMillion; done += 2000 {
		rows := make([]store.ImportRow, 2000)
		for i := range rows {
			rows[i] = somebodyNumbered(random, done+i)
		}
		if _, err := w.db.Import(b.Context(), tenantID, rows, now()); err != nil {
			b.Fatal(err)
		}
	}
	return w
}

// BenchmarkMillionUsers asks a directory of a million users over the whole surface:
// filters by every indexed property, and changes since a minute ago.
func BenchmarkMillionUsers(b *testing.B) {
	if testing.Short() {
		b.Skip("making a million users takes minutes")
	}
	w := million(b)
	for _, filter := range []string{
		"id eq 'dddddddd-0000-4000-8000-0000000f0000'",
		"userPrincipalName eq 'person0765432@contoso.example'",
		"startswith(userPrincipalName,'person07654')",
		"mail in ('person0000001@mail.contoso.example','person0999999@mail.contoso.example')",
		"displayName eq 'nobody'",
		"startswith(displayName,'abc')",
		"givenName eq 'Given 4711' and surname eq 'Family 1'",
		"surname eq 'Family 4711'",
		"employeeId eq '765432' or mailNickname eq 'person0000042'",
		"jobTitle eq 'Engineer 42' and companyName eq 'Company 42'",
		"department eq 'Department 42' and accountEnabled eq false",
		"not(accountEnabled eq true)",
		"proxyAddresses/any(p:p eq 'smtp:person0765432@mail.contoso.example')",
		"identities/any(i:i/issuerAssignedId eq 'id-765432' and i/issuer eq 'contoso.example')",
		"createdDateTime ge 2030-01-01T00:00:00Z",
		"(startswith(displayName,'abc') or startswith(mail,'person01234')) and accountEnabled eq true",
	} {
		b.Run(strings.ReplaceAll(filter, "/", "."), func(b *testing.B) {
			w.ask(b, "/v1.0/users?$filter="+url.QueryEscape(filter))
		})
	}
	link := w.deltaLink(b)
	b.Run("delta of nothing", func(b *testing.B) { w.ask(b, link) })
	for i := range 100 {
		ref := store.Ref{ID: directory.ObjectID(fmt.Sprintf("dddddddd-0000-4000-8000-%012x", i*9973))}
		if _, err := w.db.UpdateObject(b.Context(), tenantID, ref, now(), func(a directory.Attributes) (directory.Attributes, error) {
			a["jobTitle"] = "Countess"
			return a, nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("delta of 100", func(b *testing.B) { w.ask(b, link) })
	b.Run("first page of a first delta", func(b *testing.B) { w.ask(b, "/v1.0/users/delta?$select=displayName") })
}

// ask sends one request again and again, and reports the median and the 99th
// percentile.
func (w *world) ask(b *testing.B, path string) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://provisor.test"+path, nil)
		r.Header.Set("Authorization", "Bearer admin")
		rec := httptest.NewRecorder()
		before := b.Elapsed()
		w.api.ServeHTTP(rec, r)
		took = append(took, b.Elapsed()-before)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Body)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func (w *world) deltaLink(b *testing.B) string {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://provisor.test/v1.0/users/delta?$deltatoken=latest", nil)
	r.Header.Set("Authorization", "Bearer admin")
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	var answer map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		b.Fatal(err)
	}
	link, _ := answer["@odata.deltaLink"].(string)
	return strings.TrimPrefix(link, "https://provisor.test")
}
