package issuer_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// started is a device that waits.
func (w *world) started(t *testing.T, path string) (device, user string) { //nolint:nonamedreturns // which is which
	t.Helper()
	var got struct {
		Device  string `json:"device_code"`
		User    string `json:"user_code"`
		Page    string `json:"verification_uri"`
		Message string `json:"message"`
	}
	resp, text := w.fetch(t, http.MethodPost, path, url.Values{"client_id": {graphTools}, "scope": {everything}})
	decodeText(t, text, &got)
	if resp.StatusCode != http.StatusOK || got.Page != w.URL+"/devicelogin" || !strings.Contains(got.Message, got.User) {
		t.Fatalf("%s %s", resp.Status, text)
	}
	return got.Device, got.User
}

func (w *world) poll(t *testing.T, device string) answer {
	t.Helper()
	return w.post(t, "/common/oauth2/v2.0/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {graphTools}, "device_code": {device},
	})
}

func TestDevice(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	device, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	if got := w.poll(t, device); got.status != http.StatusBadRequest || got.Error != "authorization_pending" {
		t.Errorf("%d %s", got.status, got.Error)
	}
	_, text := w.fetch(t, http.MethodGet, "/devicelogin", nil)
	_, text = w.typed(t, text, url.Values{"user_code": {strings.ToLower(user[:4]) + "-" + user[4:]}})
	if !strings.Contains(text, "Microsoft Graph Command Line Tools") {
		t.Fatal(text)
	}
	if resp, _ := w.typed(t, text, url.Values{"provisor-user": {adaName}, "provisor-password": {"wrong"}}); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	if resp, text := w.typed(t, text, adaTypes()); resp.StatusCode != http.StatusOK || !strings.Contains(text, "You have signed in") {
		t.Fatal(text)
	}
	if resp, text := w.typed(t, text, adaTypes()); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("decided twice: %s", text)
	}
	got := w.poll(t, device)
	wants(t, got, http.StatusOK, 0)
	if c := payload(t, got.Token); c["oid"] != string(ada) || got.Refresh == "" || got.ID == "" {
		t.Errorf("%v", c)
	}
	wants(t, w.refresh(t, got.Refresh, ""), http.StatusOK, 0)
	if again := w.poll(t, device); again.status == http.StatusOK {
		t.Error("redeemed twice")
	}
}

func TestDeviceDeclined(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	device, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	_, text := w.fetch(t, http.MethodPost, "/devicelogin", url.Values{"user_code": {user}})
	w.typed(t, text, url.Values{"decision": {"decline"}})
	if got := w.poll(t, device); got.Error != "authorization_declined" {
		t.Errorf("%s", got.Description)
	}
}

func TestDeviceExpires(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	device, user := w.started(t, "/"+domain+"/oauth2/devicecode?api-version=1.0&resource=x")
	w.clock.advance(15 * time.Minute)
	if got := w.poll(t, device); got.Error != "expired_token" {
		t.Errorf("%s", got.Description)
	}
	if resp, text := w.fetch(t, http.MethodPost, "/devicelogin", url.Values{"user_code": {user}}); resp.StatusCode != http.StatusBadRequest {
		t.Error(text)
	}
	if got := w.poll(t, "x"); got.Error != "bad_verification_code" {
		t.Errorf("%s", got.Description)
	}
}

// TestDeviceCodesAreNotGuessed: ten wrong codes lock the page for a minute.
func TestDeviceCodesAreNotGuessed(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	for range 10 {
		w.fetch(t, http.MethodPost, "/devicelogin", url.Values{"user_code": {"BBBBBBBBB"}})
	}
	_, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	if _, text := w.fetch(t, http.MethodPost, "/devicelogin", url.Values{"user_code": {user}}); !strings.Contains(text, "Too many wrong codes") {
		t.Error(text)
	}
	w.clock.advance(time.Minute)
	if _, text := w.fetch(t, http.MethodPost, "/devicelogin", url.Values{"user_code": {user}}); !strings.Contains(text, "Sign in a device") {
		t.Error(text)
	}
}

// TestDeviceNeedsAPublicClient: a client that could keep a secret must show it.
func TestDeviceNeedsAPublicClient(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	wants(t, w.post(t, "/common/oauth2/v2.0/devicecode", url.Values{"client_id": {webApp}, "scope": {everything}}), http.StatusUnauthorized, 7000218)
	wants(t, w.post(t, "/common/oauth2/v2.0/devicecode", url.Values{"client_id": {graphTools}}), http.StatusBadRequest, 900144)
}
