package issuer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// from sends the page of device codes as it comes from an address.
func (w *world) from(t *testing.T, address string, form url.Values) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+"/devicelogin", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = address
	answer := httptest.NewRecorder()
	w.Config.Handler.ServeHTTP(answer, r)
	return answer.Body.String()
}

// typesWrong is the sign-in page of a device, filled in with a wrong password.
func (*world) typesWrong(user string) url.Values {
	return url.Values{"user_code": {user}, "provisor-user": {adaName}, "provisor-password": {"wrong"}}
}

const wrongPassword, locked = "The account or the password is incorrect", "The account is locked"

// TestGuessesAtOnce: those who guess in parallel get no further than those who guess
// one after the other.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	_, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	var (
		together        sync.WaitGroup
		guessed, denied atomic.Int64
	)
	for range 40 {
		together.Go(func() {
			switch text := w.from(t, "192.0.2.1:1", w.typesWrong(user)); {
			case strings.Contains(text, wrongPassword):
				guessed.Add(1)
			case strings.Contains(text, locked), strings.Contains(text, "Too many wrong codes"): // by either limit
				denied.Add(1)
			default:
				t.Error(text)
			}
		})
	}
	together.Wait()
	if guessed.Load() != 10 || denied.Load() != 30 {
		t.Errorf("%d guesses, %d denied", guessed.Load(), denied.Load())
	}
}

// TestGuessesFromEverywhere: many addresses have a limit together.
func TestGuessesFromEverywhere(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	_, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	for i := range 100 {
		if text := w.from(t, fmt.Sprintf("192.0.2.%d:1", i), w.typesWrong(user)); !strings.Contains(text, wrongPassword) {
			t.Fatalf("guess %d: %s", i, text)
		}
	}
	if text := w.from(t, "192.0.2.200:1", w.typesWrong(user)); !strings.Contains(text, locked) {
		t.Error(text)
	}
}

// TestAStrangerLocksNobodyOut: who guesses from elsewhere is stopped, the person is
// not.
func TestAStrangerLocksNobodyOut(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	device, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	for range 10 {
		w.from(t, "[2001:db8::1]:1", w.typesWrong(user))
	}
	if text := w.from(t, "[2001:db8::2]:1", w.typesWrong(user)); !strings.Contains(text, locked) {
		t.Errorf("a neighbouring address of the same subscriber: %s", text)
	}
	form := adaTypes()
	form.Set("user_code", user)
	if text := w.from(t, "192.0.2.1:1", form); !strings.Contains(text, "You have signed in") {
		t.Error(text)
	}
	if got := w.poll(t, device); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

// TestDeviceCodesOfOthers: wrong codes lock the page for who enters them only, and
// right ones do not let anybody go on guessing.
func TestDeviceCodesOfOthers(t *testing.T) {
	t.Parallel()

	const page, tooMany = "Sign in a device", "Too many wrong codes"
	w := newPeople(t)
	_, user := w.started(t, "/common/oauth2/v2.0/devicecode")
	for range 10 {
		w.from(t, "192.0.2.1:1", url.Values{"user_code": {user}})
		w.from(t, "192.0.2.1:2", url.Values{"user_code": {"BBBBBBBBB"}})
	}
	if text := w.from(t, "192.0.2.1:3", url.Values{"user_code": {user}}); !strings.Contains(text, tooMany) {
		t.Error(text)
	}
	if text := w.from(t, "192.0.2.2:1", url.Values{"user_code": {user}}); strings.Contains(text, tooMany) || !strings.Contains(text, page) {
		t.Error(text)
	}
	w.clock.advance(time.Minute)
	if text := w.from(t, "192.0.2.1:3", url.Values{"user_code": {user}}); strings.Contains(text, tooMany) {
		t.Error(text)
	}
}
