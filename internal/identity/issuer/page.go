package issuer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// page is what a page shows. The zero value of a member leaves its part out.
type page struct {
	Title  string
	Text   string
	Fault  string
	Hidden []field  // what goes back with the form
	Action string   // where the form goes; empty is no form
	Code   bool     // asks for a device's code
	Sign   bool     // asks for an account and a password
	Name   string   // the account, filled in
	People []User   // those to choose among instead
	Button string   // of the form
	Other  []string // further buttons: name, value, text
	Script bool     // sends the form at once
	back   string   // where the form's answer may lead besides here
}

type field struct{ Name, Value string }

// fields returns values as fields of a form, in an order of their own.
func fields(values url.Values, except ...string) []field {
	var all []field
	for name, list := range values {
		if slices.Contains(except, name) || len(list) == 0 {
			continue
		}
		all = append(all, field{name, list[0]})
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// show writes a page that loads nothing from elsewhere and stands in no frame.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, p page) {
	var text bytes.Buffer
	if err := pageTemplate().Execute(&text, p); err != nil {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "page not written", slog.Any("err", err))
		http.Error(w, "The page could not be written.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policyOf(p))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // the browser left; nobody is left to tell
}

// policyOf allows a page its own style, its form, and the one script that sends a
// form at once. Browsers apply form-action to redirects too, so the client's origin
// is among the places.
func policyOf(p page) string {
	policy := "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
	if p.Script {
		sum := sha256.Sum256([]byte(sendScript))
		policy += "; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	u, err := url.Parse(p.back)
	switch {
	case p.Action == "":
		return policy + "; form-action 'none'"
	case err == nil && (u.Scheme == "http" || u.Scheme == "https"):
		return policy + "; form-action 'self' " + u.Scheme + "://" + u.Host
	case p.back == "":
		return policy + "; form-action 'self'"
	}
	return policy // a scheme of the client's own, which the policy has no safe form for
}

const sendScript = `document.forms[0].submit()`

func pageTemplate() *template.Template {
	return template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}} – Provisor</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem;color:#1b2430}h1{font-size:1.4rem}
label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #8a97a6;border-radius:.25rem}
button{font:inherit;margin:1.25rem .5rem 0 0;padding:.5rem 1.25rem;border:0;border-radius:.25rem;background:#1f5fbf;color:#fff}
button.person{display:block;width:100%;margin:.4rem 0 0;text-align:left;background:#eef1f5;color:inherit}button.other{background:#eef1f5;color:inherit}
small{display:block;opacity:.75}.fault{color:#b3261e}
@media(prefers-color-scheme:dark){body{background:#10151d;color:#dbe4ef}input,button.person,button.other{background:#1e2733;color:inherit}.fault{color:#ff8a80}}</style>
<h1>{{.Title}}</h1>{{with .Text}}<p>{{.}}</p>{{end}}{{with .Fault}}<p class="fault" role="alert">{{.}}</p>{{end}}
{{if .Action}}<form method="post" action="{{.Action}}">{{range .Hidden}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">{{end}}
{{if .Code}}<label for="code">Code</label><input id="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus>{{end}}
{{if .Sign}}<label for="user">Account</label><input id="user" name="provisor-user" value="{{.Name}}" autocomplete="username" spellcheck="false" required>
<label for="password">Password</label><input id="password" name="provisor-password" type="password" autocomplete="current-password" required>{{end}}
{{range .People}}<button class="person" name="provisor-user" value="{{.PrincipalName}}">{{.Name}}<small>{{.PrincipalName}}</small></button>{{end}}
{{with .Button}}<button>{{.}}</button>{{end}}{{with .Other}}<button class="other" name="{{index . 0}}" value="{{index . 1}}" formnovalidate>{{index . 2}}</button>{{end}}
</form>{{if .Script}}<script>` + sendScript + `</script>{{end}}{{end}}</html>
`))
}

// showSignIn asks who the person is; err says why it asks again.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, a *authorization, err error) {
	p := page{
		Title: "Sign in", Text: "to continue to " + a.client.Name, Action: "/" + a.segment + "/login", back: a.redirect.URI,
		Hidden: fields(a.form, nameField, passwordField, versionField),
		Name:   a.form.Get("login_hint"),
	}
	p.Hidden = append(p.Hidden, field{versionField, a.version.claim()})
	if typed := a.form.Get(nameField); typed != "" {
		p.Name = typed
	}
	s.askWho(w, r, a.asked, p, err)
}

// askWho completes a page by the fields that say who the person is.
func (s *Server) askWho(w http.ResponseWriter, r *http.Request, a asked, p page, err error) {
	status := http.StatusOK
	if err != nil {
		f := s.note(r, err)
		status, p.Fault = f.status(), f.text
	}
	if !s.cfg.Pick {
		p.Sign, p.Button = true, "Sign in"
		s.show(w, r, status, p)
		return
	}
	people, err := s.cfg.Users.Users(r.Context(), a.tenant)
	if err != nil {
		s.showFailure(w, r, err)
		return
	}
	p.Text += ". Choose who you are: this service was started with --sign-in pick and asks for no password."
	p.People = people
	if len(people) == 0 {
		p.Fault = "There are no people in the directory yet. Create one: POST /users."
	}
	s.show(w, r, status, p)
}

// showFailure tells a person what went wrong when no client can be told.
func (s *Server) showFailure(w http.ResponseWriter, r *http.Request, err error) {
	f := s.note(r, err)
	status := f.status()
	if status == http.StatusUnauthorized {
		status = http.StatusBadRequest // a browser would ask for a password of its own
	}
	s.show(w, r, status, page{Title: "Sign-in is not possible", Fault: f.Error()})
}

// note leaves a line in the log about a sign-in that failed.
func (s *Server) note(r *http.Request, err error) *failure {
	f := asFailure(err)
	s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "sign-in refused",
		slog.String("client_request_id", correlationID(r)), slog.Int("number", f.number), slog.Any("err", err))
	return f
}

// failed is what the client learns of a failure (RFC 6749 section 4.1.2.1).
func (s *Server) failed(r *http.Request, err error) url.Values {
	f := s.note(r, err)
	return url.Values{"error": {f.code}, "error_description": {f.Error()}}
}

// sendBack sends the person to the client with an answer, in the mode that the
// client asked for (OAuth 2.0 Multiple Response Type Encoding Practices).
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, a *authorization, answer url.Values) {
	if state := a.form.Get("state"); state != "" {
		answer.Set("state", state)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if a.mode == "form_post" {
		s.show(w, r, http.StatusOK, page{
			Title: "Signed in", Text: "Going on to " + a.client.Name + ".", Action: a.redirect.URI, back: a.redirect.URI,
			Hidden: fields(answer), Button: "Go on", Script: true,
		})
		return
	}
	u, err := url.Parse(a.redirect.URI)
	if err != nil {
		s.showFailure(w, r, fault(invalidRequest, 50011, "The redirect URI '%s' is no URI.", shown(a.redirect.URI)))
		return
	}
	if a.mode == "fragment" {
		u.Fragment, u.RawFragment = "", ""
		w.Header().Set("Location", u.String()+"#"+answer.Encode())
	} else {
		query := u.Query()
		for name := range answer {
			query.Set(name, answer.Get(name))
		}
		u.RawQuery = query.Encode()
		w.Header().Set("Location", u.String())
	}
	w.WriteHeader(http.StatusSeeOther)
}
