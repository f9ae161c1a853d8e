package directoryimport

import (
	"strings"
	"time"
	"unicode"

	"github.com/provisor/provisor/internal/directory"
)

// parseTruth reads the spellings of the portal, of its templates and of
// spreadsheets.
func parseTruth(value string) (bool, bool) {
	is := func(spelling string) bool { return strings.EqualFold(value, spelling) }
	switch {
	case is("true"), is("yes"), is("y"), is("1"), is("enabled"):
		return true, true
	case is("false"), is("no"), is("n"), is("0"), is("disabled"):
		return false, true
	}
	return false, false
}

// parseOrigin reads where a group comes from; true means from on-premises.
func parseOrigin(value string) (bool, bool) {
	switch keyOf(value) {
	case "cloud", "cloudonly", "azuread", "microsoftentraid", "entraid":
		return false, true
	case "windowsserverad", "onpremises", "activedirectory", "windowsserveractivedirectory":
		return true, true
	}
	return parseTruth(value)
}

// parseKind reads the type of a member as the portal or Graph spell it.
func parseKind(value string) (directory.Kind, bool) {
	value = strings.TrimPrefix(strings.TrimPrefix(value, "#"), "microsoft.graph.")
	switch keyOf(value) {
	case "user", "member", "guest":
		return directory.User, true
	case "group", "securitygroup":
		return directory.Group, true
	}
	return "", false
}

// parseInstant reads a time of the portal's export ("8/19/2021 1:25:31 PM", UTC,
// month first) or of Graph, and returns it as Graph writes it.
func parseInstant(value string) (string, bool) {
	layouts := []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly}
	if strings.Contains(value, "/") {
		layouts = []string{"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006"}
	}
	for _, layout := range layouts {
		if when, err := time.Parse(layout, value); err == nil {
			return when.UTC().Format(time.RFC3339Nano), true
		}
	}
	return "", false
}

// parseGUID returns a GUID in dashed lower-case form.
func parseGUID(value string) (string, bool) {
	value = strings.TrimSuffix(strings.TrimPrefix(value, "{"), "}")
	if len(value) != 36 {
		return "", false
	}
	for i := range len(value) {
		c := value[i]
		isDash := i == 8 || i == 13 || i == 18 || i == 23
		if isDash != (c == '-') || !isDash && !isHex(c) {
			return "", false
		}
	}
	return strings.ToLower(value), true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// normalReference spells a reference that is a GUID as ids are spelled.
func normalReference(value string) string {
	if id, ok := parseGUID(value); ok {
		return id
	}
	return value
}

// checkPrincipalName returns why a text cannot be a userPrincipalName.
func checkPrincipalName(value string) string {
	name, domain, found := strings.Cut(value, "@")
	switch {
	case value == "":
		return "a user must have a userPrincipalName"
	case !found || name == "" || domain == "" || strings.Contains(domain, "@"):
		return "is not a userPrincipalName: it must be name@domain"
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "is not a userPrincipalName: it holds a blank"
	}
	return ""
}

func splitList(value string) []any {
	items := []any{}
	for part := range strings.SplitSeq(value, ";") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, part)
		}
	}
	return items
}
