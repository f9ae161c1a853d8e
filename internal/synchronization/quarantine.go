package synchronization

import "time"

// The members of quarantineReason that cycles use.
const (
	ReasonBaseEscrows   = "EncounteredBaseEscrowThreshold"
	ReasonTotalEscrows  = "EncounteredTotalEscrowThreshold"
	ReasonProportion    = "EncounteredEscrowProportionThreshold"
	ReasonException     = "EncounteredQuarantineException"
	ReasonOnDemand      = "QuarantinedOnDemand"
	ReasonTooManyDelete = "TooManyDeletes"
)

// The failures of one cycle that put its job into quarantine.
const (
	// proportionFloor is how many must fail before their share counts.
	proportionFloor = 5_000
	// proportion is the share of failures, in percent, that must be exceeded.
	proportion = 40
	// baseEscrows is exceeded by failures of objects, whatever their share.
	baseEscrows = 40_000
	// totalEscrows is exceeded by failures of objects and of their references.
	totalEscrows = 60_000
)

// Patience is how long a failure is tried again before it is given up, and a
// quarantined job before it is disabled.
const Patience = 28 * 24 * time.Hour

// QuarantineReason returns why the failures of the cycle put its job into quarantine,
// or "".
func (c Cycle) QuarantineReason() string {
	switch {
	case c.Failed >= proportionFloor && c.Failed*100 > proportion*(c.Failed+c.Succeeded):
		return ReasonProportion
	case c.Failed > baseEscrows:
		return ReasonBaseEscrows
	case c.Failed+c.FailedReferences > totalEscrows:
		return ReasonTotalEscrows
	default:
		return ""
	}
}

// RetryAt returns when something that failed first at first is tried again after a
// failure at now: 6, 12 and 24 hours after the first one, then every 24 hours. It
// returns false when 28 days have passed: it is given up.
func RetryAt(first, now time.Time) (time.Time, bool) {
	if now.Sub(first) >= Patience {
		return time.Time{}, false
	}
	for _, after := range []time.Duration{6 * time.Hour, 12 * time.Hour} {
		if now.Sub(first) < after {
			return first.Add(after), true
		}
	}
	const day = 24 * time.Hour
	return first.Add(now.Sub(first).Truncate(day) + day), true
}

// attemptAfter returns when a quarantined job is tried again: soon after the first
// failure, for what an administrator mends at once, and then as seldom as an object.
func attemptAfter(began, now time.Time, interval time.Duration) time.Time {
	for _, after := range []time.Duration{5 * time.Minute, interval} {
		if now.Sub(began) < after {
			return began.Add(after)
		}
	}
	at, _ := RetryAt(began, now)
	return at
}

// Quarantined puts j into quarantine, or keeps it there: it is tried ever less often,
// and disabled after 28 days.
func (j Job) Quarantined(reason string, fault ExecutionError, now time.Time) Job {
	q := QuarantineState{SeriesBegan: now}
	if j.Status.Quarantine != nil {
		q = *j.Status.Quarantine
	}
	q.Reason, q.Error, q.CurrentBegan = reason, &fault, now
	q.SeriesCount++
	j.Status.Quarantine = &q
	if now.Sub(q.SeriesBegan) >= Patience {
		return j.disabled()
	}
	q.NextAttempt = attemptAfter(q.SeriesBegan, now, j.Schedule.Interval)
	if j.Schedule.State == ScheduleActive {
		j.Status.Code, j.NextRun = Quarantine, q.NextAttempt
	}
	return j
}

// disabled ends the scheduling of a job that has failed for too long. Start makes it
// run again.
func (j Job) disabled() Job {
	j.Status.Quarantine.NextAttempt = time.Time{}
	j.Schedule.State, j.Status.Code, j.NextRun = ScheduleDisabled, Quarantine, time.Time{}
	return j
}

// Mended lifts a quarantine that was for credentials or for the application's
// answers, after the application was seen to answer well. The job is due at once.
func (j Job) Mended(now time.Time) Job {
	q := j.Status.Quarantine
	if q == nil || q.Reason != ReasonException && q.Reason != ReasonOnDemand {
		return j
	}
	j.Status.Quarantine = nil
	if j.Schedule.State == ScheduleActive {
		j.Status.Code, j.NextRun = Active, now
	}
	return j
}

// Recheck makes the next attempt of a job that is in quarantine for its credentials
// due at once: they were changed. The quarantine lasts until it succeeds.
func (j Job) Recheck(now time.Time) Job {
	q := j.Status.Quarantine
	if q == nil || j.Schedule.State != ScheduleActive || q.Reason != ReasonException && q.Reason != ReasonOnDemand {
		return j
	}
	next := *q
	next.NextAttempt = now
	j.Status.Quarantine, j.NextRun = &next, now
	return j
}

// hopeless reports whether a fault is of a kind that time does not mend: there are no
// credentials that hold, or the application does not speak SCIM.
func (e ExecutionError) hopeless() bool {
	switch e.Code {
	case "CredentialsMissing", "InvalidCredentials",
		"SystemForCrossDomainIdentityManagementInvalidCredentials",
		"SystemForCrossDomainIdentityManagementServiceIncompatible":
		return true
	default:
		return false
	}
}
