package synchronization_test

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// published is the enumeration as both versions of Graph publish it.
const published = `None=0 UserName=1 Password=2 SecretToken=3 AppKey=4 BaseAddress=5 ClientIdentifier=6 ClientSecret=7
	SingleSignOnType=11 Sandbox=12 Url=13 Domain=14 ConsumerKey=15 ConsumerSecret=16 TokenKey=17 TokenExpiration=18
	Oauth2AccessToken=19 Oauth2AccessTokenCreationTime=20 Oauth2RefreshToken=21 SyncAll=22 InstanceName=24 Oauth2ClientId=27
	Oauth2ClientSecret=28 CompanyId=29 UpdateKeyOnSoftDelete=30 SynchronizationSchedule=33 SystemOfRecord=34 SandboxName=35
	EnforceDomain=36 SyncNotificationSettings=37 SkipOutOfScopeDeletions=40 Oauth2AuthorizationCode=62 Oauth2RedirectUri=63
	ApplicationTemplateIdentifier=64 Oauth2TokenExchangeUri=65 Oauth2AuthorizationUri=66 AuthenticationType=67 Server=70
	PerformInboundEntitlementGrants=100 HardDeletesEnabled=101 SyncAgentCompatibilityKey=102 SyncAgentADContainer=103
	ValidateDomain=206 TestReferences=207 ConnectionString=250`

func TestSecretsAreThoseOfTheEnumeration(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range synchronization.Secrets() {
		got = append(got, s.String()+"="+strconv.Itoa(int(s)))
	}
	require.Equal(t, strings.Fields(published), got)
	require.Len(t, got, 45)
	require.Equal(t, "8", synchronization.Secret(8).String())
}

// TestSecretsAgainstTheCSDL reads the published metadata where it is at hand.
func TestSecretsAgainstTheCSDL(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // the one way to find the reference
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE does not name a folder with csdl-synchronization-*.xml")
	}
	files, err := filepath.Glob(filepath.Join(folder, "csdl-synchronization-*.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.Equal(t, strings.Fields(published), members(t, file, "synchronizationSecret"), file)
	}
}

// members reads an enumeration of a CSDL file as name=value.
func members(t *testing.T, file, enumeration string) []string {
	t.Helper()
	text, err := os.Open(file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, text.Close()) })
	var found []string
	decoder := xml.NewDecoder(text)
	inside := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes := map[string]string{}
		for _, a := range start.Attr {
			attributes[a.Name.Local] = a.Value
		}
		switch start.Name.Local {
		case "EnumType":
			inside = attributes["Name"] == enumeration
		case "Member":
			if inside {
				found = append(found, attributes["Name"]+"="+attributes["Value"])
			}
		}
	}
}

// TestSensitiveSecrets: what a GET must not show. A key that is not listed here is
// shown.
func TestSensitiveSecrets(t *testing.T) {
	t.Parallel()
	var sensitive []string
	for _, s := range synchronization.Secrets() {
		if s.Sensitive() {
			sensitive = append(sensitive, s.String())
		}
	}
	require.Equal(t, strings.Fields(`Password SecretToken AppKey ClientSecret ConsumerSecret TokenKey Oauth2AccessToken Oauth2RefreshToken
		Oauth2ClientSecret Oauth2AuthorizationCode SyncAgentCompatibilityKey ConnectionString`), sensitive)
	for _, s := range synchronization.Secrets() {
		name := strings.ToLower(s.String())
		if strings.Contains(name, "password") || strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "token") {
			require.True(t, s.Sensitive(), "%s", s)
		}
	}
}

func TestSecretPairOnTheWire(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(synchronization.SecretPair{Key: synchronization.SecretBaseAddress, Value: "https://app.example.com"})
	require.NoError(t, err)
	require.JSONEq(t, `{"key":"BaseAddress","value":"https://app.example.com"}`, string(text))
	for _, key := range []string{"BaseAddress", "baseaddress", "5"} {
		var pair synchronization.SecretPair
		require.NoError(t, json.Unmarshal([]byte(`{"key":"`+key+`"}`), &pair))
		require.Equal(t, synchronization.SecretBaseAddress, pair.Key)
	}
	var pair synchronization.SecretPair
	err = json.Unmarshal([]byte(`{"key":"Nonsense"}`), &pair)
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.ErrorContains(t, err, "Requested value 'Nonsense' was not found")
}

func FuzzParseSecret(f *testing.F) {
	for _, seed := range []string{"BaseAddress", "SYNCALL", "250", "8", "", " BaseAddress", "+5", "05", "None", "0", "ＢaseAddress"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := synchronization.ParseSecret(text)
		if err != nil {
			require.True(t, errs.Is(err, errs.Invalid))
			require.Equal(t, synchronization.SecretNone, s)
			require.Less(t, len(err.Error()), 600)
			return
		}
		require.Contains(t, synchronization.Secrets(), s)
		require.True(t, strings.EqualFold(text, s.String()) || text == strconv.Itoa(int(s)))
		again, err := synchronization.ParseSecret(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}
