package db

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// RowsOf is what a prepared statement selects from that is asked about any number of rows of texts: their columns are column1,
// column2 and so on. TextRows makes its arguments. So there is one statement however many they are.
func RowsOf(d bun.IDB, columns int) string {
	var names, parts []string
	for i := range columns {
		name := "column" + strconv.Itoa(i+1)
		if isSQLite(d) {
			parts = append(parts, fmt.Sprintf("value ->> %d AS %s", i, name))
		} else {
			names, parts = append(names, name), append(parts, "?::text[]")
		}
	}
	if isSQLite(d) {
		return "(SELECT " + strings.Join(parts, ", ") + " FROM json_each(?))"
	}
	return "(SELECT * FROM unnest(" + strings.Join(parts, ", ") + ") AS u (" + strings.Join(names, ", ") + "))"
}

// TextRows are the arguments that stand for RowsOf. Every row has as many texts as that has columns.
func TextRows(d bun.IDB, columns int, rows [][]string) []any {
	if isSQLite(d) {
		raw, _ := json.Marshal(append([][]string{}, rows...)) // texts can be written down; no rows are an empty list
		return []any{string(raw)}
	}
	out := make([]any, columns)
	for i := range columns {
		var b strings.Builder
		for n, r := range rows {
			if n > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + arrayText.Replace(r[i]) + `"`)
		}
		out[i] = "{" + b.String() + "}"
	}
	return out
}

// arrayText escapes a text within quotes of PostgreSQL's form of an array (8.15.6 of its manual).
var arrayText = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
