package main

import "strconv"

// scatter is odd, so that no two numbers meet; its bits are those of the golden ratio, so that neighbours end up far apart.
const scatter = 0x9E3779B97F4A7C15

// rowPage has the rows first … first + size - 1 of the benchmark of loads (Loads/Row.cs), in their first revision. Their text is
// one string with parts: whoever waits for pages must not wait for allocations.
func rowPage(first, size int) *SyncResponse {
	type row struct{ id, uri, metadata, end int }
	rows := make([]row, 0, size)
	text := make([]byte, 0, size*300)
	for n := first; n < first+size; n++ {
		r := row{id: len(text)}
		text = appendHex(text, uint64(n+1)*scatter)
		text = appendHex(text, uint64(n))
		r.uri = len(text)
		text = append(text, "https://files.example.com/tenants/4711/documents/"...)
		text = append(text, text[r.id:r.uri]...)
		r.metadata = len(text)
		text = appendNumber(append(text, `{"revision":0,"owner":"owner`...), n%977)
		text = appendNumber(append(text, `@example.com","size":`...), n*37)
		text = appendNumber(append(text, `,"modified":"2026-0`...), 1+n%9)
		text = appendNumber(append(text, `-11T08:`...), 10+n%50)
		text = appendNumber(append(text, `:00Z","labels":["first","second","third"],"path":"/shelves/`...), n%131)
		text = appendNumber(append(text, `/folders/`...), n%1009)
		text = append(text, `"}`...)
		r.end = len(text)
		rows = append(rows, r)
	}
	all := string(text)
	page := &SyncResponse{Response: make([]*DataObject, size)}
	objects := make([]DataObject, size)
	for i, r := range rows {
		objects[i].RemoteId = all[r.id:r.uri]
		objects[i].ResourceName = "document"
		objects[i].Uri = all[r.uri:r.metadata]
		objects[i].Metadata = all[r.metadata:r.end]
		page.Response[i] = &objects[i]
	}
	return page
}

func appendNumber(text []byte, n int) []byte { return strconv.AppendInt(text, int64(n), 10) }

// appendHex writes all sixteen digits.
func appendHex(text []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		text = append(text, "0123456789abcdef"[n>>uint(shift)&15])
	}
	return text
}
