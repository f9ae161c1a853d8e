package identity

import (
	"slices"
	"strings"
)

// GraphAppID is the application id of Microsoft Graph itself: the resource that
// tokens for this service are meant for.
const GraphAppID = "00000003-0000-0000-c000-000000000000"

// AdministratorName is the uniqueName of the application that the first start makes.
// People find it by this name, the program does not: it is kept for that application
// alone, but a name says nothing about who has it.
const AdministratorName = "provisor-administrator"

// PersonalTenantID is the tenant of all personal Microsoft accounts.
const PersonalTenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Audiences returns the names under which a token may mean this service: Graph's
// own, and each of more with and without a trailing slash, since clients write the
// same resource either way. Callers pass the service's own base URLs.
func Audiences(more ...string) []string {
	all := []string{GraphAppID}
	for _, a := range append([]string{"https://graph.microsoft.com"}, more...) {
		bare := strings.TrimRight(a, "/")
		for _, form := range []string{bare, bare + "/"} {
			if !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	return all
}
