package interop_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/stretchr/testify/require"
)

func TestCertificate(t *testing.T) {
	p := here(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "interop"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)

	given := models.NewKeyCredential()
	given.SetTypeEscaped(ptr("AsymmetricX509Cert"))
	given.SetUsage(ptr("Verify"))
	given.SetKey(der)
	application := models.NewApplication()
	application.SetKeyCredentials([]models.KeyCredentialable{given})
	made := principalOf(t, p.administrator(t), application, "Certificate")

	credential, err := azidentity.NewClientCertificateCredential(p.Service.TenantID, *made.GetAppId(), []*x509.Certificate{certificate}, crypto.PrivateKey(key),
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: p.options(), DisableInstanceDiscovery: true})
	require.NoError(t, err)
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	require.NoError(t, err)
	require.NotEmpty(t, token.Token)
}
