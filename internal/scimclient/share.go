package scimclient

import "net/url"

// Share leaves others who work on the same target their part of it: from now on at
// most one of n parts of Options.Most is under way here. It may be called from any
// goroutine while requests are.
func (c *Client) Share(n int) {
	c.slots.share(max(1, c.opts.Most/max(1, n)))
}

// share sets the most that the pace may reach.
func (s *slots) share(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.most = float64(most)
	s.pace.limit = min(s.pace.limit, s.pace.most)
	s.pass()
}

// Origin is the scheme and host of the target (RFC 6454), which several base URLs may
// have in common.
func (c *Client) Origin() string {
	origin, err := url.Parse(c.prefix)
	if err != nil {
		return c.prefix
	}
	return origin.Scheme + "://" + origin.Host
}
