package graphapi

import (
	"cmp"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/subscription"
)

// wireSubscription is Graph's subscription.
type wireSubscription struct {
	ID                       string  `json:"id"`
	Resource                 string  `json:"resource"`
	ApplicationID            string  `json:"applicationId"`
	ChangeType               string  `json:"changeType"`
	ClientState              *string `json:"clientState"` // in the answer to its creation alone
	NotificationURL          string  `json:"notificationUrl"`
	NotificationQueryOptions *string `json:"notificationQueryOptions"`
	LifecycleURL             *string `json:"lifecycleNotificationUrl"`
	Expires                  string  `json:"expirationDateTime"`
	CreatorID                string  `json:"creatorId"`
	IncludeResourceData      bool    `json:"includeResourceData"`
	TLSVersion               string  `json:"latestSupportedTlsVersion"`
	EncryptionCertificate    *string `json:"encryptionCertificate"`
	EncryptionCertificateID  *string `json:"encryptionCertificateId"`
	NotificationURLAppID     *string `json:"notificationUrlAppId"`
}

func toWireSubscription(s subscription.Subscription) wireSubscription {
	return wireSubscription{
		ID: s.ID, Resource: s.Resource, ApplicationID: s.Application, ChangeType: s.ChangeType, NotificationURL: s.NotificationURL,
		LifecycleURL: orNull(s.LifecycleURL), Expires: odata.FormatTime(s.Expires), CreatorID: string(s.Creator), TLSVersion: s.TLSVersion,
	}
}

// sentSubscription is a subscription as a caller writes it.
type sentSubscription struct {
	Resource                 *string `json:"resource"`
	ChangeType               *string `json:"changeType"`
	ClientState              *string `json:"clientState"`
	NotificationURL          *string `json:"notificationUrl"`
	NotificationQueryOptions *string `json:"notificationQueryOptions"`
	LifecycleURL             *string `json:"lifecycleNotificationUrl"`
	Expires                  *string `json:"expirationDateTime"`
	IncludeResourceData      *bool   `json:"includeResourceData"`
	TLSVersion               *string `json:"latestSupportedTlsVersion"`
}

// required reports the first member that a new subscription lacks.
func (in sentSubscription) required() error {
	for _, member := range []struct {
		name  string
		value *string
	}{
		{"changeType", in.ChangeType}, {"notificationUrl", in.NotificationURL}, {"resource", in.Resource}, {"expirationDateTime", in.Expires},
	} {
		if member.value == nil || *member.value == "" {
			return invalidSubscription(member.name, "%s is a required property for subscription creation.", member.name)
		}
	}
	return nil
}

// offered reports what is asked for and not offered.
func (in sentSubscription) offered() error {
	switch version := in.tlsVersion(); {
	case in.IncludeResourceData != nil && *in.IncludeResourceData:
		return invalidSubscription("includeResourceData", "Notifications about this resource do not include resource data. Leave includeResourceData out, and read what changed.")
	case in.NotificationQueryOptions != nil && *in.NotificationQueryOptions != "":
		return invalidSubscription("notificationQueryOptions", "Subscriptions to this resource take no notificationQueryOptions.")
	case version != tls12 && version != "v1_3":
		return invalidSubscription("latestSupportedTlsVersion", "The latestSupportedTlsVersion '%.16s' is not called. The endpoint needs TLS 1.2 (v1_2) or TLS 1.3 (v1_3).", version)
	}
	return nil
}

// tls12 is what an endpoint supports that does not say.
const tls12 = "v1_2"

func (in sentSubscription) tlsVersion() string {
	if in.TLSVersion == nil {
		return tls12
	}
	return cmp.Or(strings.ToLower(*in.TLSVersion), tls12)
}

// until reads expirationDateTime; nil when it is not there.
func (in sentSubscription) until() (*time.Time, error) {
	if in.Expires == nil {
		return nil, nil //nolint:nilnil // nothing is asked for
	}
	t, err := time.Parse(time.RFC3339Nano, *in.Expires)
	if err != nil {
		return nil, invalidSubscription("expirationDateTime", "The expirationDateTime '%.64s' is no time such as 2026-01-02T03:04:05Z.", *in.Expires)
	}
	return &t, nil
}

// value is a text that may be missing.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func invalidSubscription(target, format string, args ...any) error {
	return errs.New(errs.Invalid, "InvalidRequest", format, args...).WithTarget(target)
}
