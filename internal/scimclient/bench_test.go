package scimclient_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/http1"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// BenchmarkCreate is what a client does for one POST besides waiting: the connection
// answers at once, from memory.
func BenchmarkCreate(b *testing.B) {
	user := scim.Resource{
		"active": true, "displayName": "Ada Lovelace", "externalId": "ada", "preferredLanguage": "en-GB", "title": "Countess", "userName": "ada@contoso.example",
		"emails":               []any{map[string]any{"primary": true, "type": "work", "value": "ada@contoso.example"}},
		"name":                 map[string]any{"familyName": "Lovelace", "formatted": "Ada Lovelace", "givenName": "Ada"},
		"phoneNumbers":         []any{map[string]any{"type": "work", "value": "+44 20 7946 0000"}, map[string]any{"type": "mobile", "value": "+44 20 7946 0001"}},
		"addresses":            []any{map[string]any{"type": "work", "country": "GB", "locality": "London", "postalCode": "W1", "region": "London", "streetAddress": "12 St James's Square"}},
		scim.EnterpriseUserURN: map[string]any{"department": "Research", "employeeNumber": "1"},
	}
	body := `{"schemas":["` + scim.UserURN + `"],"id":"2819c223-7f76-453a-919d-413861904646","userName":"ada@contoso.example","active":true,"displayName":"Ada Lovelace"}`
	answer := "HTTP/1.1 201 Created\r\nContent-Type: application/scim+json\r\nLocation: http://127.0.0.1/Users/2819c223-7f76-453a-919d-413861904646\r\nDate: Mon, 03 Mar 2025 08:00:00 GMT\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	now := time.Now //nolint:forbidigo // what the clock costs is part of it
	transport := http1.New(http1.Options{Now: now, Dial: func(context.Context, string, string) (net.Conn, error) {
		return &echoless{answer: answer}, nil
	}})
	c, err := scimclient.New(scimclient.Options{BaseURL: "http://127.0.0.1/scim/v2", HTTP: &http.Client{Transport: transport, Timeout: time.Minute}, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	path, err := scim.ParsePath("userName")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		created, err := c.Create(b.Context(), scim.UserType, user, path)
		if err != nil || created.ID() == "" {
			b.Fatal(created, err)
		}
	}
}

// echoless is a connection on which every request has the same answer.
type echoless struct {
	net.Conn

	answer string
	left   string
}

func (e *echoless) Write(p []byte) (int, error) {
	e.left = e.answer
	return len(p), nil
}

func (e *echoless) Read(p []byte) (int, error) {
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

func (e *echoless) Close() error { return nil }

func (e *echoless) SetDeadline(time.Time) error { return nil }

func (e *echoless) SetReadDeadline(time.Time) error { return nil }
