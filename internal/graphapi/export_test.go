package graphapi

// ReadPairs and ReadObject decode the bodies that callers write; the fuzz targets
// reach them without a server.
var (
	ReadPairs  = readPairs
	ReadObject = func(body []byte) (map[string]any, error) {
		s, err := readObject("user", body)
		return s.attributes, err
	}
	CheckJSON = checkJSON
	FindRoute = func(a *API, method, path string) error {
		_, err := a.router.find(method, path)
		return err
	}
)

// MaxSecret is the longest value that is read.
const MaxSecret = maxSecret
