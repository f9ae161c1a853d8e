package graphapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/synchronization"
)

// invalid fails the test unless err says that the request is wrong.
func invalid(t *testing.T, what string, err error) {
	t.Helper()
	if !errs.Is(err, errs.Invalid) {
		t.Fatalf("%q: %v is not Invalid", what, err)
	}
}

// No body makes the decoder panic; what it accepts names each key once.
func FuzzReadPairs(f *testing.F) {
	for _, seed := range []string{
		`{"credentials":[{"@odata.type":"microsoft.graph.synchronizationSecretKeyStringValuePair"}]}`,
		`{"credentials":[{"key":"BaseAddress","value":"x"},{"KEY":"27","Value":null},null]}`,
		`{"credentials":null}`, `{"Credentials":[]}`, `{"credentials":{}}`, `[]`, `null`, `7`, `{"credentials":[{"key":7}]}`,
		`{"credentials":[{"key":"None"},{"key":"none"}]}`, `{"credentials":[[[[]]]]}`, `{`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		given, err := graphapi.ReadPairs([]byte(body), "credentials")
		if err != nil {
			invalid(t, body, err)
			return
		}
		seen := map[synchronization.Secret]bool{}
		for _, g := range given {
			if seen[g.Key] || g.Key == synchronization.SecretNone || g.Value != nil && len(*g.Value) > graphapi.MaxSecret {
				t.Fatalf("%q gave %v", body, g.Key)
			}
			seen[g.Key] = true
		}
	})
}

// No body makes the decoder panic, and no password gets past it.
func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{
		`{"displayName":"x","accountEnabled":true}`, `{"passwordProfile":{"password":"p"}}`, `{"PASSWORDPROFILE":{}}`,
		`{"manager@odata.bind":"users/11111111-2222-4333-8444-555555555555"}`, `{"members@odata.bind":[]}`, `{"manager@odata.bind":[1]}`,
		`{"businessPhones":[1]}`, `{"extension_a_b":{}}`, `{"createdDateTime":"x"}`, `null`, `[]`, `{"@odata.type":1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		attributes, err := graphapi.ReadObject([]byte(body))
		if err != nil {
			invalid(t, body, err)
			return
		}
		for name := range attributes {
			if strings.EqualFold(name, "passwordProfile") || strings.Contains(name, "@") {
				t.Fatalf("%q kept %s", body, name)
			}
		}
	})
}

// The check agrees with the decoder about what is JSON, and reports a position.
func FuzzCheckJSON(f *testing.F) {
	f.Add("{}")
	f.Add("{\"a\":\n oops}")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, body string) {
		err := graphapi.CheckJSON([]byte(body))
		if err != nil {
			invalid(t, body, err)
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("%q passed", body)
		}
	})
}

// No path makes the router panic or fail in a way that is not the caller's.
func FuzzFindRoute(f *testing.F) {
	api := graphapi.New(graphapi.Config{Jobs: graphJobs{}})
	for _, seed := range []string{
		"/v1.0/servicePrincipals(appId='a%2Fb')/synchronization/jobs('x')/microsoft.graph.start", "/beta//users/", "/v1.0/users('", "/%", "/", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		err := graphapi.FindRoute(api, http.MethodPost, path)
		if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.MethodNotAllowed) {
			t.Fatalf("%q: %v", path, err)
		}
	})
}
