package sqlstore

import (
	"crypto/sha256"
	"fmt"
	"strconv"
)

// An entry without ids of its own has two that are made of its key, so that they need
// neither a column nor an index: GUIDs of version 8 (RFC 9562, section 5.8) that begin
// with the key. Their tails are made of the cycle's id, which is random, and are the
// same for all entries of a cycle.

// idTails returns the tails of an entry's id and of its changeId.
func idTails(tenant, cycle string) (id, change string) { //nolint:nonamedreturns // two values of one type
	sum := sha256.Sum256([]byte(tenant + "\n" + cycle))
	return idTail(sum[:10]), idTail(sum[10:20])
}

// idTail writes ten bytes as the last 23 characters of a GUID.
func idTail(b []byte) string {
	const version, variant = 0x80, 0x80
	return fmt.Sprintf("%02x%02x-%02x%02x-%x", version|b[0]&0x0f, b[1], variant|b[2]&0x3f, b[3], b[4:])
}

// keyDigits is how many hexadecimal digits of an id are the key.
const keyDigits = 12

// madeID returns the id that a key and a tail make.
func madeID(key int64, tail string) string {
	return fmt.Sprintf("%08x-%04x-%s", key>>16, key&0xffff, tail)
}

// partsOfID undoes [madeID]; false for an id that it cannot have made.
func partsOfID(id string) (int64, string, bool) {
	const head = keyDigits + 2
	if len(id) != 36 {
		return 0, "", false
	}
	key, err := strconv.ParseInt(id[:8]+id[9:head-1], 16, 64)
	tail := id[head:]
	return key, tail, err == nil && madeID(key, tail) == id
}
