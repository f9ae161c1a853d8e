package scim

import "encoding/json"

// ListResponse is the answer to a query (RFC 7644 section 3.4.2).
type ListResponse struct {
	TotalResults int        // matches in all, on every page
	StartIndex   int        // index of the first resource of this page, from 1
	ItemsPerPage int        // resources on this page
	Resources    []Resource // never null on the wire
}

type listBody struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex"`
	ItemsPerPage int        `json:"itemsPerPage"`
	Resources    []Resource `json:"Resources"`
}

// MarshalJSON writes the list with its schema.
func (l ListResponse) MarshalJSON() ([]byte, error) {
	b := listBody{[]string{ListResponseURN}, l.TotalResults, l.StartIndex, l.ItemsPerPage, l.Resources}
	if b.Resources == nil {
		b.Resources = []Resource{}
	}
	return json.Marshal(b)
}

// DecodeListResponse reads a list.  Servers leave Resources out of an empty list;
// an object that has neither Resources nor totalResults is no list and must not
// pass for "no match": it is [InvalidSyntax], as is anything that is not JSON.
// TotalResults may exceed the resources that are shown; whoever asks whether there
// is a match looks at both.
func DecodeListResponse(data []byte) (ListResponse, error) {
	var b struct {
		listBody

		TotalResults *int `json:"totalResults"`
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return ListResponse{}, badRequest(InvalidSyntax, "the answer is not a ListResponse: %v", err)
	}
	if b.TotalResults == nil && b.Resources == nil {
		return ListResponse{}, badRequest(InvalidSyntax, "the answer has neither totalResults nor Resources and is no ListResponse")
	}
	l := ListResponse{len(b.Resources), b.StartIndex, b.ItemsPerPage, b.Resources}
	if b.TotalResults != nil {
		l.TotalResults = *b.TotalResults
	}
	return l, nil
}
