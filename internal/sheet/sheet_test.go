package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"greenroom/internal/sheet"
)

func utf16File(s string, big bool) []byte {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestDecodeAnyCommonFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in           []byte
		text, coding string
		err          error
	}{
		"plain":           {[]byte("a,b\nc,d\n"), "a,b\nc,d\n", sheet.UTF8, nil},
		"mark and CRLF":   {[]byte("\xef\xbb\xbfa\r\nZoë\r\n"), "a\nZoë\n", sheet.UTF8, nil},
		"old Mac":         {[]byte("a\rb\r"), "a\nb\n", sheet.UTF8, nil},
		"Windows":         {[]byte("Zo\xeb,\x93x\x94"), "Zoë,“x”", sheet.Windows, nil},
		"UTF-16 little":   {utf16File("Zoë 🎭\tb\r\n", false), "Zoë 🎭\tb\n", sheet.UTF16, nil},
		"UTF-16 big":      {utf16File("Zoë", true), "Zoë", sheet.UTF16, nil},
		"UTF-16 cut off":  {utf16File("ab", false)[:5], "a", sheet.UTF16, nil},
		"empty":           {nil, "", sheet.UTF8, nil},
		"xlsx":            {[]byte("PK\x03\x04rest"), "", "", sheet.ErrWorkbook},
		"xls":             {[]byte("\xd0\xcf\x11\xe0rest"), "", "", sheet.ErrWorkbook},
		"NUL":             {[]byte("a,b\x00c"), "", "", sheet.ErrBinary},
		"UTF-16, no mark": {utf16File("ab", false)[2:], "", "", sheet.ErrBinary},
	} {
		text, coding, err := sheet.Decode(c.in)
		if text != c.text || coding != c.coding || !errors.Is(err, c.err) {
			t.Errorf("%s: %q %q %v", name, text, coding, err)
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a,b\n1,2\n":                        `1[a b] 2[1 2] `,
		"a;b,c;d\n1;2\n":                    `1[a b,c d] 2[1 2] `,
		"a\tb\n1\t2":                        `1[a b] 2[1 2] `,
		"\"x;y;z\",b\n1,2":                  `1[x;y;z b] 2[1 2] `,
		"a,b\n\n , \n1,2\n":                 `1[a b] 4[1 2] `,
		"a\n\"two\nlines\"\nc\n":            "1[a] 2[two\nlines] 4[c] ",
		"a,b\n1,\"say \"\"hi\"\"\"\n":       `1[a b] 2[1 say "hi"] `,
		"a,b\n1,x\"y\n3,4\n":                `1[a b] 2! 3[3 4] `,
		"a,b\n1,2\n\"never closed,3\n4,5\n": `1[a b] 2[1 2] 3! `,
		"a,b\n1\n1,2,3\n":                   `1[a b] 2[1] 3[1 2 3] `,
		"":                                  ``,
		" a , b \n":                         `1[a b] `,
	} {
		got := ""
		if err := sheet.Rows(in, func(r sheet.Row) bool {
			if r.Err != nil {
				got += fmt.Sprintf("%d! ", r.Line)
			} else {
				got += fmt.Sprintf("%d%v ", r.Line, r.Cells)
			}
			return true
		}); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
	n := 0
	if err := sheet.Rows("a\nb\nc\n", func(sheet.Row) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("stopped after %d, %v", n, err)
	}
}

// Whatever the bytes, reading ends without a panic and cells are what a row of the file can hold.
func TestNoFileBreaksTheReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, _, err := sheet.Decode(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes"))
		if err != nil {
			return
		}
		last := 0
		_ = sheet.Rows(text, func(r sheet.Row) bool {
			if r.Line < last || r.Line < 1 {
				t.Fatalf("line %d after %d", r.Line, last)
			}
			last = r.Line
			return true
		})
	})
}

func TestCellsAreNeverFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Posting well": "Posting well", "a=b": "a=b", "'=1": "'=1",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "\x00=1": "'\x00=1",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x",
	} {
		if got := sheet.Cell(in); got != want {
			t.Errorf("%q is written as %q, want %q", in, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := sheet.NewWriter(&b)
	if err := errors.Join(w.Row("Name", "a,b"), w.Row("=cmd()", `say "x"`), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffName,\"a,b\"\r\n'=cmd(),\"say \"\"x\"\"\"\r\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
	back, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil || len(back) != 2 {
		t.Errorf("%v %v", back, err)
	}
}
