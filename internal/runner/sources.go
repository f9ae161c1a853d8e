package runner

import (
	"context"
	"time"
)

// Sources lists what several sources have due.
type Sources []Source

// Due asks each source.
func (s Sources) Due(ctx context.Context, now time.Time, limit int) ([]Work, error) {
	var all []Work
	for _, source := range s {
		due, err := source.Due(ctx, now, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, due...)
	}
	return all, nil
}
