package synchronization_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

func TestFlowTypesOnTheWire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		flow synchronization.FlowTypes
		wire string
	}{
		"Add,Update,Delete":    {synchronization.FlowAll, "Add,Update,Delete"},
		"delete , ADD":         {synchronization.FlowAdd | synchronization.FlowDelete, "Add,Delete"},
		"Add, Update, Delete":  {synchronization.FlowAll, "Add,Update,Delete"},
		"Update":               {synchronization.FlowUpdate, "Update"},
		"None":                 {0, "None"},
		"":                     {synchronization.FlowAll, "Add,Update,Delete"},
		"None,Update":          {synchronization.FlowUpdate, "Update"},
		"Update,Update,update": {synchronization.FlowUpdate, "Update"},
	} {
		var got struct {
			F synchronization.FlowTypes `json:"f"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"f":"`+text+`"}`), &got), text)
		require.Equal(t, want.flow, got.F, text)
		require.Equal(t, want.wire, got.F.String())
	}
	for _, text := range []string{"Create", "Add;Update", "Add,,Purge"} {
		f := synchronization.FlowAdd
		err := f.UnmarshalText([]byte(text))
		require.True(t, errs.Is(err, errs.Invalid), "%q: %v", text, err)
		require.Equal(t, synchronization.FlowAdd, f, "left as it was")
	}
	require.True(t, synchronization.FlowAll.Permits(synchronization.FlowAdd|synchronization.FlowDelete))
	require.False(t, synchronization.FlowAdd.Permits(synchronization.FlowAdd|synchronization.FlowDelete))
}

func TestResetScopes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]synchronization.ResetScope{
		"":                                   synchronization.ResetDefault,
		"  ":                                 synchronization.ResetDefault,
		"None":                               0,
		"Escrows":                            synchronization.ResetEscrows,
		"watermark, ESCROWS":                 synchronization.ResetWatermark | synchronization.ResetEscrows,
		"Full":                               synchronization.ResetFull,
		"Full,ForceDeletes":                  synchronization.ResetFull | synchronization.ResetForceDeletes,
		"ForceDeletes":                       synchronization.ResetForceDeletes,
		"ConnectorDataStore":                 synchronization.ResetConnectorDataStore,
		"QuarantineState,None":               synchronization.ResetQuarantineState,
		"Escrows,QuarantineState, Watermark": synchronization.ResetDefault,
	} {
		got, err := synchronization.ParseResetScope(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"Everything", "Full Escrows", ",", "Escrows,"} {
		_, err := synchronization.ParseResetScope(text)
		require.True(t, errs.Is(err, errs.Invalid), "%q: %v", text, err)
	}
	full := synchronization.ResetFull
	require.True(t, full.Has(synchronization.ResetConnectorDataStore|synchronization.ResetEscrows|synchronization.ResetWatermark|synchronization.ResetQuarantineState))
	require.False(t, full.Has(synchronization.ResetForceDeletes), "Full does not delete by force")
}

func TestNextVersion(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"v1.1": "v1.2", "v1.9": "v1.10", "v2.0": "v2.1", "1.4": "v1.5", "": "v1.1", "v1": "v1.1", "v.3": "v1.1", "v1.x": "v1.1", "v1.-3": "v1.1",
		"Date:2019-01-02T03:04:05.1234567Z, Version:1.1": "v1.1",
	} {
		require.Equal(t, want, synchronization.NextVersion(before), before)
	}
}

func TestParseFlag(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"true", "True", "TRUE", "1", " true "} {
		require.True(t, synchronization.ParseFlag(text), text)
	}
	for _, text := range []string{"false", "False", "0", "", "yes", "2"} {
		require.False(t, synchronization.ParseFlag(text), text)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	before := []synchronization.KeyValue{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}
	merged := synchronization.MergeSettings(before, []synchronization.KeyValue{{Name: "b", Value: "3"}, {Name: "C", Value: "4"}, {Name: "c", Value: "5"}})
	require.Equal(t, []synchronization.KeyValue{{Name: "A", Value: "1"}, {Name: "B", Value: "3"}, {Name: "C", Value: "5"}}, merged)
	require.Equal(t, "2", before[1].Value, "what was given is not touched")
	j := synchronization.Job{Settings: merged}
	require.Equal(t, "3", j.Setting("B"))
	require.Equal(t, "3", j.Setting("b"))
	require.Empty(t, j.Setting("D"))
}

func TestJobID(t *testing.T) {
	t.Parallel()
	id := synchronization.NewJobID("scim", "6f1f7a0e-0000-4000-8000-000000000001", "a5c2d2f0-1111-4000-8000-000000000002")
	require.Equal(t, synchronization.JobID("scim.6f1f7a0e000040008000000000000001.a5c2d2f0-1111-4000-8000-000000000002"), id)
}

func FuzzFlowTypes(f *testing.F) {
	for _, seed := range []string{"Add,Update,Delete", "", "None", "add , ADD", ",", "Purge", "Add\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var flow, again synchronization.FlowTypes
		if err := flow.UnmarshalText([]byte(text)); err != nil {
			require.True(t, errs.Is(err, errs.Invalid))
			return
		}
		wire, err := flow.MarshalText()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalText(wire))
		require.Equal(t, flow, again)
	})
}

func FuzzParseResetScope(f *testing.F) {
	for _, seed := range []string{"Full", "", "None,Escrows", "ForceDeletes", ",", "full ,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := synchronization.ParseResetScope(text)
		require.Equal(t, err != nil, errs.Is(err, errs.Invalid))
		if err == nil {
			require.LessOrEqual(t, scope, synchronization.ResetFull|synchronization.ResetForceDeletes)
		}
	})
}

func TestFlowTypesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := synchronization.FlowTypes(rapid.Uint8Range(0, 7).Draw(t, "flow"))
		var got synchronization.FlowTypes
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Fatalf("%s: %v %v", want, got, err)
		}
	})
}
