package app

import "github.com/google/uuid"

// nextID makes GUIDs that ascend with time (RFC 9562, section 5.7): what is recorded by
// the hundred has several indexes, and each of them then grows at one end. They name
// things and are no secrets.
func nextID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.NewString()
	}
	return id.String()
}
