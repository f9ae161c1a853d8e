package storetest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// filterMatches asks random filters of the database and of [odata.Match].
func filterMatches(f *fixture) {
	entities := matchable(f)
	rapid.Check(f.T, func(rt *rapid.T) {
		e := drawExpr(rt, 3)
		got, want := allMatching(f, rt, e), []string(nil)
		for _, entity := range entities {
			matches, err := odata.Match(e, entity)
			if err != nil {
				rt.Fatal(err)
			}
			if id, ok := entity["employeeId"].(string); ok && matches {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			rt.Fatalf("%v finds %v, want %v", e, got, want)
		}
	})
}

// allMatching returns the employeeId of everybody whom a filter finds, over pages of a
// drawn length, in ascending order.
func allMatching(f *fixture, rt *rapid.T, e odata.Expr) []string {
	q := store.Query{Kind: directory.User, Filter: e, Top: rapid.SampledFrom([]int{999, 50, 7}).Draw(rt, "top")}
	var found []string
	for {
		page, err := f.Objects(f.Context(), f.tenant, q)
		if err != nil {
			rt.Fatal(err)
		}
		for _, o := range page.Objects {
			found = append(found, o.Attributes.String("employeeId"))
		}
		if q.After = page.Next; q.After == "" {
			slices.Sort(found)
			return found
		}
	}
}

// matchable makes users of every mixture of a few values and returns them as the
// entities that a filter in memory sees.
func matchable(f *fixture) []map[string]any {
	var entities []map[string]any
	for _, name := range []any{"Ada", "adam", "Öb%_", nil} {
		for _, surname := range []any{"Ada", "b'c", nil} {
			for _, enabled := range []any{true, false, nil} {
				for _, addresses := range []any{[]any{"smtp:ADA", "x"}, []any{"ada"}, []any{}} {
					id := fmt.Sprint(1000 + len(entities))
					a := directory.Attributes{
						"employeeId": id, "mail": name, "surname": surname, "accountEnabled": enabled, "proxyAddresses": addresses,
					}
					f.create(directory.User, a)
					entities = append(entities, a)
				}
			}
		}
	}
	return entities
}

// drawExpr draws a filter of at most the depth.
func drawExpr(rt *rapid.T, depth int) odata.Expr {
	if depth == 0 {
		return drawComparison(rt, rapid.SampledFrom([]odata.Property{"mail", "surname"}).Draw(rt, "property"))
	}
	switch rapid.IntRange(0, 5).Draw(rt, "form") {
	case 0:
		return odata.And{Left: drawExpr(rt, depth-1), Right: drawExpr(rt, depth-1)}
	case 1:
		return odata.Or{Left: drawExpr(rt, depth-1), Right: drawExpr(rt, depth-1)}
	case 2:
		return odata.Not{Expr: drawExpr(rt, depth-1)}
	case 3:
		op := rapid.SampledFrom([]odata.CompareOp{odata.Eq, odata.Ne}).Draw(rt, "op")
		return odata.Compare{Property: "accountEnabled", Op: op, Value: rapid.SampledFrom([]odata.Literal{true, false, nil}).Draw(rt, "flag")}
	case 4:
		return odata.Any{Collection: "proxyAddresses", Variable: "p", Expr: drawComparison(rt, "p")}
	default:
		return drawExpr(rt, 0)
	}
}

func drawComparison(rt *rapid.T, p odata.Property) odata.Expr {
	text := rapid.SampledFrom([]string{"ada", "ADA", "a", "m", "b'c", "%", "_", "smtp:", "x"})
	switch rapid.IntRange(0, 3).Draw(rt, "comparison") {
	case 0:
		op := rapid.SampledFrom([]odata.CompareOp{odata.Eq, odata.Ne, odata.Gt, odata.Ge, odata.Lt, odata.Le}).Draw(rt, "op")
		return odata.Compare{Property: p, Op: op, Value: text.Draw(rt, "text")}
	case 1:
		op := rapid.SampledFrom([]odata.CompareOp{odata.Eq, odata.Ne}).Draw(rt, "op")
		return odata.Compare{Property: p, Op: op, Value: nil}
	case 2:
		values := rapid.SliceOfN(text, 1, 3).Draw(rt, "values")
		literals := make([]odata.Literal, len(values))
		for i, v := range values {
			literals[i] = v
		}
		return odata.In{Property: p, Values: literals}
	default:
		function := rapid.SampledFrom([]string{"startswith", "endswith", "contains"}).Draw(rt, "function")
		return odata.Call{Function: function, Property: p, Value: text.Draw(rt, "text")}
	}
}
