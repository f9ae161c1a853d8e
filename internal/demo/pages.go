package demo

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/provisor/provisor/internal/scim"
)

// pageText holds the pages of the application. They need no script.
const pageText = `{{define "head"}}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Demonstration application</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d0d7de}
th{border-bottom:2px solid #57606a}
.off{color:#82071e}.note{color:#57606a}
button{font:inherit;padding:.4rem 1.2rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}.off{color:#ff7b72}.note{color:#8b949e}}
</style></head><body><h1>Demonstration application</h1>{{end}}

{{define "directory"}}{{template "head"}}
<p class="note">What has been provisioned into this application so far. Reload to see it grow.</p>
<h2>{{len .Groups}} groups</h2>
<table><thead><tr><th>Group</th><th>Members</th></tr></thead><tbody>
{{range .Groups}}<tr><td>{{.Name}}</td><td>{{.Members}}</td></tr>
{{end}}</tbody></table>
<h2>{{.Total}} users</h2>
<table><thead><tr><th>Name</th><th>User name</th><th>Title</th><th>Department</th><th>Manager</th><th>Active</th></tr></thead><tbody>
{{range .Users}}<tr><td>{{.Name}}</td><td>{{.UserName}}</td><td>{{.Title}}</td><td>{{.Department}}</td><td>{{.Manager}}</td>
<td>{{if .Active}}yes{{else}}<span class="off">no</span>{{end}}</td></tr>
{{end}}</tbody></table>
{{if lt (len .Users) .Total}}<p class="note">The first {{len .Users}} by name.</p>{{end}}</body></html>{{end}}

{{define "consent"}}{{template "head"}}
<h2>Let Provisor in?</h2>
<p>The client <b>{{.Client}}</b> asks to create, change and delete users and groups here.</p>
<form method="post" action="authorize">
{{range $name, $values := .Query}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}
<button>Allow</button></form></body></html>{{end}}

{{define "problem"}}{{template "head"}}
<h2>That did not work</h2><p>{{.}}</p></body></html>{{end}}`

type userRow struct {
	Name, UserName, Title, Department, Manager string
	Active                                     bool
}

type groupRow struct {
	Name    string
	Members int
}

// shownUsers is how many users the page lists.
const shownUsers = 1000

type directoryPage struct {
	Users  []userRow
	Total  int // users that there are
	Groups []groupRow
}

// showDirectory is the page with everybody who was provisioned.
func (a *Application) showDirectory(w http.ResponseWriter, _ *http.Request) {
	users, groups := a.directory.Snapshot()
	names := make(map[string]string, len(users))
	for _, u := range users {
		names[u.ID()] = text(u, "displayName")
	}
	page := directoryPage{Total: len(users)}
	for _, u := range users {
		active, _ := u.Get("active")
		on, said := active.(bool)
		manager, _ := u.Get(scim.EnterpriseUserURN + ":manager")
		id, _ := scim.ReferenceID(manager)
		page.Users = append(page.Users, userRow{
			Name: text(u, "displayName"), UserName: text(u, "userName"), Title: text(u, "title"),
			Department: text(u, scim.EnterpriseUserURN+":department"), Manager: names[id], Active: on || !said,
		})
	}
	for _, g := range groups {
		page.Groups = append(page.Groups, groupRow{Name: text(g, "displayName"), Members: len(g.MemberIDs())})
	}
	slices.SortFunc(page.Users, func(a, b userRow) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(page.Groups, func(a, b groupRow) int { return cmp.Compare(a.Name, b.Name) })
	page.Users = page.Users[:min(len(page.Users), shownUsers)]
	show(w, http.StatusOK, "directory", page)
}

func showConsent(w http.ResponseWriter, query url.Values) {
	show(w, http.StatusOK, "consent", struct {
		Client string
		Query  url.Values
	}{query.Get("client_id"), query})
}

func showProblem(w http.ResponseWriter, what string) { show(w, http.StatusBadRequest, "problem", what) }

func show(w http.ResponseWriter, status int, page string, data any) {
	pages, err := template.New("").Parse(pageText)
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = pages.ExecuteTemplate(w, page, data) // the reader went away; nobody is left to tell
}

func text(r scim.Resource, path string) string {
	v, _ := r.Get(path)
	s, _ := v.(string) // another type is shown as nothing
	return s
}
