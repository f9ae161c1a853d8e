package graphcli

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
)

// connection is where Graph is and who signs in, complete and checked.
type connection struct {
	endpoint     *url.URL // of Graph, without version
	cloud        cloud    // zero when the endpoint is none of the clouds
	apiVersion   string
	tokenURL     string // empty when accessToken is given
	clientID     string
	clientSecret string
	accessToken  string
	caFile       string
	verbose      bool
}

// bootstrap is the file that `provisor serve --bootstrap-file` writes.
type bootstrap struct {
	GraphEndpoint string `json:"graphEndpoint"`
	Authority     string `json:"authority"`
	TenantID      string `json:"tenantId"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
	CACertificate string `json:"caCertificate"`
}

type fileReader func(name string) ([]byte, error)

// connect completes and checks the settings.
func (s settings) connect(read fileReader) (connection, error) {
	s, err := s.withFiles(read)
	if err != nil {
		return connection{}, err
	}
	c := connection{accessToken: s.accessToken, clientID: s.clientID, clientSecret: s.clientSecret, caFile: s.caCertificate, verbose: isTrue(s.verbose)}
	if c.apiVersion, err = s.version(); err != nil {
		return connection{}, err
	}
	if c.endpoint, c.cloud, err = s.graph(); err != nil {
		return connection{}, err
	}
	if c.accessToken != "" {
		return c, nil
	}
	if c.clientID == "" || c.clientSecret == "" {
		return connection{}, usagef("it is not said who signs in").
			next("give --client-id and --client-secret-file with --tenant-id, or --access-token-file, or --bootstrap-file; each also as %s and so on", variable("client-id"))
	}
	c.tokenURL, err = s.tokenURL(c.cloud)
	return c, err
}

// withFiles takes what the files hold that the settings name.
func (s settings) withFiles(read fileReader) (settings, error) {
	var err error
	if s.clientSecret, err = fromFile(read, "client-secret", s.clientSecret, s.clientSecretFile); err != nil {
		return s, err
	}
	if s.accessToken, err = fromFile(read, "access-token", s.accessToken, s.accessTokenFile); err != nil {
		return s, err
	}
	if s.bootstrapFile == "" {
		return s, nil
	}
	if s.cloud+s.graphEndpoint+s.authority != "" {
		return s, usagef("--bootstrap-file %s names a service, and --cloud, --graph-endpoint or --authority name another", s.bootstrapFile).
			next("give one of them; look at the variables %s, %s and %s too", variable("bootstrap-file"), variable("cloud"), variable("graph-endpoint"))
	}
	text, err := read(s.bootstrapFile)
	if err != nil {
		return s, usagef("the bootstrap file cannot be read: %v", err).next("start the service with `provisor serve --bootstrap-file FILE`, which writes it once it is ready")
	}
	var file bootstrap
	if json.Unmarshal(text, &file) != nil || file.GraphEndpoint == "" {
		return s, usagef("%s is not a bootstrap file: it must be a JSON object with graphEndpoint, authority, clientId and clientSecret", s.bootstrapFile)
	}
	return s.completedBy(file), nil
}

// completedBy takes from the file what the settings leave open. Its secret goes
// with its client only.
func (s settings) completedBy(file bootstrap) settings {
	s.graphEndpoint, s.authority = file.GraphEndpoint, file.Authority
	if s.clientSecret == "" && (s.clientID == "" || s.clientID == file.ClientID) {
		s.clientSecret = file.ClientSecret
	}
	for _, pair := range []struct {
		mine   *string
		theirs string
	}{
		{&s.clientID, file.ClientID},
		{&s.tenantID, file.TenantID},
		{&s.caCertificate, file.CACertificate},
	} {
		if *pair.mine == "" {
			*pair.mine = pair.theirs
		}
	}
	return s
}

func fromFile(read fileReader, flag, value, file string) (string, error) {
	switch {
	case file == "":
		return value, nil
	case value != "":
		return "", usagef("both --%s and --%s-file are given", flag, flag).next("give one of them")
	}
	text, err := read(file)
	if err != nil {
		return "", usagef("--%s-file cannot be read: %v", flag, err)
	}
	if value = strings.TrimSpace(string(text)); value == "" {
		return "", usagef("--%s-file %s is empty", flag, file)
	}
	return value, nil
}

func (s settings) version() (string, error) {
	switch s.apiVersion {
	case "", "v1.0":
		return "v1.0", nil
	case "beta":
		return "beta", nil
	}
	return "", usagef("there is no API version %q", s.apiVersion).next("give --api-version v1.0 or beta")
}

// place returns the cloud that the settings name before anything is read or
// sent, and the zero cloud when they name none.
func (s settings) place() (cloud, error) {
	if s.cloud != "" {
		return cloudNamed(s.cloud)
	}
	if endpoint, err := url.Parse(s.graphEndpoint); err == nil {
		named, _ := cloudAt(endpoint)
		return named, nil
	}
	return cloud{}, nil
}

func (s settings) graph() (*url.URL, cloud, error) {
	if s.cloud != "" && s.graphEndpoint != "" {
		return nil, cloud{}, usagef("both --cloud and --graph-endpoint are given").next("give one of them")
	}
	named, err := s.place()
	if err != nil {
		return nil, cloud{}, err
	}
	text := s.graphEndpoint
	if s.cloud != "" {
		text = named.endpoint
	}
	if text == "" {
		return nil, cloud{}, usagef("it is not said where Graph is").
			next("give --bootstrap-file FILE for a Provisor, --graph-endpoint URL, or --cloud global; each also as %s and so on", variable("bootstrap-file"))
	}
	endpoint, err := s.checkedURL("graph-endpoint", text)
	if err != nil {
		return nil, cloud{}, err
	}
	if last := endpoint.Path[strings.LastIndexByte(endpoint.Path, '/')+1:]; last == "v1.0" || last == "beta" {
		return nil, cloud{}, usagef("--graph-endpoint %s ends with an API version", text).next("leave it off, and give --api-version %s", last)
	}
	return endpoint, named, nil
}

// tokenURL returns the v2.0 token endpoint of the authority and tenant.
func (s settings) tokenURL(at cloud) (string, error) {
	text := s.authority
	if text == "" {
		text = at.authority
	}
	if text == "" {
		return "", usagef("--graph-endpoint is given and --authority is not").next("give --authority URL, or an access token with --access-token-file")
	}
	authority, err := s.checkedURL("authority", text)
	if err != nil {
		return "", err
	}
	tenant := strings.Trim(strings.TrimSuffix(authority.Path, "/v2.0"), "/")
	switch {
	case tenant == "" && s.tenantID == "":
		return "", usagef("the tenant is not named").next("give --tenant-id, or an --authority that ends with the tenant")
	case tenant == "":
		tenant = s.tenantID
	case s.tenantID != "" && !strings.EqualFold(tenant, s.tenantID):
		return "", usagef("--authority names the tenant %s and --tenant-id %s", tenant, s.tenantID).next("give one of them")
	}
	authority.Path = "/" + tenant + "/oauth2/v2.0/token"
	return authority.String(), nil
}

// checkedURL parses an address that a token or a secret may be sent to.
func (s settings) checkedURL(flag, text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usagef("--%s is not an http or https URL", flag).next("give it like https://host:port")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usagef("--%s must be scheme, host and path alone", flag)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) && !isTrue(s.allowPlainHTTP) {
		return nil, usagef("--%s is http to %s, where the token could be read on the way", flag, u.Hostname()).
			next("use https, or allow it with --allow-plain-http")
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
