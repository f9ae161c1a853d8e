package mapping

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
)

// Digest is a fingerprint of what an update would write: every value that flows to
// a resource that exists, under the name of its attribute. Equal digests mean that
// there is nothing to send.
func (d *Desired) Digest() []byte {
	var scratch [2048]byte
	text := scratch[:0]
	for i := range d.mapping.attributes {
		if a := &d.mapping.attributes[i]; a.flow != onCreation {
			text = appendText(text, a.name)
			text = appendValue(text, d.values[i])
		}
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// appendValue writes a value so that no two different ones are written alike: a
// letter for its type, and the length of what could be of any length.
func appendValue(to []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, 'n')
	case string:
		return appendText(append(to, 's'), v)
	case bool:
		if v {
			return append(to, 't')
		}
		return append(to, 'f')
	case float64:
		return binary.BigEndian.AppendUint64(append(to, 'd'), math.Float64bits(v))
	case []any:
		to = binary.AppendUvarint(append(to, 'l'), uint64(len(v)))
		for _, item := range v {
			to = appendValue(to, item)
		}
		return to
	case map[string]any:
		to = binary.AppendUvarint(append(to, 'o'), uint64(len(v)))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			to = appendValue(appendText(to, name), v[name])
		}
		return to
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = nil // values come from JSON and from expressions, which JSON can hold
		}
		return appendText(append(to, 'j'), string(text))
	}
}

func appendText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}
