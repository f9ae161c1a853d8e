package synchronization

import (
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Secret is a key of Graph's synchronizationSecret enumeration: the name of one
// credential or setting of an application's provisioning. The zero Secret is
// SecretNone, the enumeration's own place-holder.
type Secret int

// The keys of both published CSDL files, v1.0 and beta, with their wire values.
const (
	SecretNone                            Secret = 0
	SecretUserName                        Secret = 1
	SecretPassword                        Secret = 2
	SecretSecretToken                     Secret = 3
	SecretAppKey                          Secret = 4
	SecretBaseAddress                     Secret = 5
	SecretClientIdentifier                Secret = 6
	SecretClientSecret                    Secret = 7
	SecretSingleSignOnType                Secret = 11
	SecretSandbox                         Secret = 12
	SecretUrl                             Secret = 13
	SecretDomain                          Secret = 14
	SecretConsumerKey                     Secret = 15
	SecretConsumerSecret                  Secret = 16
	SecretTokenKey                        Secret = 17
	SecretTokenExpiration                 Secret = 18
	SecretOauth2AccessToken               Secret = 19
	SecretOauth2AccessTokenCreationTime   Secret = 20
	SecretOauth2RefreshToken              Secret = 21
	SecretSyncAll                         Secret = 22
	SecretInstanceName                    Secret = 24
	SecretOauth2ClientId                  Secret = 27
	SecretOauth2ClientSecret              Secret = 28
	SecretCompanyId                       Secret = 29
	SecretUpdateKeyOnSoftDelete           Secret = 30
	SecretSynchronizationSchedule         Secret = 33
	SecretSystemOfRecord                  Secret = 34
	SecretSandboxName                     Secret = 35
	SecretEnforceDomain                   Secret = 36
	SecretSyncNotificationSettings        Secret = 37
	SecretSkipOutOfScopeDeletions         Secret = 40
	SecretOauth2AuthorizationCode         Secret = 62
	SecretOauth2RedirectUri               Secret = 63
	SecretApplicationTemplateIdentifier   Secret = 64
	SecretOauth2TokenExchangeUri          Secret = 65
	SecretOauth2AuthorizationUri          Secret = 66
	SecretAuthenticationType              Secret = 67
	SecretServer                          Secret = 70
	SecretPerformInboundEntitlementGrants Secret = 100
	SecretHardDeletesEnabled              Secret = 101
	SecretSyncAgentCompatibilityKey       Secret = 102
	SecretSyncAgentADContainer            Secret = 103
	SecretValidateDomain                  Secret = 206
	SecretTestReferences                  Secret = 207
	SecretConnectionString                Secret = 250
)

// String returns the wire spelling, or the number when the enumeration lacks it.
func (s Secret) String() string { //nolint:revive // one line a key of the enumeration
	switch s {
	case SecretNone:
		return "None"
	case SecretUserName:
		return "UserName"
	case SecretPassword:
		return "Password"
	case SecretSecretToken:
		return "SecretToken"
	case SecretAppKey:
		return "AppKey"
	case SecretBaseAddress:
		return "BaseAddress"
	case SecretClientIdentifier:
		return "ClientIdentifier"
	case SecretClientSecret:
		return "ClientSecret"
	case SecretSingleSignOnType:
		return "SingleSignOnType"
	case SecretSandbox:
		return "Sandbox"
	case SecretUrl:
		return "Url"
	case SecretDomain:
		return "Domain"
	case SecretConsumerKey:
		return "ConsumerKey"
	case SecretConsumerSecret:
		return "ConsumerSecret"
	case SecretTokenKey:
		return "TokenKey"
	case SecretTokenExpiration:
		return "TokenExpiration"
	case SecretOauth2AccessToken:
		return "Oauth2AccessToken"
	case SecretOauth2AccessTokenCreationTime:
		return "Oauth2AccessTokenCreationTime"
	case SecretOauth2RefreshToken:
		return "Oauth2RefreshToken"
	case SecretSyncAll:
		return "SyncAll"
	case SecretInstanceName:
		return "InstanceName"
	case SecretOauth2ClientId:
		return "Oauth2ClientId"
	case SecretOauth2ClientSecret:
		return "Oauth2ClientSecret"
	case SecretCompanyId:
		return "CompanyId"
	case SecretUpdateKeyOnSoftDelete:
		return "UpdateKeyOnSoftDelete"
	case SecretSynchronizationSchedule:
		return "SynchronizationSchedule"
	case SecretSystemOfRecord:
		return "SystemOfRecord"
	case SecretSandboxName:
		return "SandboxName"
	case SecretEnforceDomain:
		return "EnforceDomain"
	case SecretSyncNotificationSettings:
		return "SyncNotificationSettings"
	case SecretSkipOutOfScopeDeletions:
		return "SkipOutOfScopeDeletions"
	case SecretOauth2AuthorizationCode:
		return "Oauth2AuthorizationCode"
	case SecretOauth2RedirectUri:
		return "Oauth2RedirectUri"
	case SecretApplicationTemplateIdentifier:
		return "ApplicationTemplateIdentifier"
	case SecretOauth2TokenExchangeUri:
		return "Oauth2TokenExchangeUri"
	case SecretOauth2AuthorizationUri:
		return "Oauth2AuthorizationUri"
	case SecretAuthenticationType:
		return "AuthenticationType"
	case SecretServer:
		return "Server"
	case SecretPerformInboundEntitlementGrants:
		return "PerformInboundEntitlementGrants"
	case SecretHardDeletesEnabled:
		return "HardDeletesEnabled"
	case SecretSyncAgentCompatibilityKey:
		return "SyncAgentCompatibilityKey"
	case SecretSyncAgentADContainer:
		return "SyncAgentADContainer"
	case SecretValidateDomain:
		return "ValidateDomain"
	case SecretTestReferences:
		return "TestReferences"
	case SecretConnectionString:
		return "ConnectionString"
	}
	return strconv.Itoa(int(s))
}

// Secrets returns every key of the enumeration in the order of its values.
func Secrets() []Secret {
	return []Secret{
		SecretNone,
		SecretUserName,
		SecretPassword,
		SecretSecretToken,
		SecretAppKey,
		SecretBaseAddress,
		SecretClientIdentifier,
		SecretClientSecret,
		SecretSingleSignOnType,
		SecretSandbox,
		SecretUrl,
		SecretDomain,
		SecretConsumerKey,
		SecretConsumerSecret,
		SecretTokenKey,
		SecretTokenExpiration,
		SecretOauth2AccessToken,
		SecretOauth2AccessTokenCreationTime,
		SecretOauth2RefreshToken,
		SecretSyncAll,
		SecretInstanceName,
		SecretOauth2ClientId,
		SecretOauth2ClientSecret,
		SecretCompanyId,
		SecretUpdateKeyOnSoftDelete,
		SecretSynchronizationSchedule,
		SecretSystemOfRecord,
		SecretSandboxName,
		SecretEnforceDomain,
		SecretSyncNotificationSettings,
		SecretSkipOutOfScopeDeletions,
		SecretOauth2AuthorizationCode,
		SecretOauth2RedirectUri,
		SecretApplicationTemplateIdentifier,
		SecretOauth2TokenExchangeUri,
		SecretOauth2AuthorizationUri,
		SecretAuthenticationType,
		SecretServer,
		SecretPerformInboundEntitlementGrants,
		SecretHardDeletesEnabled,
		SecretSyncAgentCompatibilityKey,
		SecretSyncAgentADContainer,
		SecretValidateDomain,
		SecretTestReferences,
		SecretConnectionString,
	}
}

// ParseSecret reads a key as clients send it: by name, ignoring case, or by
// number. It returns an errs.Invalid error with the wording of the original
// service for anything else.
func ParseSecret(text string) (Secret, error) {
	for _, s := range Secrets() {
		if strings.EqualFold(text, s.String()) || text == strconv.Itoa(int(s)) {
			return s, nil
		}
	}
	return SecretNone, errs.New(errs.Invalid, "RequestParameterInvalid",
		"Requested value '%.64s' was not found. A key must be a member of the synchronizationSecret enumeration, such as BaseAddress or Oauth2ClientId.", text)
}

// Sensitive reports whether the value of s is write-only: GET answers "*".
func (s Secret) Sensitive() bool {
	switch s { //nolint:exhaustive // the others are not sensitive
	case SecretPassword,
		SecretSecretToken,
		SecretAppKey,
		SecretClientSecret,
		SecretConsumerSecret,
		SecretTokenKey,
		SecretOauth2AccessToken,
		SecretOauth2RefreshToken,
		SecretOauth2ClientSecret,
		SecretOauth2AuthorizationCode,
		SecretSyncAgentCompatibilityKey,
		SecretConnectionString:
		return true
	default:
		return false
	}
}

// MarshalText writes the wire spelling.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [ParseSecret] reads.
func (s *Secret) UnmarshalText(text []byte) error {
	parsed, err := ParseSecret(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// SecretPair is synchronizationSecretKeyStringValuePair as it is answered. A
// sensitive Value reads "*".
type SecretPair struct {
	Key   Secret `json:"key"`
	Value string `json:"value"`
}
