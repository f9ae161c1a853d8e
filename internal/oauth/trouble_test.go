package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

func exchange(t *testing.T, c *oauth.Client, r oauth.Request) error {
	t.Helper()
	token, err := c.Exchange(t.Context(), r)
	if err != nil && token != (oauth.Token{}) {
		t.Errorf("an error came together with %v", token)
	}
	return err
}

func wantKind(t *testing.T, err error, kind oauth.Kind, words ...string) *oauth.Error {
	t.Helper()
	failed, ok := errors.AsType[*oauth.Error](err)
	if !ok || failed.Kind != kind {
		t.Fatalf("error %v, want kind %q", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
	for _, secret := range secrets() {
		if strings.Contains(fmt.Sprintf("%+v", *failed)+err.Error(), secret) {
			t.Errorf("error %q holds the secret %q", err, secret)
		}
	}
	return failed
}

const tokenJSON = `{"access_token":"access-9f8e7d","token_type":"Bearer"}`

func TestExchange_Trouble(t *testing.T) {
	t.Parallel()

	json, html, form := "application/json", "text/html; charset=utf-8", "application/x-www-form-urlencoded"
	tests := []struct {
		name        string
		status      int
		contentType string
		body        string
		kind        oauth.Kind
		code        string
		says        string
	}{
		{"invalid_grant", 400, json, `{"error":"invalid_grant","error_description":"expired"}`, oauth.Refused, "invalid_grant", "expired"},
		{"invalid_client", 401, json, `{"error":"invalid_client"}`, oauth.Refused, "invalid_client", "HTTP 401"},
		{"error with status 200", 200, json, `{"error":"bad_verification_code"}`, oauth.Refused, "bad_verification_code", "refused"},
		{"error as form", 200, form, `error=bad_verification_code&error_description=expired+code`, oauth.Refused, "bad_verification_code", "expired code"},
		{"error as object", 400, json, `{"error":{"message":"Bad code","type":"OAuthException","code":100}}`, oauth.Refused, "OAuthException", "Bad code"},
		{"error as bare object", 400, json, `{"error":{}}`, oauth.Refused, "unknown_error", ""},
		{"error with wrong media type", 400, html, `{"error":"invalid_scope"}`, oauth.Refused, "invalid_scope", ""},
		{"HTML", 200, html, "<!DOCTYPE html><title>Sign in</title>", oauth.Garbled, "", "web page"},
		{"HTML that claims to be JSON", 200, json, "\n<html>", oauth.Garbled, "", "web page"},
		{"HTML with 404", 404, html, "<html>", oauth.Garbled, "", "HTTP 404"},
		{"empty", 200, json, "", oauth.Garbled, "", "empty"},
		{"empty 204", 204, "", "", oauth.Garbled, "", "empty"},
		{"empty 401", 401, "", "", oauth.Garbled, "", "HTTP 401"},
		{"broken JSON", 200, json, `{"access_token":"acc`, oauth.Garbled, "", "broken off"},
		{"two objects", 200, json, tokenJSON + tokenJSON, oauth.Garbled, "", ""},
		{"a brace too many", 200, json, tokenJSON + "}", oauth.Garbled, "", ""},
		{"JSON list", 200, json, `["access_token"]`, oauth.Garbled, "", "neither JSON nor a form"},
		{"JSON null", 200, json, `null`, oauth.Garbled, "", ""},
		{"binary", 200, "application/octet-stream", "\x00\x01\xff", oauth.Garbled, "", "application/octet-stream"},
		{"media type that is none", 200, ";;;", "hello", oauth.Garbled, "", "neither"},
		{"form without token", 200, form, "scope=a", oauth.Garbled, "", ""},
		{"damaged form", 200, form, "access_token=%zz", oauth.Garbled, "", ""},
		{"no access_token", 200, json, `{"token_type":"Bearer"}`, oauth.Unusable, "", "no access_token"},
		{"empty access_token", 200, json, `{"access_token":"","token_type":"Bearer"}`, oauth.Unusable, "", "no access_token"},
		{"access_token is a number", 200, json, `{"access_token":1,"token_type":"Bearer"}`, oauth.Unusable, "", "no access_token"},
		{"access_token with a line break", 200, json, `{"access_token":"a\r\nX-Evil: 1","token_type":"Bearer"}`, oauth.Unusable, "", "header"},
		{"token_type mac", 200, json, `{"access_token":"access-9f8e7d","token_type":"mac"}`, oauth.Unusable, "", `"mac"`},
		{"token_type DPoP", 200, json, `{"access_token":"access-9f8e7d","token_type":"DPoP"}`, oauth.Unusable, "", "only Bearer"},
		{"500", 500, html, "<html>", oauth.ServerFailed, "", "HTTP 500"},
		{"503 with an OAuth error", 503, json, `{"error":"temporarily_unavailable"}`, oauth.ServerFailed, "temporarily_unavailable", ""},
		{"429", 429, json, `{}`, oauth.Throttled, "", "later"},
		{"10 MB", 200, json, `{"access_token":"` + strings.Repeat("x", 10<<20) + `"}`, oauth.TooLarge, "", "1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				respond(tt.status, tt.contentType, tt.body)(w, r)
			})
			r := request(e, oauth.AuthorizationCode)
			r.Endpoint += "?key=" + url.QueryEscape(clientSecret)
			failed := wantKind(t, exchange(t, client(e), r), tt.kind, tt.says, e.URL+"/token", tt.kind.String())
			if failed.Status != tt.status || failed.Code != tt.code || !failed.Sent || failed.Endpoint != e.URL+"/token" {
				t.Errorf("got %+v", failed)
			}
			if tt.kind != oauth.TooLarge && failed.RetryAfter != 7*time.Second {
				t.Errorf("RetryAfter = %v", failed.RetryAfter)
			}
			if n := len(e.requests()); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

func TestExchange_Tolerated(t *testing.T) {
	t.Parallel()

	json, form := "application/json", "application/x-www-form-urlencoded"
	tests := []struct {
		name        string
		status      int
		contentType string
		body        string
		want        time.Duration
		refresh     string
	}{
		{"lifetime as a number", 200, json, `{"access_token":"access-9f8e7d","token_type":"bearer","expires_in":60}`, time.Minute, ""},
		{"lifetime as a fraction", 200, json, `{"access_token":"access-9f8e7d","token_type":"BEARER","expires_in":1.5e3}`, 25 * time.Minute, ""},
		{"lifetime as a string", 200, json, `{"access_token":"access-9f8e7d","token_type":"Bearer","expires_in":" 60 "}`, time.Minute, ""},
		{"lifetime absent", 200, json, tokenJSON, 0, ""},
		{"lifetime null", 200, json, `{"access_token":"access-9f8e7d","expires_in":null}`, 0, ""},
		{"lifetime in words", 200, json, `{"access_token":"access-9f8e7d","expires_in":"an hour"}`, 0, ""},
		{"lifetime zero", 200, json, `{"access_token":"access-9f8e7d","expires_in":0}`, 0, ""},
		{"lifetime negative", 200, json, `{"access_token":"access-9f8e7d","expires_in":-5}`, 0, ""},
		{"lifetime beyond all bounds", 200, json, `{"access_token":"access-9f8e7d","expires_in":1e300}`, 10 * 365 * 24 * time.Hour, ""},
		{"lifetime not finite", 200, json, `{"access_token":"access-9f8e7d","expires_in":"NaN"}`, 0, ""},
		{"token_type absent", 200, json, `{"access_token":"access-9f8e7d"}`, 0, ""},
		{"further members", 200, json, `{"access_token":"access-9f8e7d","instance_url":"https://x","extra":{"a":[1]}}`, 0, ""},
		{"rotated", 200, json, `{"access_token":"access-9f8e7d","refresh_token":"next"}`, 0, "next"},
		{"201", 201, json, tokenJSON, 0, ""},
		{"wrong media type", 200, "text/html", tokenJSON, 0, ""},
		{"byte order mark", 200, json, "\ufeff" + tokenJSON, 0, ""},
		{"form", 200, form, "access_token=access-9f8e7d&token_type=bearer&expires_in=60&refresh_token=next", time.Minute, "next"},
		{"form as text", 200, "text/plain;charset=UTF-8", "access_token=access-9f8e7d&expires_in=60", time.Minute, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, respond(tt.status, tt.contentType, tt.body))
			got, err := client(e).Exchange(t.Context(), request(e, oauth.RefreshToken))
			if err != nil {
				t.Fatal(err)
			}
			if got.AccessToken != accessToken || got.Lifetime != tt.want || got.RefreshToken != tt.refresh {
				t.Errorf("got %q for %v with %q; want %q for %v with %q", got.AccessToken, got.Lifetime, got.RefreshToken, accessToken, tt.want, tt.refresh)
			}
			if got.Expiry().IsZero() != (tt.want == 0) {
				t.Errorf("expires %v", got.Expiry())
			}
		})
	}
}

func TestExchange_Redirect(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64
	other := plain(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		granted(w, r)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, grant := range grants() {
			e := plain(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+"/token?code="+code, status)
			})
			failed := wantKind(t, exchange(t, client(e), request(e, grant)), oauth.Redirected, other.Listener.Addr().String())
			if failed.Status != status || len(e.requests()) != 1 {
				t.Errorf("%d %s: %+v after %d requests", status, grant, failed, len(e.requests()))
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d redirects were followed", reached.Load())
	}
	nowhere := plain(t, respond(302, "", ""))
	_ = wantKind(t, exchange(t, client(nowhere), request(nowhere, oauth.RefreshToken)), oauth.Redirected, "nowhere")
}

// However the connection ends, the request goes out once, and nothing more.
func TestExchange_BrokenConnections(t *testing.T) {
	t.Parallel()

	breaks := map[string]func(net.Conn){
		"closed without answer": func(net.Conn) {},
		"half a status line":    func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 2") },
		"half a body": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"access_token\":\"acc")
		},
		"not HTTP": func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0 client_secret="+clientSecret+" "+code+"\r\n\r\n") },
		"reset": func(c net.Conn) {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
		},
	}
	for name, how := range breaks {
		for _, grant := range grants() {
			t.Run(name+" "+string(grant), func(t *testing.T) {
				t.Parallel()

				e := plain(t, func(w http.ResponseWriter, _ *http.Request) {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					how(conn)
					_ = conn.Close()
				})
				failed := wantKind(t, exchange(t, client(e), request(e, grant)), oauth.Unreachable)
				if !failed.Sent || !failed.Temporary() {
					t.Errorf("got %+v", failed)
				}
				if n := len(e.requests()); n != 1 {
					t.Errorf("the request was sent %d times", n)
				}
			})
		}
	}
}

// A kept connection that the server closes at the wrong moment is the classic way
// in which net/http sends a request twice.
func TestExchange_StaleConnection(t *testing.T) {
	t.Parallel()

	var codes atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			return
		}
		codes.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(server.Close)
	warm, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = warm.Body.Close()
	c := &oauth.Client{HTTP: server.Client(), Now: start}
	r := oauth.Request{Endpoint: server.URL, Grant: oauth.AuthorizationCode, ClientID: clientID, Code: code}
	_ = wantKind(t, exchange(t, c, r), oauth.Unreachable)
	if codes.Load() != 1 {
		t.Errorf("the code was sent %d times", codes.Load())
	}
}

func TestExchange_ConnectionRefused(t *testing.T) {
	t.Parallel()

	e := plain(t, granted)
	r := request(e, oauth.AuthorizationCode)
	e.Close()
	failed := wantKind(t, exchange(t, client(e), r), oauth.Unreachable, "refused")
	if failed.Sent || failed.Status != 0 || !failed.Temporary() {
		t.Errorf("got %+v; nothing was sent", failed)
	}
}

func TestExchange_UnknownCertificate(t *testing.T) {
	t.Parallel()

	e := &endpoint{}
	e.Server = httptest.NewUnstartedServer(e.record(granted))
	e.Config.ErrorLog = nil
	e.StartTLS()
	t.Cleanup(e.Close)
	c := &oauth.Client{HTTP: &http.Client{Transport: &http.Transport{}}, Now: start}
	failed := wantKind(t, exchange(t, c, request(e, oauth.AuthorizationCode)), oauth.Unreachable, "certificate")
	if failed.Sent || len(e.requests()) != 0 {
		t.Errorf("got %+v; nothing may be sent to a stranger", failed)
	}
	if _, err := client(e).Exchange(t.Context(), request(e, oauth.AuthorizationCode)); err != nil {
		t.Errorf("over TLS with a known certificate: %v", err)
	}
}

func TestExchange_Timeout(t *testing.T) {
	t.Parallel()

	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	slow := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"`)
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	}
	for name, handler := range map[string]http.HandlerFunc{"no answer": hang, "half an answer": slow} {
		e := plain(t, handler)
		c := client(e)
		c.Timeout = time.Second // long enough for a busy machine to get the request there
		failed := wantKind(t, exchange(t, c, request(e, oauth.AuthorizationCode)), oauth.TimedOut, "in time")
		if !failed.Sent || !failed.Temporary() || len(e.requests()) != 1 {
			t.Errorf("%s: %+v after %d requests", name, failed, len(e.requests()))
		}
	}
}

func TestExchange_Canceled(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(t.Context())
	e := plain(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := client(e).Exchange(ctx, request(e, oauth.AuthorizationCode))
	_ = wantKind(t, err, oauth.Canceled)
}

func TestExchange_Misconfigured(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		grant  oauth.Grant
		change func(*oauth.Request)
		want   string
	}{
		{"no endpoint", oauth.RefreshToken, func(r *oauth.Request) { r.Endpoint = "" }, "the token endpoint"},
		{"no URL", oauth.RefreshToken, func(r *oauth.Request) { r.Endpoint = "http://a b/" }, "URL"},
		{"no client id", oauth.RefreshToken, func(r *oauth.Request) { r.ClientID = "" }, "the client id"},
		{"no code", oauth.AuthorizationCode, func(r *oauth.Request) { r.Code = "" }, "the authorization code"},
		{"no refresh token", oauth.RefreshToken, func(r *oauth.Request) { r.RefreshToken = "" }, "the refresh token"},
		{"no secret", oauth.RefreshToken, func(r *oauth.Request) { r.Method, r.ClientSecret = oauth.SecretPost, "" }, "the client secret"},
		{"no key", oauth.RefreshToken, func(r *oauth.Request) { r.Method = oauth.PrivateKeyJWT }, "the private key"},
		{"no certificate", oauth.RefreshToken, func(r *oauth.Request) { r.Method = oauth.TLSClient }, "the client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, granted)
			r := request(e, tt.grant)
			tt.change(&r)
			failed := wantKind(t, exchange(t, client(e), r), oauth.Misconfigured, tt.want)
			if failed.Sent || failed.Temporary() || len(e.requests()) != 0 {
				t.Errorf("got %+v after %d requests", failed, len(e.requests()))
			}
		})
	}
}

// An endpoint that echoes what it got must not make it appear in logs.
func TestExchange_EchoIsRedacted(t *testing.T) {
	t.Parallel()

	e := plain(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		parts := []string{r.Header.Get("Authorization"), r.PostForm.Encode(), strings.Repeat("long ", 200)}
		for name := range r.PostForm {
			parts = append(parts, r.PostForm.Get(name))
		}
		_, pass, _ := r.BasicAuth()
		parts = append([]string{"line\r\nbreak \x1b[31m", clientSecret, code, refreshToken, verifier, pass}, parts...)
		text := fmt.Sprintf("%q", strings.Join(parts, " "))
		text = strings.ReplaceAll(strings.ReplaceAll(text, `\x1b`, `\u001b`), `\x00`, " ")
		respond(400, "application/json", `{"error":"invalid_request","error_uri":"https://x/?`+code+`","error_description":`+text+`}`)(w, r)
	})
	for _, grant := range grants() {
		for _, method := range []oauth.Method{oauth.SecretBasic, oauth.SecretPost} {
			r := request(e, grant)
			r.Method, r.CodeVerifier, r.RefreshToken, r.Code = method, verifier, refreshToken, code
			failed := wantKind(t, exchange(t, client(e), r), oauth.Refused, "[redacted]")
			if strings.ContainsAny(failed.Description, "\r\n\x1b") || len([]rune(failed.Description)) > 301 {
				t.Errorf("description %q is not fit for a log line", failed.Description)
			}
		}
	}
}

func TestExchange_ShortSecretIsRedacted(t *testing.T) {
	t.Parallel()

	e := plain(t, respond(400, "application/json", `{"error":"invalid_client","error_description":"no: xyz"}`))
	r := request(e, oauth.AuthorizationCode)
	r.ClientSecret = "xyz"
	failed := wantKind(t, exchange(t, client(e), r), oauth.Refused)
	if failed.Description != "[redacted]" {
		t.Errorf("description %q", failed.Description)
	}
}

// The cause stays in reach of those who treat a refusal by the egress policy apart.
func TestExchange_KeepsTheCause(t *testing.T) {
	t.Parallel()

	refusal := errs.New(errs.Invalid, "RequestParameterInvalid", "Requests to 169.254.169.254 are refused.")
	c := &oauth.Client{Now: start, HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, refusal })}}
	err := exchange(t, c, oauth.Request{Endpoint: "https://a.example/", Grant: oauth.RefreshToken, ClientID: "a", RefreshToken: refreshToken})
	_ = wantKind(t, err, oauth.Unreachable, "169.254.169.254")
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("the cause is lost: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestExchange_RetryAfter(t *testing.T) {
	t.Parallel()

	for value, want := range map[string]time.Duration{
		"30": 30 * time.Second, start().Add(time.Minute).Format(http.TimeFormat): time.Minute, "-5": 0, "soon": 0, "": 0,
		"999999999": 24 * time.Hour, start().Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		e := plain(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		failed := wantKind(t, exchange(t, client(e), request(e, oauth.RefreshToken)), oauth.ServerFailed)
		if failed.RetryAfter != want {
			t.Errorf("Retry-After %q gives %v, want %v", value, failed.RetryAfter, want)
		}
	}
}

func TestPrintingHidesSecrets(t *testing.T) {
	t.Parallel()

	key := parseKey(t, ecKey(t), oauth.KeyOptions{})
	r := oauth.Request{
		Endpoint: "https://a.example/token?key=" + code, Grant: oauth.RefreshToken, ClientID: "a", ClientSecret: clientSecret, Code: code,
		RefreshToken: refreshToken, CodeVerifier: verifier, Key: key,
	}
	token := oauth.Token{AccessToken: accessToken, RefreshToken: refreshToken, Obtained: start()}
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		for _, value := range []any{r, token, key, r.LogValue(), token.LogValue()} {
			text := fmt.Sprintf(verb, value)
			for _, secret := range secrets() {
				if strings.Contains(text, secret) {
					t.Errorf("%s of %T prints %q", verb, value, text)
				}
			}
		}
	}
}

func TestKind_String(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for kind := oauth.Misconfigured; kind <= oauth.TooLarge; kind++ {
		if text := kind.String(); text == "" || text == "failed" || seen[text] {
			t.Errorf("kind %d reads %q", kind, text)
		}
		seen[kind.String()] = true
	}
}

func FuzzExchange_Answer(f *testing.F) {
	for _, seed := range []struct {
		status int
		media  string
		body   string
	}{
		{200, "application/json", tokenJSON},
		{200, "application/json", `{"access_token":"a","expires_in":"1e99","refresh_token":null}`},
		{200, "text/plain", "access_token=a&expires_in=60"},
		{200, "application/x-www-form-urlencoded", "error=x&error_description=%zz"},
		{400, "application/json", `{"error":"invalid_grant","error_description":"refresh-AbC/+= is old"}`},
		{400, "application/json", `{"error":{"code":"a","message":"b"}}`},
		{302, "", ""},
		{500, "text/html", "<html>"},
	} {
		f.Add(seed.status, seed.media, seed.body)
	}
	f.Fuzz(func(t *testing.T, status int, media, body string) {
		if status < 200 || status > 599 {
			return
		}
		c := &oauth.Client{Now: start, HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {media}, "Location": {body}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})}}
		r := oauth.Request{Endpoint: "https://a.example/token", Grant: oauth.RefreshToken, ClientID: "a", RefreshToken: refreshToken}
		token, err := c.Exchange(t.Context(), r)
		if err == nil {
			if token.AccessToken == "" || token.Lifetime < 0 || strings.ContainsAny(token.AccessToken, "\r\n\x00 ") || status > 299 {
				t.Fatalf("status %d gives %#v with %q", status, token, token.AccessToken)
			}
			return
		}
		failed, ok := errors.AsType[*oauth.Error](err)
		if !ok || strings.Contains(err.Error(), refreshToken) || strings.ContainsAny(err.Error(), "\r\n\x00") || len([]rune(failed.Description)) > 400 {
			t.Fatalf("error %q", err)
		}
	})
}
