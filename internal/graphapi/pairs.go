package graphapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// maxSecret bounds one value. Keys in PEM and long tokens stay far below.
const maxSecret = 64 << 10

// pairs reads a collection of synchronizationSecretKeyStringValuePair from a
// member of a body. Further members of the body and of the entries, which clients
// may send, are ignored; member names are read ignoring case.
//
// An entry without key gives nothing, be it alone, as in the published example, or
// among others; so does the key None, which stands for no key. An unknown key, one
// that is given twice, a value that is no string or too long is errs.Invalid, and
// the message names the entry.
type pairs struct {
	member string // such as "credentials"
	valued bool   // a key comes with its value
	given  []Given
	at     map[synchronization.Secret]int
}

// readPairs reads the first of the members that the body has. A body without any
// gives nothing.
func readPairs(body []byte, members ...string) ([]Given, error) {
	p := pairs{at: map[synchronization.Secret]int{}}
	return p.of(body, members)
}

// readReplacement is readPairs for a collection that takes the place of what is stored.
// There, a key without member value is errs.Invalid: taken for one to be removed, it
// would remove that secret with all that are not named.
func readReplacement(body []byte, members ...string) ([]Given, error) {
	p := pairs{at: map[synchronization.Secret]int{}, valued: true}
	return p.of(body, members)
}

func (p *pairs) of(body []byte, members []string) ([]Given, error) {
	if len(body) == 0 {
		return nil, nil
	}
	object, err := readMembers(body)
	if err != nil {
		return nil, err
	}
	for _, member := range members {
		raw, ok := object.get(member)
		if !ok {
			continue
		}
		var entries []any
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, wrongType(member, kindOf(raw), "an array")
		}
		p.member = member
		return p.read(entries)
	}
	return nil, nil
}

func (p *pairs) read(entries []any) ([]Given, error) {
	for i, entry := range entries {
		if err := p.take(i, entry); err != nil {
			return nil, err
		}
	}
	return p.given, nil
}

// take reads one entry.
func (p *pairs) take(i int, entry any) error {
	members, ok := entry.(map[string]any)
	if !ok {
		if entry == nil {
			return nil
		}
		return p.fault(i, "", "it is a JSON %s where an object with key and value is expected", jsonKind(entry))
	}
	key, err := p.text(i, members, "key")
	if err != nil {
		return err
	}
	value, err := p.text(i, members, "value")
	if err != nil || key == nil || *key == "" {
		return err
	}
	secret, err := synchronization.ParseSecret(*key)
	if err != nil {
		return p.fault(i, "key", "%s", strings.TrimSuffix(visible(err).Message, "."))
	}
	if secret == synchronization.SecretNone {
		return nil
	}
	if first, twice := p.at[secret]; twice {
		return p.fault(i, "key", "the key %s is given already by %s[%d]", secret, p.member, first)
	}
	if p.valued && !hasMember(members, "value") {
		return p.fault(i, "value", "the key %s is given without a value, and what is sent replaces all that is stored. Give its value, \"*\" to keep the one that is stored, or \"\" to remove it", secret)
	}
	p.at[secret] = i
	p.given = append(p.given, Given{Key: secret, Value: value})
	return nil
}

// text returns a member that must be a string when it is there.
func (p *pairs) text(i int, members map[string]any, name string) (*string, error) {
	value := memberNamed(members, name)
	if value == nil {
		return nil, nil
	}
	text, ok := value.(string)
	if !ok {
		return nil, p.fault(i, name, "it is a JSON %s where a string is expected", jsonKind(value))
	}
	if len(text) > maxSecret {
		return nil, p.fault(i, name, "it is longer than %d bytes", maxSecret)
	}
	return &text, nil
}

func hasMember(members map[string]any, name string) bool {
	for candidate := range members {
		if strings.EqualFold(candidate, name) {
			return true
		}
	}
	return false
}

// memberNamed finds a member ignoring case, preferring the exact name; of several
// others it takes the first by name. The zero value is none.
func memberNamed[T any](members map[string]T, name string) T {
	if value, ok := members[name]; ok {
		return value
	}
	var value T
	for _, candidate := range slices.Sorted(maps.Keys(members)) {
		if strings.EqualFold(candidate, name) {
			return members[candidate]
		}
	}
	return value
}

func (p *pairs) fault(i int, member, format string, args ...any) error {
	target := fmt.Sprintf("%s[%d]", p.member, i)
	if member != "" {
		target += "." + member
	}
	return errs.New(errs.Invalid, "RequestParameterInvalid", "%s: %s.", target, fmt.Sprintf(format, args...)).WithTarget(target)
}

// members are those of a JSON object, not read yet.
type members map[string]json.RawMessage

func readMembers(body []byte) (members, error) {
	var m members
	if err := json.Unmarshal(body, &m); err != nil || m == nil {
		return nil, wrongType("", kindOf(body), "an object")
	}
	return m, nil
}

// get finds a member ignoring case; null is as good as absent.
func (m members) get(name string) (json.RawMessage, bool) {
	raw := memberNamed(m, name)
	return raw, raw != nil && string(raw) != "null"
}

func kindOf(raw []byte) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "text"
	}
	return jsonKind(v)
}

// Given is one key that a request gives; a nil Value gives the key without value.
type Given struct {
	Key   synchronization.Secret
	Value *string
}
