package record_test

import (
	"encoding/json"
	"maps"
	"testing"
	"unicode/utf8"

	"greenroom/internal/record"
)

func TestStatesAreReadAsJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"m1/a":1}`, `{"m1/a":1,"m2/b-c":1796112003}`, `{"a":-5}`, `{ "spaced" : 1 , "b":2}`, `{"es\"caped":1,"ü":2}`} {
		var got record.States
		ok(t, got.Scan(text))
		want := map[string]int64{}
		ok(t, json.Unmarshal([]byte(text), &want))
		if !maps.Equal(want, map[string]int64(got)) {
			t.Errorf("%s is read as %v", text, got)
		}
		v, err := got.Value()
		ok(t, err)
		var again record.States
		ok(t, again.Scan([]byte(v.(string))))
		if !maps.Equal(got, again) {
			t.Errorf("%s becomes %v", text, again)
		}
	}
	for _, text := range []string{``, `[]`, `{"a":1`, `{"a":1}x`, `{"a":"b"}`, `{"a":1.5}`, `{"a"}`, `{"a":1,}`} {
		var got record.States
		if err := got.Scan(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	var none record.States
	ok(t, none.Scan(nil))
	if v, err := none.Value(); err != nil || v != "{}" {
		t.Errorf("no states are written as %v, %v", v, err)
	}
	if err := none.Scan(7); err == nil {
		t.Error("a number is read as states")
	}
}

func FuzzStates(f *testing.F) {
	f.Add(`{"m1/a":1,"b":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		want := map[string]int64{}
		if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &want) != nil {
			return // no database holds it
		}
		var got record.States
		if err := got.Scan(text); err != nil || !maps.Equal(want, map[string]int64(got)) {
			t.Errorf("%q is read as %v, %v; JSON says %v", text, got, err, want)
		}
	})
}
