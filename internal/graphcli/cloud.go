package graphcli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// cloud is one deployment of Microsoft Graph. The audience of its tokens is the
// endpoint itself.
type cloud struct {
	name      string
	title     string
	endpoint  string // of Graph, without version
	authority string // of its sign-in, without tenant
}

func clouds() []cloud {
	return []cloud{
		{"global", "the global service", "https://graph.microsoft.com", "https://login.microsoftonline.com"},
		{"usgov", "US Government L4", "https://graph.microsoft.us", "https://login.microsoftonline.us"},
		{"usgovdod", "US Government L5 (DOD)", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"},
		{"china", "China operated by 21Vianet", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"},
	}
}

func cloudNamed(name string) (cloud, error) {
	for _, c := range clouds() {
		if strings.EqualFold(c.name, name) {
			return c, nil
		}
	}
	return cloud{}, usagef("there is no cloud %q", name).next("give --cloud one of global, usgov, usgovdod, china")
}

// cloudAt returns the cloud whose Graph answers at the endpoint, and false for a
// service that is none of them.
func cloudAt(endpoint *url.URL) (cloud, bool) {
	all := clouds()
	i := slices.IndexFunc(all, func(c cloud) bool {
		return strings.EqualFold(strings.TrimPrefix(c.endpoint, "https://"), endpoint.Hostname())
	})
	if i < 0 {
		return cloud{}, false
	}
	return all[i], true
}

// scopeAt returns the scope that asks for every permission granted at a Graph.
func scopeAt(endpoint *url.URL) string {
	return strings.TrimSuffix(endpoint.String(), "/") + "/.default"
}

// refuseWhereAbsent answers for the service when it is known not to offer an
// operation, so that neither a secret nor a token is sent there in vain.
func refuseWhereAbsent(op operation, at cloud) error {
	if !slices.Contains(op.absentIn, at.name) {
		return nil
	}
	return &Failure{
		Status: 0,
		Next:   "use --cloud global, usgov or usgovdod, or a Provisor of your own with --graph-endpoint or --bootstrap-file.",
		Err: errs.New(errs.NotImplemented, http.StatusText(http.StatusNotImplemented),
			"%s is not offered in the cloud %q (%s). Nothing was sent.", op.name(), at.name, at.title),
	}
}
