package synchronization_test

import (
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/synchronization"
)

func TestCheckSettingName(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"ProvisorDialect":                     "",
		"provisordialect":                     "",
		"ProvisorNestedGroups":                "",
		"QuarantineTooManyDeletesThreshold":   "",
		"AzureIngestionAttributeOptimization": "",
		"Provisio":                            "",
		"":                                    "",
		"ProvisorDialekt":                     "did you mean ProvisorDialect?",
		"provisormatch":                       "did you mean ProvisorMatching?",
		"ProvisorSecret":                      "there are ProvisorDialect, ProvisorMatching, ProvisorNestedGroups",
		"Provisor":                            "there are ProvisorDialect",
	} {
		err := synchronization.CheckSettingName(name)
		if got := errorText(err); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
