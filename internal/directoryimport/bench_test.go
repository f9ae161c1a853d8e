package directoryimport_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directoryimport"
)

const exportHeader = "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,alternateEmailAddress,ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,directorySynced,invitationState,identityIssuer,createdDateTime\n"

const benchRows = 20_000

func exportOf(n int) string {
	var text strings.Builder
	text.WriteString(exportHeader)
	for i := range n {
		fmt.Fprintf(&text, "user%d@contoso.example,\"Person, %d\",Person,user%d@contoso.example,P%d,7cc0c81b-f2a2-489a-8243-%012x,Member,Engineer,Research,True,GB,,,United Kingdom,12/%d,London,SW1Y,+44 20 7946 0001,,,,,,Contoso,,,,contoso.example,8/19/2021 1:25:31 PM\n", i, i, i, i, i, i)
	}
	return text.String()
}

func documentOf(n int) string {
	var text strings.Builder
	text.WriteString(`{"users":[`)
	for i := range n {
		if i > 0 {
			text.WriteString(",\n")
		}
		fmt.Fprintf(&text, `{"id":"7cc0c81b-f2a2-489a-8243-%012x","userPrincipalName":"user%d@contoso.example","displayName":"Person, %d","surname":"Person","givenName":"P%d","accountEnabled":true,"businessPhones":["+44 20 7946 0001"],"department":"Research"}`, i, i, i, i)
	}
	text.WriteString("]}")
	return text.String()
}

func benchmarkRows(b *testing.B, text string) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		reader, err := directoryimport.Open(strings.NewReader(text), directoryimport.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for _, bad := range reader.Rows() {
			if bad != nil {
				b.Fatal(bad)
			}
			rows++
		}
		if rows != benchRows {
			b.Fatalf("%d rows", rows)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkExport reads the portal's CSV of users, 29 columns of which 17 are filled.
func BenchmarkExport(b *testing.B) { benchmarkRows(b, exportOf(benchRows)) }

// BenchmarkDocument reads Graph-shaped JSON.
func BenchmarkDocument(b *testing.B) { benchmarkRows(b, documentOf(benchRows)) }

// BenchmarkMemberships reads the template of bulk member imports.
func BenchmarkMemberships(b *testing.B) {
	var text strings.Builder
	text.WriteString("groupName,memberUserPrincipalName\n")
	for i := range benchRows - 1 {
		fmt.Fprintf(&text, "Everybody,user%d@contoso.example\n", i)
	}
	benchmarkRows(b, text.String())
}
