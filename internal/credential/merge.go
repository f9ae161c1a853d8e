package credential

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// over returns template's settings under those of v under what is given. An absent
// value and "*" mean the stored one.
func (v vault) over(template Settings, given []Given) Settings {
	effective := Settings{}
	maps.Copy(effective, template)
	maps.Copy(effective, v.settings())
	for _, g := range given {
		if !g.absent() && g.Value != keep {
			effective[KeyOf(g.Key)] = g.Value
		}
	}
	maps.DeleteFunc(effective, func(_ Key, value string) bool { return value == "" })
	return effective
}

// replace makes v what a caller put: the given values and nothing else of Graph's
// keys, but for what the service made itself. "" and null drop a key, "*" keeps
// what is stored.
func (v vault) replace(given []Given) error {
	named := map[Key]Given{}
	for _, g := range given {
		if g.Key != synchronization.SecretNone {
			named[KeyOf(g.Key)] = g
		}
	}
	v.forsake(named)
	v.unlist()
	for _, g := range given {
		if g.Key == synchronization.SecretNone {
			continue
		}
		key := KeyOf(g.Key)
		if g.Null || g.Value != keep {
			v.set(key, valueOf(g))
		} else if v[key].broken != nil {
			return errs.New(errs.Invalid, invalid, "The stored value of %s cannot be read any more, so \"*\" cannot keep it. Enter it again.", key).WithTarget(string(key))
		}
		v.list(key)
	}
	return nil
}

// forsake drops what named does not name, and what a named value makes untrue.
func (v vault) forsake(named map[Key]Given) {
	another := changes(v, named, accessToken)
	if changes(v, named, secretToken) {
		delete(v, authenticates)
	}
	for key, e := range v {
		stays := key.own() || key.made() && !e.listed && e.broken == nil
		if another && (key == creationTime || key == expiration) {
			stays = false // they tell of the token before
		}
		if _, ok := named[key]; !ok && !stays {
			delete(v, key)
		}
	}
}

// changes reports whether named gives key a value that is not the stored one.
func changes(v vault, named map[Key]Given, key Key) bool {
	g, given := named[key]
	return given && !g.absent() && g.Value != keep && g.Value != v[key].value
}

func valueOf(g Given) string {
	if g.Null {
		return ""
	}
	return g.Value
}

// pairs returns what GET …/secrets shows of v, in the order in which callers gave it:
// Terraform takes another order for a change.
func (v vault) pairs() []synchronization.SecretPair {
	all := []synchronization.SecretPair{}
	for _, secret := range synchronization.Secrets() {
		e, there := v[KeyOf(secret)]
		if !there || !e.listed {
			continue
		}
		pair := synchronization.SecretPair{Key: secret, Value: e.value}
		if secret.Sensitive() {
			pair.Value = keep
		}
		all = append(all, pair)
	}
	slices.SortStableFunc(all, func(a, b synchronization.SecretPair) int { return v[KeyOf(a.Key)].place - v[KeyOf(b.Key)].place })
	return all
}

// remembered returns the template's settings of the last acquisition.
func (v vault) remembered() Settings {
	var s Settings
	if v.decode(templateUsed, &s) != nil {
		return nil // they are a default only; an unreadable one is none
	}
	return s
}

var errAbsent = errors.New("absent")

// decode reads a value that is JSON.
func (v vault) decode(key Key, into any) error {
	e, there := v[key]
	if !there {
		return errAbsent
	}
	return json.Unmarshal([]byte(e.value), into)
}

// encode stores value as JSON; nil drops the key.
func (v vault) encode(key Key, value any) error {
	if value == nil {
		delete(v, key)
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return errs.Wrap(err, errs.Internal, internalFailure, "The setting %s cannot be written.", key)
	}
	v.set(key, string(data))
	return nil
}

// keys returns the names of what is given, for the audit.
func keys(given []Given) []string {
	var names []string
	for _, g := range given {
		if g.Key != synchronization.SecretNone {
			names = append(names, g.Key.String())
		}
	}
	slices.Sort(names)
	return names
}
