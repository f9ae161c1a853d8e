package app

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/provisor/provisor/internal/graphcli"
)

// The flag and the variable that name the file with settings.
const (
	configFlag     = "config"
	configVariable = "PROVISOR_CONFIG"
)

// fileValue is what a file says of a setting.
type fileValue struct {
	text string
	line int
}

// configFile is a file with settings. The zero configFile says nothing.
type configFile struct {
	path   string
	values map[string]fileValue // by the setting's name in a file
}

// readConfigFile reads a YAML mapping of settings: the name of the flag, and a text,
// a number, true, false or a list. A name that no setting has, and one that comes
// twice, are refused with their line.
func readConfigFile(path string) (configFile, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the file that the person named
	if err != nil {
		return configFile{}, &graphcli.UsageError{Message: "the configuration file " + path + " cannot be read: " + cause(err), Next: "name another with --" + configFlag + ", or none"}
	}
	file := configFile{path: path, values: map[string]fileValue{}}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return configFile{}, file.wrong(0, errors.New("it is no YAML: "+withoutValues(err)))
	}
	if len(document.Content) == 0 {
		return file, nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return configFile{}, file.wrong(root.Line, errors.New("a list of settings, `name: value` each, is expected"))
	}
	for i := 0; i < len(root.Content); i += 2 {
		if err := file.take(root.Content[i], root.Content[i+1]); err != nil {
			return configFile{}, file.wrong(root.Content[i].Line, err)
		}
	}
	return file, nil
}

// take notes one setting.
func (f configFile) take(name, value *yaml.Node) error {
	setting, ok := settingNamed(name.Value)
	if !ok {
		return fmt.Errorf("no setting is named %q", name.Value)
	}
	if _, twice := f.values[name.Value]; twice {
		return fmt.Errorf("%s is set twice", name.Value)
	}
	text, err := setting.scalar(value)
	if err != nil {
		return err
	}
	f.values[name.Value] = fileValue{text, name.Line}
	return nil
}

// scalar returns a value as it would be written on a command line.
func (s Setting) scalar(value *yaml.Node) (string, error) {
	switch value.Kind {
	case yaml.ScalarNode:
		if value.Tag == "!!null" {
			return "", nil
		}
		return value.Value, nil
	case yaml.SequenceNode:
		items := make([]string, len(value.Content))
		for i, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				return "", fmt.Errorf("%s takes a value or a list of values", s.key())
			}
			items[i] = item.Value
		}
		return strings.Join(items, s.separator()), nil
	case yaml.DocumentNode, yaml.MappingNode, yaml.AliasNode:
	}
	return "", fmt.Errorf("%s takes a value or a list of values", s.key())
}

// separator parts the items of a list in a text.
func (s Setting) separator() string {
	if s.Name == "trusted-issuer" {
		return " " // an issuer has commas in it
	}
	return ","
}

// key is how a setting is called in a file: by its flag, or else by its variable in
// the form of a flag.
func (s Setting) key() string {
	if s.Name != "" {
		return s.Name
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(s.Variable, "PROVISOR_"), "_", "-"))
}

func settingNamed(key string) (Setting, bool) {
	for _, s := range Settings() {
		if s.key() == key {
			return s, true
		}
	}
	return Setting{}, false
}

// wrong says what is wrong with the file, and where.
func (f configFile) wrong(line int, err error) error {
	where := f.path
	if line > 0 {
		where += fmt.Sprintf(", line %d", line)
	}
	return &graphcli.UsageError{
		Message: where + ": " + err.Error(),
		Next:    "run `provisor serve --help`, which lists every setting; in a file they have the names of the flags",
	}
}

// withoutValues is the first line of a parser's error, which has a place and a
// reason; what follows may quote the file.
func withoutValues(err error) string {
	text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "yaml: "), "\n")
	return text
}
