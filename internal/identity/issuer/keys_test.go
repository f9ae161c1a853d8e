package issuer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/provisor/provisor/internal/identity/issuer"
)

// TestRotation: tokens of the previous key hold, tokens of the one before do not.
func TestRotation(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	secret := w.add()
	ctx := oidc.ClientContext(t.Context(), w.Client())
	first := w.post(t, "/common/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {graph},
	}).Token
	set := signingKeys()
	for rotation, holds := range []bool{true, true, false} {
		if rotation > 0 {
			var err error
			if set, err = set.Rotate(start().Add(time.Duration(rotation) * time.Hour)); err != nil {
				t.Fatal(err)
			}
			w.ring.Replace(set)
		}
		if err := verify(ctx, w, first); (err == nil) != holds {
			t.Errorf("after %d rotations: %v", rotation, err)
		}
	}
}

func verify(ctx context.Context, w *world, raw string) error {
	provider, err := oidc.NewProvider(ctx, w.URL+"/"+string(tenantID)+"/v2.0")
	if err != nil {
		return err
	}
	_, err = provider.Verifier(&oidc.Config{ClientID: "https://graph.microsoft.com", Now: w.clock.now}).Verify(ctx, raw)
	return err
}

func TestKeySetSurvivesMarshalling(t *testing.T) {
	t.Parallel()

	rotated, err := signingKeys().Rotate(start().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]issuer.KeySet{"one key": signingKeys(), "two keys": rotated} {
		data, err := set.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := issuer.ParseKeySet(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := got.Marshal()
		if err != nil || string(again) != string(data) {
			t.Errorf("%s: another set after a round trip (%v)", name, err)
		}
	}
}

func TestParseKeySetRefusesAnythingElse(t *testing.T) {
	t.Parallel()

	public, err := json.Marshal(issuer.NewRing(signingKeys()).PublicKeys()[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"nothing": "", "no key": "[]", "no list": "{}",
		"a public key": `[{"created":"2026-11-21T08:00:00Z","key":` + string(public) + `}]`,
		"three keys":   `[{},{},{}]`,
	} {
		if _, err := issuer.ParseKeySet([]byte(data)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestPrivateKeyIsNotPublished looks for the private exponent wherever keys go.
func TestPrivateKeyIsNotPublished(t *testing.T) {
	t.Parallel()

	data, err := signingKeys().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var saved []struct {
		Key struct {
			D string `json:"d"`
		} `json:"key"`
	}
	if err := json.Unmarshal(data, &saved); err != nil || saved[0].Key.D == "" {
		t.Fatalf("no private exponent in the marshalled set: %v", err)
	}
	w := newWorld(t)
	var published json.RawMessage
	w.get(t, "/common/discovery/v2.0/keys", &published)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", slog.Any("key", signingKeys().Current))
	for where, text := range map[string]string{
		"the key document": string(published), "a log": log.String(),
		"%v": fmt.Sprintf("%v", signingKeys()), "%+v": fmt.Sprintf("%+v", signingKeys()), "%#v": fmt.Sprintf("%#v", signingKeys()),
	} {
		if strings.Contains(text, saved[0].Key.D) || strings.Contains(text, "PrivateKey") {
			t.Errorf("%s holds the private key: %s", where, text)
		}
	}
	if !strings.Contains(string(published), signingKeys().Current.ID) || strings.Contains(string(published), `"d"`) {
		t.Errorf("key document %s", published)
	}
}

func TestSecretsAreLongAndDiffer(t *testing.T) {
	t.Parallel()

	a, b := issuer.NewSecret(), issuer.NewSecret()
	if a == b || len(a) != 43 || strings.ContainsAny(a, "+/=") {
		t.Errorf("got %d characters", len(a))
	}
	if string(issuer.Digest(a)) == string(issuer.Digest(b)) || len(issuer.Digest(a)) != 32 {
		t.Error("digests are not SHA-256")
	}
}
