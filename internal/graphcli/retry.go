package graphcli

import (
	"net/http"
	"strconv"
	"time"
)

const (
	maxTries = 4
	maxWait  = time.Minute
)

// patience tells how long to wait before r is sent again, and whether it may be.
//
// 429 says that the request was not taken. So does 503 with Retry-After; a bare
// 503 may come from a proxy in the middle of the work, and a POST is not sent a
// second time after it. A wait of more than a minute is left to the caller.
func (o Options) patience(r request, got answer, try int) (time.Duration, bool) {
	wait, told := o.retryAfter(got.header)
	switch {
	case try >= maxTries, wait > maxWait:
		return 0, false
	case got.status == http.StatusTooManyRequests:
	case got.status == http.StatusServiceUnavailable && (told || r.method != http.MethodPost):
	default:
		return 0, false
	}
	if !told {
		wait = time.Second << (try - 1)
	}
	return wait, true
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date.
func (o Options) retryAfter(header http.Header) (time.Duration, bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(text)
	if err != nil || o.Now == nil {
		return 0, false
	}
	return max(0, date.Sub(o.Now()).Round(time.Second)), true
}
