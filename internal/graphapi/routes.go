package graphapi

import (
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/odata"
)

// table is the whole surface. A new resource is new rows.
func (a *API) table() []Route {
	return join(
		onBothContainers(a.synchronizationRoutes()),
		a.logRoutes(),
		a.userRoutes(),
		a.meRoutes(),
		a.groupRoutes(),
		a.applicationRoutes(),
		a.servicePrincipalRoutes(),
		a.galleryRoutes(),
		a.tenantRoutes(),
		a.grantRoutes(),
		a.roleRoutes(),
		a.subscriptionRoutes(),
		a.protocolRoutes(),
		a.ownRoutes(),
	)
}

// onBothContainers gives each row, written below "{c}", to applications and to
// servicePrincipals: two views of one state.
func onBothContainers(rows []Route) []Route {
	var both []Route
	for _, set := range []string{"applications", "servicePrincipals"} {
		for _, row := range rows {
			row.Pattern = strings.Replace(row.Pattern, "{c}", set+"/{id}", 1)
			row.subject = applicationOrSP
			if row.Versions == 0 {
				row.Versions = Both
			}
			both = append(both, row)
		}
	}
	return both
}

// graph completes rows that stand in both versions of Graph.
func graph(rows ...Route) []Route {
	for i := range rows {
		if rows[i].Versions == 0 {
			rows[i].Versions = Both
		}
	}
	return rows
}

// about completes rows with the subject that their {id} names.
func about(s subject, rows ...Route) []Route {
	for i := range rows {
		if strings.Contains(rows[i].Pattern, "{id}") {
			rows[i].subject = s
		}
	}
	return graph(rows...)
}

// join concatenates lists.
func join[T any](lists ...[]T) []T {
	var all []T
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// The options of the usual kinds of row.

func one() []odata.Option { return []odata.Option{odata.SelectOption} }

func oneExpanded() []odata.Option { return []odata.Option{odata.SelectOption, odata.ExpandOption} }

func many() []odata.Option {
	return []odata.Option{
		odata.FilterOption, odata.OrderByOption, odata.SelectOption, odata.TopOption, odata.SkipOption,
		odata.CountOption, odata.SearchOption, odata.SkipTokenOption,
	}
}

func manyExpanded() []odata.Option { return append(many(), odata.ExpandOption) }

func counting() []odata.Option { return []odata.Option{odata.FilterOption, odata.SearchOption} }

// short lists are kept in memory; they have no order but their own.
func short() []odata.Option {
	return []odata.Option{odata.FilterOption, odata.SelectOption, odata.TopOption, odata.SkipOption, odata.CountOption}
}

func shortCount() []odata.Option { return []odata.Option{odata.FilterOption} }

func expanding() []odata.Option { return []odata.Option{odata.ExpandOption} }

// assignmentOptions narrow app role assignments, which are in the order of their id.
func assignmentOptions() []odata.Option {
	return append(paging(), odata.FilterOption, odata.CountOption)
}

// changing are the options of delta.
func changing() []odata.Option {
	return []odata.Option{
		odata.SelectOption, odata.ExpandOption, odata.FilterOption, odata.TopOption, odata.SkipTokenOption, odata.DeltaTokenOption,
	}
}

func paging() []odata.Option {
	return []odata.Option{odata.SelectOption, odata.TopOption, odata.SkipTokenOption}
}

// Shorthands for the methods keep the tables readable.
const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)
