package graphapi

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/errs"
)

// callbackPath is where authorization servers send the browser back to.
const callbackPath = "/provisor/oauth/callback"

// stateCookie binds the browser that begins an authorization to the one that ends
// it, so that nobody can make another's browser end one of theirs.
const stateCookie = "provisor-authorization"

// beginAuthorize answers GET …/authorize: it sends a browser to the application's
// authorization endpoint, and tells a program the URL.
func (a *API) beginAuthorize(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	location, err := a.Connections.BeginAuthorize(ctx, q.tenant, sp.ID, nil, q.base+callbackPath)
	if err != nil {
		return answer{}, err
	}
	if !strings.Contains(q.http.Header.Get("Accept"), "text/html") {
		body, err := marshal(map[string]string{"authorizationUrl": location, "redirectUri": q.base + callbackPath}, nil)
		return answer{status: http.StatusOK, contentType: jsonType, body: body}, err
	}
	cookie := http.Cookie{ //nolint:gosec // Secure wherever there is TLS; a laptop has none
		Name: stateCookie, Value: url.QueryEscape(stateOf(location)), Path: callbackPath, HttpOnly: true,
		Secure: strings.HasPrefix(q.base, "https://"), SameSite: http.SameSiteLaxMode, MaxAge: 600,
	}
	return answer{status: http.StatusFound, location: location, header: http.Header{"Set-Cookie": {cookie.String()}}}, nil
}

func stateOf(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return u.Query().Get("state")
}

// finishAuthorize answers the redirect that ends an authorization: it redeems the
// code as the action does, and shows a person what came of it.
func (a *API) finishAuthorize(ctx context.Context, q *request) (answer, error) {
	query := q.http.URL.Query()
	if cookie, err := q.http.Cookie(stateCookie); err == nil {
		if begun, err := url.QueryUnescape(cookie.Value); err != nil || begun != query.Get("state") {
			return consentPage(http.StatusBadRequest, outcome{
				Title: "Another authorization was under way", Text: "This answer belongs to an authorization that this browser did not begin last. Begin anew.",
			})
		}
	}
	_, err := a.Connections.FinishAuthorize(ctx, credential.Callback{
		State: query.Get("state"), Code: query.Get("code"), Error: query.Get("error"), Description: query.Get("error_description"),
	})
	if err == nil {
		return consentPage(http.StatusOK, outcome{
			Title: "Authorized", Text: "Provisor has an access token for the application and keeps it fresh. You can close this page; start the synchronization job if it does not run yet.",
		})
	}
	fault := visible(err)
	return consentPage(status(fault.Kind), outcome{Title: "Not authorized", Text: fault.Message, Details: fault.Details})
}

// outcome is what the page says.
type outcome struct {
	Title, Text string
	Details     []errs.Detail
}

// consentPage is a small page that loads nothing and runs nothing.
func consentPage(code int, o outcome) (answer, error) {
	var page bytes.Buffer
	if err := consentTemplate().Execute(&page, o); err != nil {
		return answer{}, errs.Wrap(err, errs.Internal, "InternalServerError", "The page could not be written.")
	}
	return answer{status: code, contentType: "text/html; charset=utf-8", body: page.Bytes(), header: http.Header{
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
		"Referrer-Policy":         {"no-referrer"},
		"Set-Cookie":              {(&http.Cookie{Name: stateCookie, Path: callbackPath, MaxAge: -1, HttpOnly: true}).String()}, //nolint:gosec // it carries nothing: it removes the cookie
	}}, nil
}

func consentTemplate() *template.Template {
	return template.Must(template.New("consent").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}} – Provisor</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem;color:#1b2430}h1{font-size:1.4rem}code{background:#eef1f5;padding:.1em .3em}
@media(prefers-color-scheme:dark){body{background:#10151d;color:#dbe4ef}code{background:#1e2733}}</style>
<h1>{{.Title}}</h1><p>{{.Text}}</p>{{range .Details}}<p><code>{{.Code}}</code> {{.Message}}</p>{{end}}</html>
`))
}
