package mapping_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestExportedSchemas: what is exported from a tenant of the original service is taken
// unchanged and comes back with everything that was in it.
func TestExportedSchemas(t *testing.T) {
	t.Parallel()
	for name, runnable := range map[string]int{"gallery-aws": 2, "gallery-slack": 1, "inbound-workday": 0, "cloudsync": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given, err := os.ReadFile(filepath.Join("testdata", "exports", name+".json"))
			require.NoError(t, err)
			var s synchronization.Schema
			require.NoError(t, json.Unmarshal(given, &s))
			mappings, err := mapping.Compile(s)
			require.NoError(t, err)
			require.Len(t, mappings, runnable)
			require.Equal(t, runnable > 0, mapping.Runnable(s) == nil)
			back, err := json.Marshal(s)
			require.NoError(t, err)
			require.JSONEq(t, withoutAnnotations(t, given), withoutAnnotations(t, back))
			require.JSONEq(t, string(back), string(again(t, back)))
		})
	}
}

// withoutAnnotations leaves out what belongs to the answer in which a schema came.
func withoutAnnotations(t *testing.T, text []byte) string {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &members))
	for name := range members {
		if strings.HasPrefix(name, "@odata.") {
			delete(members, name)
		}
	}
	kept, err := json.Marshal(members)
	require.NoError(t, err)
	return string(kept)
}

func again(t *testing.T, text []byte) []byte {
	t.Helper()
	var s synchronization.Schema
	require.NoError(t, json.Unmarshal(text, &s))
	back, err := json.Marshal(s)
	require.NoError(t, err)
	return back
}

// TestExportOfPowerShell: it writes names in capitals and adds an empty member to each
// resource.
func TestExportOfPowerShell(t *testing.T) {
	t.Parallel()
	var s synchronization.Schema
	require.NoError(t, json.Unmarshal([]byte(`{"Id":"x","SynchronizationRules":[{"Id":"r","Name":"n","SourceDirectoryName":"Azure Active Directory","TargetDirectoryName":"customappsso","AdditionalProperties":{},
		"ObjectMappings":[{"Enabled":true,"FlowTypes":"Add,Update,Delete","SourceObjectName":"User","TargetObjectName":"User","Scope":{"Groups":null,"InputFilterGroups":[],"AdditionalProperties":{}},
		"AttributeMappings":[{"TargetAttributeName":"userName","MatchingPriority":1,"FlowType":"Always","Source":{"Expression":"[userPrincipalName]","Name":"userPrincipalName","Type":"Attribute","Parameters":[]},"AdditionalProperties":{}}]}]}]}`), &s))
	m := compile(t, s)
	require.Equal(t, "userName", m.MatchingPath().String())
	back, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(back), `"AdditionalProperties":{}`)
}

// TestPublishedRequests: every PUT of a schema that Microsoft's documents show is taken.
func TestPublishedRequests(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // where reference files lie is no setting of the program
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE does not name the folder of reference files")
	}
	text, err := os.ReadFile(filepath.Join(folder, "graph-examples.jsonl"))
	require.NoError(t, err)
	n := 0
	for line := range strings.Lines(string(text)) {
		var example struct {
			ID, Method, Path string
			Request          json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &example))
		if example.Method != http.MethodPut || !strings.HasSuffix(example.Path, "/schema") || len(example.Request) == 0 {
			continue
		}
		var s synchronization.Schema
		require.NoError(t, json.Unmarshal(example.Request, &s), example.ID)
		_, err := mapping.Compile(s)
		require.NoError(t, err, example.ID)
		n++
	}
	require.Positive(t, n)
}
