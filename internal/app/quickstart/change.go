package quickstart

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/watch"
)

// person is what the quickstart reads of a user of the directory.
type person struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName"`
	GivenName         string `json:"givenName"`
	Surname           string `json:"surname"`
	JobTitle          string `json:"jobTitle"`
	Department        string `json:"department"`
	EmployeeID        string `json:"employeeId"`
	Mail              string `json:"mail"`
	AccountEnabled    *bool  `json:"accountEnabled"`
	Manager           *struct {
		ID string `json:"id"`
	} `json:"manager"`
}

// enabled reports whether the account may be used; unless told otherwise it may.
func (p person) enabled() bool { return p.AccountEnabled == nil || *p.AccountEnabled }

const personProperties = "id,userPrincipalName,displayName,givenName,surname,jobTitle,department,employeeId,mail,accountEnabled"

// change is one edit of one person.
type change struct {
	property, before string
	after            any
}

// changes are what happens to the first, the second and the third person.
func changes(position int, p person) []change {
	switch position {
	case 0:
		return []change{{"jobTitle", p.JobTitle, strings.TrimSpace("Principal " + p.JobTitle)}}
	case 1:
		return []change{
			{"department", p.Department, "Research"},
			{"surname", p.Surname, strings.Trim(p.Surname+"-Example", "-")},
			{"displayName", p.DisplayName, p.DisplayName + "-Example"},
		}
	default:
		return []change{{"accountEnabled", "true", false}}
	}
}

// changedPeople is how many people are changed.
const changedPeople = 3

// changePeople edits three people, runs the incremental cycle and shows what that
// sent.
func (r *run) changePeople(ctx context.Context) error {
	r.Screen.Title("5  Three people change, and the incremental cycle follows")
	rows, err := r.edit(ctx)
	if err != nil {
		return err
	}
	r.Screen.Table([]string{"PATCH /users/…", "property", "before", "after"}, rows)
	r.Screen.Say("")
	cycle, err := r.runCycle(ctx, "Incremental cycle")
	if err != nil {
		return err
	}
	return r.showDifference(ctx, cycle)
}

func (r *run) edit(ctx context.Context) ([][]string, error) {
	people, err := r.somePeople(ctx)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for i, p := range people {
		body := map[string]any{}
		for _, c := range changes(i, p) {
			body[c.property] = c.after
			rows = append(rows, []string{p.DisplayName, c.property, c.before, text(c.after)})
		}
		if err := r.graph.call(ctx, http.MethodPatch, "/users/"+p.ID, body, nil); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// somePeople returns three people whose accounts are enabled.
func (r *run) somePeople(ctx context.Context) ([]person, error) {
	query := url.Values{"$select": {personProperties}, "$filter": {"accountEnabled eq true"}, "$top": {strconv.Itoa(changedPeople)}}
	var page struct{ Value []person }
	err := r.graph.call(ctx, http.MethodGet, "/users?"+query.Encode(), nil, &page)
	return page.Value[:min(len(page.Value), changedPeople)], err
}

// showDifference shows what the incremental cycle wrote, attribute by attribute.
func (r *run) showDifference(ctx context.Context, e watch.Execution) error {
	records, _, err := r.follower().Records(ctx, e)
	if err != nil {
		return err
	}
	var rows, failures [][]string
	for _, one := range records {
		if one.Failed() {
			failures = append(failures, []string{one.Source.Name, one.Reason()})
			continue
		}
		for _, c := range one.Changed {
			rows = append(rows, []string{one.Source.Name, one.Action, shortName(c.Name), orDash(c.Old), orDash(c.New)})
		}
	}
	r.failed += int64(len(failures))
	r.Screen.Table([]string{"written", "action", "attribute", "before", "after"}, rows)
	watch.ShowFailures(r.Screen, failures)
	return nil
}

// shortName leaves the URN of the enterprise extension out of an attribute's path.
func shortName(path string) string { return strings.TrimPrefix(path, scim.EnterpriseUserURN+":") }

func orDash(value *string) string {
	if value == nil {
		return "–"
	}
	return *value
}

func text(value any) string {
	if b, ok := value.(bool); ok {
		return strconv.FormatBool(b)
	}
	s, _ := value.(string)
	return s
}
