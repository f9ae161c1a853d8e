package directoryimport

import (
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// reference returns the id or name that a value of JSON refers to: text, a URL
// such as https://graph.microsoft.com/v1.0/directoryObjects/{id}, or an object that
// holds one of them. Empty when it refers to nothing.
func reference(value any) string {
	switch value := value.(type) {
	case string:
		return normalReference(fromLink(strings.TrimSpace(value)))
	case map[string]any:
		for _, name := range []string{"id", "@odata.id", "userPrincipalName", "displayName"} {
			if text, _ := value[name].(string); text != "" {
				return normalReference(fromLink(text))
			}
		}
	}
	return ""
}

// fromLink returns the key at the end of a Graph URL, and other text as it is.
func fromLink(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	last := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if _, inner, ok := strings.Cut(last, "('"); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inner, "')"), "''", "'")
	}
	return last
}

// kindOfReference returns the kind that the object of a reference tells.
func kindOfReference(value any) directory.Kind {
	object, _ := value.(map[string]any)
	if odataType, _ := object["@odata.type"].(string); odataType != "" {
		kind, _ := parseKind(odataType)
		return kind
	}
	if _, ok := object["userPrincipalName"]; ok {
		return directory.User
	}
	return ""
}
