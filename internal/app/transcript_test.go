package app_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"greenroom/internal/record"
	"greenroom/internal/record/recordweb"
)

// jsonSchema is the part of JSON Schema that docs/schema/transcript.schema.json uses.
type jsonSchema struct {
	Type                 any
	Const                any
	Enum                 []any
	Minimum, Maximum     *float64
	Properties           map[string]*jsonSchema
	Required             []string
	AdditionalProperties *bool
	Items                *jsonSchema
}

func (s *jsonSchema) check(v any, at string) (faults []string) {
	fault := func(f string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(f, args...)) }
	kind := map[bool]string{true: "null", false: fmt.Sprintf("%T", v)}[v == nil]
	kind = map[string]string{"string": "string", "float64": "integer", "bool": "boolean", "map[string]interface {}": "object", "[]interface {}": "array", "null": "null"}[kind]
	if s.Type != nil && !slices.Contains(strings.FieldsFunc(fmt.Sprint(s.Type), func(r rune) bool { return strings.ContainsRune("[] ", r) }), kind) {
		fault("is %s, want %v", kind, s.Type)
	}
	if s.Const != nil && v != s.Const {
		fault("is %v, want %v", v, s.Const)
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		fault("is %v, want one of %v", v, s.Enum)
	}
	switch v := v.(type) {
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			fault("is %v", v)
		}
	case []any:
		for i, x := range v {
			faults = append(faults, s.Items.check(x, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, there := v[name]; !there {
				fault("lacks %s", name)
			}
		}
		for name, x := range v {
			if p := s.Properties[name]; p != nil {
				faults = append(faults, p.check(x, at+"."+name)...)
			} else {
				fault("has %s, which the schema does not know", name)
			}
		}
	}
	return faults
}

// The transcript says the same on the page, as JSON and as CSV, and as its schema promises.
func TestTranscript(t *testing.T) {
	schema := &jsonSchema{}
	ok(t, json.Unmarshal([]byte(read(t, "docs/schema/transcript.schema.json")), schema))
	each(t, setup{}, func(t *testing.T, s *site) {
		c, other, trainer := s.person("Tina Taker", "learner"), s.person("Olga Other", "learner"), s.person("Terry Trainer", "trainer")
		r := s.course("tiny")
		other.takeAll(r)
		c.post("/settings/profile", url.Values{"name": {"=Tina()"}}).want(303)
		c.take("tiny", r.First())
		c.take("tiny", r.First().Next)
		actor, err := s.Accounts.ByID(t.Context(), trainer.id)
		ok(t, err)
		last := r.First()
		for last.Next != nil {
			last = last.Next
		}
		_, err = s.Records.Decide(t.Context(), actor, record.Decision{
			PersonID: c.id, PersonName: "Tina", Course: r, Kind: record.Recognised, Steps: []string{last.Key}, Reason: "=did it elsewhere", Evidence: "a letter",
		})
		ok(t, err)
		p := c.get("/me/transcript.json").want(200)
		if p.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("headers: %v", p.header)
		}
		var doc recordweb.Document
		var raw any
		ok(t, json.Unmarshal([]byte(p.raw), &doc))
		ok(t, json.Unmarshal([]byte(p.raw), &raw))
		for _, f := range schema.check(raw, "transcript") {
			t.Error(f)
		}
		if doc.Format != "greenroom.transcript/1" || doc.Name != "=Tina()" || len(doc.Courses) != 1 || doc.Courses[0].StepsDone != 3 {
			t.Fatalf("%s", clip(p.raw))
		}
		quizzes, decided := 0, 0
		for _, a := range doc.Courses[0].Done {
			if a.Score != nil {
				quizzes++
				if a.Score.Points != a.Score.Of || !a.Score.Passed || a.Score.Attempts != 1 {
					t.Errorf("%+v", a.Score)
				}
			}
			if a.By == record.Recognised {
				decided++
			}
		}
		if quizzes != 1 || decided != 1 || len(doc.Courses[0].Decisions) != 1 || doc.Courses[0].Decisions[0].Evidence != "a letter" {
			t.Errorf("%d quizzes with a score, %d steps decided, %+v", quizzes, decided, doc.Courses[0].Decisions)
		}
		c.get("/me/transcript").want(200, "learnt before", "=did it elsewhere", "2 of 2")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/me/transcript.csv").want(200).raw, "\ufeff"))).ReadAll()
		ok(t, err)
		if len(rows) != 1+len(doc.Courses[0].Done) {
			t.Errorf("%d rows, want one a step and the head", len(rows))
		}
		for _, x := range rows {
			for _, cell := range x {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
		// With the rest done it is complete, and the certificate is in it.
		for a := r.First().Next.Next; a != nil; a = a.Next {
			if a != last {
				c.take("tiny", a)
			}
		}
		ok(t, json.Unmarshal([]byte(c.get("/me/transcript.json").want(200).raw), &doc))
		if doc.Courses[0].Status != "completed" || len(doc.Courses[0].Completions) != 1 || !doc.Courses[0].Completions[0].Holds || len(doc.Certificates) != 1 || !doc.Certificates[0].Valid {
			t.Errorf("%+v", doc.Courses[0])
		}
		c.get("/me/transcript").want(200, doc.Certificates[0].Code)
		s.nobody().get("/certificates/"+doc.Certificates[0].Code).want(200, "genuine")
		if in := c.export()["data/transcript.json"]; !strings.Contains(in, doc.Certificates[0].Code) {
			t.Error("the export has no transcript")
		}
	})
}

// Guests have a transcript without name and certificates; it keeps to the schema too.
func TestTranscriptOfAGuest(t *testing.T) {
	t.Parallel()
	schema := &jsonSchema{}
	ok(t, json.Unmarshal([]byte(read(t, "docs/schema/transcript.schema.json")), schema))
	s := newSite(t, "sqlite", setup{})
	c := s.guest()
	var raw any
	ok(t, json.Unmarshal([]byte(c.get("/me/transcript.json").want(200).raw), &raw))
	for _, f := range schema.check(raw, "transcript") {
		t.Error(f)
	}
	s.nobody().get("/me/transcript.json").want(303)
}
