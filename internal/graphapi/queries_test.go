package graphapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// crowd fills the directory with five people, three groups and two applications.
func crowd(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for _, u := range []string{
		`"displayName":"Ada O'Neil","userPrincipalName":"ada@contoso.example","mailNickname":"ada","accountEnabled":true,"department":"Sales","employeeId":"7","mail":"ada@mail.example"`,
		`"displayName":"Bob","userPrincipalName":"bob@contoso.example","mailNickname":"bob","accountEnabled":true,"department":"Sales","employeeId":"10"`,
		`"displayName":"Cid","userPrincipalName":"cid@contoso.example","mailNickname":"cid","accountEnabled":false,"department":"IT"`,
		`"displayName":"Dora","userPrincipalName":"dora@contoso.example","mailNickname":"dora","accountEnabled":true`,
		`"displayName":"Éva","userPrincipalName":"eva@contoso.example","mailNickname":"eva","accountEnabled":false,"department":"it","userType":"Guest"`,
	} {
		w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/users", "{"+u+"}")
	}
	for _, g := range []string{
		`"displayName":"All Sales","mailNickname":"sales","mailEnabled":false,"securityEnabled":true`,
		`"displayName":"All IT","mailNickname":"it","mailEnabled":false,"securityEnabled":true,"description":"computers"`,
		`"displayName":"Writers","mailNickname":"w","mailEnabled":true,"securityEnabled":false,"groupTypes":["Unified"]`,
	} {
		w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", "{"+g+"}")
	}
	for _, a := range []string{`"displayName":"Payroll","identifierUris":["api://payroll"],"tags":["hr"]`, `"displayName":"Printer"`} {
		app := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/applications", "{"+a+"}")
		w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals", fmt.Sprintf(`{"appId":%q,"tags":["WindowsAzureActiveDirectoryIntegratedApp"]}`, app["appId"]))
	}
	return w
}

// names asks for a list and returns the display names, in order, over all pages.
func (w *world) names(t *testing.T, set, query string) []string {
	t.Helper()
	var names []string
	next := "/v1.0/" + set + "?" + query
	for range 20 {
		if next == "" {
			return names
		}
		answer := w.want(t, http.StatusOK, http.MethodGet, next, "")
		list, _ := answer["value"].([]any)
		for _, element := range list {
			object, _ := element.(map[string]any)
			names = append(names, fmt.Sprint(object["displayName"]))
		}
		link, _ := answer["@odata.nextLink"].(string)
		next = strings.TrimPrefix(link, "https://provisor.test")
	}
	t.Fatal("the pages do not end")
	return nil
}

// TestQueries: filter, order, search and paging through the real database.
func TestQueries(t *testing.T) {
	t.Parallel()

	w := crowd(t)
	for _, c := range []struct{ query, want string }{
		{"users", "Ada O'Neil,Bob,Cid,Dora,Éva"},
		{"users?$filter=displayName eq 'Ada O''Neil'", "Ada O'Neil"},
		{"users?$filter=displayName eq 'ada o''neil'", "Ada O'Neil"},
		{"users?$filter=department eq 'IT'", "Cid,Éva"},
		{"users?$filter=department ne 'Sales'", "Cid,Dora,Éva"},
		{"users?$filter=department eq null", "Dora"},
		{"users?$filter=department ne null", "Ada O'Neil,Bob,Cid,Éva"},
		{"users?$filter=accountEnabled eq false", "Cid,Éva"},
		{"users?$filter=not(accountEnabled eq false)", "Ada O'Neil,Bob,Dora"},
		{"users?$filter=startswith(displayName,'d') or startsWith(mail,'ada@')", "Ada O'Neil,Dora"},
		{"users?$filter=endswith(userPrincipalName,'@contoso.example') and accountEnabled eq true and department eq 'Sales'", "Ada O'Neil,Bob"},
		{"users?$filter=userPrincipalName in ('bob@contoso.example','cid@contoso.example','x')", "Bob,Cid"},
		{"users?$filter=(department eq 'Sales' or department eq 'IT') and not(displayName eq 'Bob')", "Ada O'Neil,Cid,Éva"},
		{"users?$filter=displayName ge 'Cid'", "Cid,Dora,Éva"},
		{"users?$orderby=displayName desc", "Éva,Dora,Cid,Bob,Ada O'Neil"},
		{"users?$orderby=userPrincipalName&$top=2", "Ada O'Neil,Bob,Cid,Dora,Éva"},
		{"users?$top=1&$filter=accountEnabled eq true", "Ada O'Neil,Bob,Dora"},
		{"users?$search=\"displayName:dor\"", "Dora"},
		{`users?$search="displayName:dor" OR "displayName:cid"`, "Cid,Dora"},
		{`users?$search="displayName:ada" AND "mail:ada"&$filter=accountEnabled eq true`, "Ada O'Neil"},
		{`users?$search="mail:nobody" OR "department:sal"`, "Ada O'Neil,Bob"},
		{"groups?$filter=startswith(displayName,'All')", "All Sales,All IT"},
		{"groups?$filter=securityEnabled eq false", "Writers"},
		{"groups?$filter=groupTypes/any(c:c eq 'Unified')", "Writers"},
		{"groups?$filter=mailNickname eq 'it'", "All IT"},
		{"groups?$orderby=displayName", "All IT,All Sales,Writers"},
		{"applications?$filter=displayName eq 'Payroll'", "Payroll"},
		{"applications?$filter=startswith(displayName,'P')&$orderby=displayName desc", "Printer,Payroll"},
		{"applications?$filter=identifierUris/any(u:u eq 'api://payroll')", "Payroll"},
		{"applications?$filter=tags/any(t:t eq 'hr')", "Payroll"},
		{"servicePrincipals?$filter=displayName eq 'Payroll'", "Payroll"},
		{"servicePrincipals?$filter=appId eq '" + appIDOf(adminSP) + "'", "admin"},
		{"servicePrincipals?$filter=servicePrincipalNames/any(n:n eq 'api://payroll')", "Payroll"},
		{"servicePrincipals?$filter=tags/any(t:t eq 'WindowsAzureActiveDirectoryIntegratedApp')&$orderby=displayName", "Payroll,Printer"},
		{"servicePrincipals?$filter=startswith(displayName,'p')&$top=1&$orderby=displayName", "Payroll,Printer"},
	} {
		set, query, _ := strings.Cut(c.query, "?")
		got := w.names(t, set, query)
		want := strings.Split(c.want, ",")
		if !strings.Contains(query, "$orderby") {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", c.query, got, want)
		}
	}
}

// TestQueriesAgree: a list, its @odata.count and $count tell of the same objects.
func TestQueriesAgree(t *testing.T) {
	t.Parallel()

	w := crowd(t)
	for set, filter := range map[string]string{
		"users": "accountEnabled eq true", "groups": "startswith(displayName,'all')",
		"applications": "startswith(displayName,'p')", "servicePrincipals": "startswith(displayName,'p')",
	} {
		query := "$filter=" + url.QueryEscape(filter)
		answer := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/"+set+"?$count=true&$top=1&"+query, "")
		all := w.names(t, set, query)
		if n := fmt.Sprint(len(all)); fmt.Sprint(answer["@odata.count"]) != n || w.do(t, "admin", http.MethodGet, "/v1.0/"+set+"/$count?"+query, "").Body.String() != n {
			t.Errorf("%s: %d objects, @odata.count %v", set, len(all), answer["@odata.count"])
		}
	}
}

// TestSelect: what was selected and the id come, and nothing else.
func TestSelect(t *testing.T) {
	t.Parallel()

	w := crowd(t)
	for query, want := range map[string]string{
		"users?$select=displayName,department&$filter=mailNickname eq 'bob'":                       `[{"department":"Sales","displayName":"Bob","id":"*"}]`,
		"users?$select=MAIL&$filter=mailNickname eq 'ada'":                                         `[{"id":"*","mail":"ada@mail.example"}]`,
		"groups?$select=groupTypes&$filter=mailNickname eq 'w'":                                    `[{"groupTypes":["Unified"],"id":"*"}]`,
		"applications?$select=tags&$filter=displayName eq 'Payroll'":                               `[{"id":"*","tags":["hr"]}]`,
		"servicePrincipals?$select=appDisplayName,accountEnabled&$filter=displayName eq 'Payroll'": `[{"accountEnabled":true,"appDisplayName":"Payroll","id":"*"}]`,
	} {
		answer := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/"+query, "")
		list, _ := answer["value"].([]any)
		for _, element := range list {
			if object, ok := element.(map[string]any); ok && object["id"] != nil {
				object["id"] = "*"
			}
		}
		if got := jsonOf(t, list); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
}

// TestQueriesRefused: what cannot be answered is refused by name, not ignored.
func TestQueriesRefused(t *testing.T) {
	t.Parallel()

	w := crowd(t)
	for query, says := range map[string]string{
		"users?$filter=colour eq 'red'":             "colour",
		"users?$filter=displayName eq":              "filter",
		"users?$filter=displayName eq 7":            "displayName",
		"users?$orderby=colour":                     "colour",
		"users?$top=0":                              "page size",
		"users?$top=1000":                           "page size",
		"users?$top=x":                              "page size",
		"users?$skiptoken=x":                        "$skiptoken",
		"users?$orderby=department,displayName":     "one property",
		"users?$select=colour":                      "colour",
		`users?$search="colour:red"`:                "colour",
		"users?$expand=colour":                      "colour",
		"users?$apply=groupby((department))":        "$apply",
		"groups?$filter=members/any(m:m/id eq 'x')": "members",
	} {
		rec := w.do(t, "admin", http.MethodGet, "/v1.0/"+query, "")
		if _, message, _ := fault(t, rec); rec.Code != http.StatusBadRequest || !strings.Contains(strings.ToLower(message), strings.ToLower(says)) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}
