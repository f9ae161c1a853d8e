package odata_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/odata"
)

const shop = `
# A shop.
enum colour flags red=1 blue=2
complex price amount:Int32! currency:String
entity entity id:String!
entity article < entity open price:price colours:[]colour!
  >maker:company >>parts:[]article
beta entity company < entity name:String
v1.0 entity company < entity title:String
action buy article count:Int32! by:company => price
function cheapest []article => article
set articles article
singleton shop company
`

// TestModelDocument: what is written in lines comes out as CSDL.
func TestModelDocument(t *testing.T) {
	t.Parallel()

	m, err := odata.ParseModel(shop, "beta", "v1.0", "beta")
	if err != nil {
		t.Fatal(err)
	}
	document, err := m.Document("example.shop", "s")
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		XMLName xml.Name
	}
	if err := xml.Unmarshal(document, &root); err != nil || root.XMLName.Local != "Edmx" {
		t.Fatalf("%v %v\n%s", root, err, document)
	}
	text := strings.NewReplacer("></Member>", "/>", "></Property>", "/>", "></NavigationProperty>", "/>", "></Parameter>", "/>",
		"></ReturnType>", "/>", "></PropertyRef>", "/>", "></EntitySet>", "/>", "></Singleton>", "/>").Replace(string(document))
	for _, want := range []string{
		`<Schema Namespace="example.shop" Alias="s" xmlns="http://docs.oasis-open.org/odata/ns/edm">`,
		`<EnumType Name="colour" IsFlags="true">`, `<Member Name="blue" Value="2"/>`,
		`<EntityType Name="entity" Abstract="true">`, `<PropertyRef Name="id"/>`,
		`<EntityType Name="article" BaseType="s.entity" OpenType="true">`,
		`<Property Name="price" Type="s.price"/>`, `<Property Name="colours" Type="Collection(s.colour)" Nullable="false"/>`,
		`<NavigationProperty Name="maker" Type="s.company"/>`, `<NavigationProperty Name="parts" Type="Collection(s.article)" ContainsTarget="true"/>`,
		`<Property Name="amount" Type="Edm.Int32" Nullable="false"/>`, `<Property Name="name" Type="Edm.String"/>`,
		`<Action Name="buy" IsBound="true">`, `<Parameter Name="bindingParameter" Type="s.article"/>`, `<ReturnType Type="s.price"/>`,
		`<Function Name="cheapest" IsBound="true">`, `<Parameter Name="bindingParameter" Type="Collection(s.article)"/>`,
		`<EntitySet Name="articles" EntityType="s.article"/>`, `<Singleton Name="shop" Type="s.company"/>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %s\n%s", want, text)
		}
	}
	if strings.Contains(text, "title") {
		t.Error("the document has what another version has")
	}
	if m.Member(m.Type("article"), "id") == nil || m.Member(m.Type("article"), "name") != nil || m.Type("nothing") != nil {
		t.Error("members are found in a type and its bases, and only there")
	}
}

// TestModelFaults: what is no statement is refused.
func TestModelFaults(t *testing.T) {
	t.Parallel()

	for _, text := range []string{"entity", "thing x", "entity x y", "enum x a=b", "action x", "set x", "action x y z"} {
		if _, err := odata.ParseModel(text, "beta", "beta"); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
