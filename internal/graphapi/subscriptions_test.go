package graphapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// consenting is an endpoint that agrees to be told.
func consenting(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, r.URL.Query().Get("validationToken"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func wish(resource, endpoint string, more ...string) string {
	return `{"changeType":"updated","notificationUrl":"` + endpoint + `","resource":"` + resource + `","expirationDateTime":"2026-01-20T00:00:00Z"` +
		strings.Join(more, "") + `}`
}

// TestSubscription: one is made, read, renewed and removed as in Graph.
func TestSubscription(t *testing.T) {
	t.Parallel()

	for _, version := range []string{"v1.0", "beta"} {
		w, endpoint := newWorld(t), consenting(t)
		set := "/" + version + "/subscriptions"
		rec := w.do(t, "admin", http.MethodPost, set, wish("users", endpoint, `,"clientState":"our word","latestSupportedTlsVersion":"v1_3"`))
		require.Equal(t, http.StatusCreated, rec.Code, rec.Body)
		made := decoded(rec)
		id, _ := made["id"].(string)
		require.True(t, strings.HasSuffix(rec.Header().Get("Location"), set+"/"+id))
		want := map[string]any{
			"@odata.context": "https://provisor.test/" + version + "/$metadata#subscriptions/$entity",
			"id":             id, "resource": "users", "applicationId": appIDOf(adminSP), "changeType": "updated", "clientState": "our word",
			"notificationUrl": endpoint, "notificationQueryOptions": nil, "lifecycleNotificationUrl": nil, "expirationDateTime": "2026-01-20T00:00:00Z",
			"creatorId": string(adminSP), "includeResourceData": false, "latestSupportedTlsVersion": "v1_3",
			"encryptionCertificate": nil, "encryptionCertificateId": nil, "notificationUrlAppId": nil,
		}
		require.Equal(t, want, made)
		want["clientState"] = nil
		require.Equal(t, want, w.want(t, http.StatusOK, http.MethodGet, set+"/"+id, ""), "the clientState is never shown again")
		delete(want, "@odata.context")
		require.Equal(t, []any{want}, w.want(t, http.StatusOK, http.MethodGet, set, "")["value"])

		renewed := w.want(t, http.StatusOK, http.MethodPatch, set+"/"+id, `{"expirationDateTime":"2026-01-30T00:00:00.0000000Z"}`)
		require.Equal(t, "2026-01-30T00:00:00Z", renewed["expirationDateTime"])
		require.Nil(t, renewed["clientState"])
		w.want(t, http.StatusNoContent, http.MethodPost, set+"/"+id+"/reauthorize", "")
		w.want(t, http.StatusNoContent, http.MethodDelete, set+"/"+id, "")
		code, message, _ := fault(t, w.do(t, "admin", http.MethodGet, set+"/"+id, ""))
		require.Equal(t, "ResourceNotFound The object was not found.", code+" "+message)
		for method, path := range map[string]string{http.MethodPatch: id, http.MethodDelete: id, http.MethodPost: id + "/reauthorize"} {
			w.want(t, http.StatusNotFound, method, set+"/"+path, "{}")
		}
	}
}

// TestSubscriptionRefused: what is wrong is named, in Graph's words where they are
// known.
func TestSubscriptionRefused(t *testing.T) {
	t.Parallel()

	w, endpoint := newWorld(t), consenting(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	defer closed.Close()
	none := "00000000-0000-4000-8000-00000000dead"
	edit := func(old, fresh string) string { return strings.Replace(wish("users", endpoint), old, fresh, 1) }
	for name, tt := range map[string]struct {
		body, code, message string
		status              int
	}{
		"no changeType":    {edit(`"changeType":"updated",`, ""), "InvalidRequest", "changeType is a required property for subscription creation", 400},
		"no expiration":    {edit(`"expirationDateTime":"2026-01-20T00:00:00Z"`, `"x":1`), "InvalidRequest", "expirationDateTime is a required", 400},
		"created":          {edit(`"updated"`, `"created"`), "InvalidRequest", "Invalid 'changeType' attribute: 'created'.", 400},
		"some word":        {edit(`"updated"`, `"updated,moved"`), "InvalidRequest", "Invalid 'changeType' attribute", 400},
		"too long":         {edit("2026-01-20", "2026-02-20"), "InvalidRequest", "Subscription expiration can only be 41760 minutes in the future.", 400},
		"past":             {edit("2026-01-20", "2026-01-01"), "InvalidRequest", "is past", 400},
		"no time":          {edit("2026-01-20T00:00:00Z", "tomorrow"), "InvalidRequest", "'tomorrow' is no time", 400},
		"resource data":    {wish("users", endpoint, `,"includeResourceData":true`), "InvalidRequest", "includeResourceData", 400},
		"old TLS":          {wish("users", endpoint, `,"latestSupportedTlsVersion":"v1_0"`), "InvalidRequest", "v1_0", 400},
		"messages":         {wish("me/messages", endpoint), "InvalidRequest", "Resource 'me/messages' cannot be subscribed to", 400},
		"a query":          {wish("users?$select=id", endpoint), "InvalidRequest", "query options", 400},
		"nobody":           {wish("users/"+none, endpoint), "Request_ResourceNotFound", none, 404},
		"a job":            {wish("servicePrincipals/"+none+"/synchronization/jobs/x", endpoint), "InvalidRequest", "/provisor/subscriptions", 400},
		"no consent":       {wish("users", closed.URL), "ValidationError", "Subscription validation request failed. HTTP status code is 'NotFound'. Notification endpoint must respond with 200 OK to validation request.", 400},
		"no URL":           {wish("users", "hook"), "InvalidRequest", "notificationUrl", 400},
		"forbidden target": {wish("users", "https://169.254.169.254/"), "InvalidRequest", "169.254.169.254", 400},
		"long clientState": {wish("users", endpoint, `,"clientState":"`+strings.Repeat("x", 129)+`"`), "InvalidRequest", "128", 400},
		"lifecycle":        {wish("users", endpoint, `,"lifecycleNotificationUrl":"`+closed.URL+`"`), "ValidationError", "NotFound", 400},
	} {
		rec := w.do(t, "admin", http.MethodPost, "/v1.0/subscriptions", tt.body)
		code, message, _ := fault(t, rec)
		require.Equal(t, tt.status, rec.Code, "%s: %s", name, rec.Body)
		require.Equal(t, tt.code, code, name)
		require.Contains(t, message, tt.message, name)
	}
	require.Empty(t, w.want(t, http.StatusOK, http.MethodGet, "/v1.0/subscriptions", "")["value"])
}

// TestSubscriptionOwnership: a caller sees what its application made, and who is
// signed in, what was made for that person.
func TestSubscriptionOwnership(t *testing.T) {
	t.Parallel()

	w, endpoint := newWorld(t), consenting(t)
	user := func(id directory.ObjectID, scopes ...identity.Permission) identity.Caller {
		return identity.Caller{TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: id, AppID: appIDOf(ownerSP), Scopes: scopes}
	}
	const ada, bob = directory.ObjectID("bbbbbbbb-0000-4000-8000-00000000000a"), directory.ObjectID("bbbbbbbb-0000-4000-8000-00000000000b")
	auditor, chief := user(ada, identity.SubscriptionRead), user(bob, identity.SubscriptionRead)
	auditor.AppID, chief.AppID = "another", "another"
	chief.DirectoryRoles = []identity.Role{identity.GlobalAdministrator}
	w.callers["app"] = identity.Caller{TenantID: tenantID, Kind: identity.Application, ObjectID: ownerSP, AppID: appIDOf(ownerSP), Roles: []identity.Permission{identity.UserRead}}
	w.callers["ada"], w.callers["bob"], w.callers["auditor"], w.callers["chief"] = user(ada, identity.UserRead), user(bob, identity.UserRead), auditor, chief
	w.callers["writer"] = user(ada, identity.UserReadWrite, identity.GroupReadWrite)

	ids := map[string]string{}
	for _, caller := range []string{"app", "ada", "bob", "admin"} {
		rec := w.do(t, caller, http.MethodPost, "/v1.0/subscriptions", wish("users", endpoint))
		require.Equal(t, http.StatusCreated, rec.Code, rec.Body)
		ids[caller], _ = decoded(rec)["id"].(string)
	}
	for caller, id := range map[string]directory.ObjectID{"nameless": ada, "stranger": bob} { // some issuers name no client
		w.callers[caller] = identity.Caller{TenantID: tenantID, Kind: identity.Application, ObjectID: id, Roles: []identity.Permission{identity.UserRead}}
	}
	rec := w.do(t, "nameless", http.MethodPost, "/v1.0/subscriptions", wish("users", endpoint))
	require.Equal(t, http.StatusCreated, rec.Code, rec.Body)
	ids["nameless"], _ = decoded(rec)["id"].(string)
	rec = w.do(t, "app", http.MethodPost, "/v1.0/subscriptions", wish("groups", endpoint))
	require.Equal(t, http.StatusForbidden, rec.Code, "users are read, groups are not")
	rec = w.do(t, "writer", http.MethodPost, "/v1.0/subscriptions", wish("users", endpoint))
	require.Equal(t, http.StatusForbidden, rec.Code, "writing is not reading")

	for caller, sees := range map[string][]string{
		"app": {"app", "ada", "bob"}, "ada": {"ada"}, "bob": {"bob"}, "admin": {"admin"}, "nameless": {"nameless"}, "stranger": {},
		"auditor": {"ada", "nameless"}, "chief": {"app", "ada", "bob", "admin", "nameless"},
	} {
		value, _ := decoded(w.do(t, caller, http.MethodGet, "/v1.0/subscriptions", ""))["value"].([]any)
		require.Len(t, value, len(sees), caller)
		for owner, id := range ids {
			status := http.StatusNotFound
			for _, seen := range sees {
				if seen == owner {
					status = http.StatusOK
				}
			}
			require.Equal(t, status, w.do(t, caller, http.MethodGet, "/v1.0/subscriptions/"+id, "").Code, "%s of %s", caller, owner)
		}
	}
	require.Equal(t, http.StatusNotFound, w.do(t, "auditor", http.MethodDelete, "/v1.0/subscriptions/"+ids["ada"], "").Code, "who reads all removes none")
	require.Equal(t, http.StatusNotFound, w.do(t, "bob", http.MethodDelete, "/v1.0/subscriptions/"+ids["ada"], "").Code)
	require.Equal(t, http.StatusNotFound, w.do(t, "bob", http.MethodPatch, "/v1.0/subscriptions/"+ids["ada"], `{"expirationDateTime":"2026-01-21T00:00:00Z"}`).Code)
	require.Equal(t, http.StatusNoContent, w.do(t, "ada", http.MethodDelete, "/v1.0/subscriptions/"+ids["ada"], "").Code)
}

// TestSubscriptionToJob stands below /provisor, and in /v1.0 nothing is seen of it.
func TestSubscriptionToJob(t *testing.T) {
	t.Parallel()

	w, endpoint := newWorld(t), consenting(t)
	p, job := w.job(t)
	resource := "servicePrincipals/" + p.sp + "/synchronization/jobs/" + job
	made := w.want(t, http.StatusCreated, http.MethodPost, "/provisor/subscriptions", wish(resource, endpoint))
	id, _ := made["id"].(string)
	require.Equal(t, resource, made["resource"])
	w.want(t, http.StatusOK, http.MethodGet, "/provisor/subscriptions/"+id, "")
	w.want(t, http.StatusNotFound, http.MethodGet, "/v1.0/subscriptions/"+id, "")
	require.Empty(t, w.want(t, http.StatusOK, http.MethodGet, "/v1.0/subscriptions", "")["value"])
	users := w.want(t, http.StatusCreated, http.MethodPost, "/provisor/subscriptions", wish("users", endpoint))
	require.Len(t, w.want(t, http.StatusOK, http.MethodGet, "/provisor/subscriptions", "")["value"], 2)
	ofUsers, _ := users["id"].(string)
	w.want(t, http.StatusOK, http.MethodGet, "/v1.0/subscriptions/"+ofUsers, "")
	w.want(t, http.StatusNotFound, http.MethodPost, "/provisor/subscriptions", wish(resource+"x", endpoint))
	rec := w.do(t, "admin", http.MethodPost, "/provisor/subscriptions", strings.Replace(wish(resource, endpoint), "updated", "deleted", 1))
	require.Equal(t, http.StatusBadRequest, rec.Code)

	require.Equal(t, http.StatusCreated, w.do(t, "reader", http.MethodPost, "/provisor/subscriptions", wish(resource, endpoint)).Code)
	require.Equal(t, http.StatusForbidden, w.do(t, "owner", http.MethodPost, "/provisor/subscriptions", wish(resource, endpoint)).Code, "it owns another")
	require.Equal(t, http.StatusForbidden, w.do(t, "powerful", http.MethodPost, "/provisor/subscriptions", wish(resource, endpoint)).Code)
}

// TestSubscriptionQuota keeps one application from having all.
func TestSubscriptionQuota(t *testing.T) {
	t.Parallel()

	w, endpoint := newWorld(t), consenting(t)
	for range 100 {
		w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/subscriptions", wish("users", endpoint))
	}
	rec := w.do(t, "admin", http.MethodPost, "/v1.0/subscriptions", wish("users", endpoint))
	_, message, _ := fault(t, rec)
	require.Equal(t, http.StatusForbidden, rec.Code)
	require.Contains(t, message, "100 subscriptions")
}
