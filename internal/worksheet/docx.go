package worksheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// The Word file is written here, by archive/zip and a few fixed parts, rather than by a library. Headings,
// paragraphs and tables are all we need, and what matters is what the file does NOT hold: no fields, no macros,
// no relationship that leaves the file. Of the libraries looked at, gomutex/godocx and fumiama/go-docx have no
// tagged release, and nguyenthenguyen/docx only fills templates and has rested since 2023; each is larger than
// these parts and would still want the same tests. The parts follow ECMA-376, Office Open
// XML, part 1 (WordprocessingML); a test reads every one with a strict XML reader.

// DOCX writes the document as a Word file. The same document gives the same bytes.
func (d Document) DOCX() ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range []struct{ name, body string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"docProps/core.xml", d.core()},
		{"word/document.xml", d.body()},
		{"word/_rels/document.xml.rels", documentRels},
		{"word/styles.xml", strings.ReplaceAll(styles, "{{lang}}", text(d.Language))},
		{"word/settings.xml", settings},
		{"word/footer1.xml", xmlHead + `<w:ftr ` + wordNS + `>` + para("Footer", d.Footer) + `</w:ftr>`},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: d.At.UTC()})
		if err != nil {
			return nil, fmt.Errorf("docx part %s: %w", p.name, err)
		}
		if _, err := w.Write([]byte(p.body)); err != nil {
			return nil, fmt.Errorf("docx part %s: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("docx: %w", err)
	}
	return b.Bytes(), nil
}

// text escapes s for XML and drops what XML forbids.
func text(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(printable(s))) // a strings.Builder never fails
	return b.String()
}

func run(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(tidy(s), "\n") {
		if i > 0 {
			b.WriteString(`<w:r><w:br/></w:r>`)
		}
		b.WriteString(`<w:r><w:t xml:space="preserve">` + text(line) + `</w:t></w:r>`)
	}
	return b.String()
}

func para(style, s string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>` + run(s) + `</w:p>`
}

func (d Document) body() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:document ` + wordNS + `><w:body>` + para("Title", d.Title))
	for _, l := range d.Lines {
		b.WriteString(para("Subtitle", l))
	}
	w, h, orient := 11906, 16838, "" // A4, twentieths of a point
	if d.Wide() {
		w, h, orient = h, w, ` w:orient="landscape"`
	}
	for _, s := range d.Sections {
		b.WriteString(para("Heading1", s.Title))
		for _, f := range s.Fields {
			b.WriteString(para("Heading2", f.Label))
			for _, p := range f.Paragraphs {
				b.WriteString(para("Normal", p))
			}
			if len(f.Head) > 0 {
				table(&b, f.Head, f.Rows, w-2*margin)
			}
		}
	}
	fmt.Fprintf(&b, `<w:sectPr><w:footerReference w:type="default" r:id="rId3"/><w:pgSz w:w="%d" w:h="%d"%s/>`+
		`<w:pgMar w:top="%[4]d" w:right="%[4]d" w:bottom="%[4]d" w:left="%[4]d" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>`,
		w, h, orient, margin)
	b.WriteString(`</w:body></w:document>`)
	return b.String()
}

const margin = 1134 // 2 cm

// table writes a table with a head row that repeats on each page; screen readers take it for the head.
func table(b *strings.Builder, head []string, rows [][]string, width int) {
	each := width / len(head)
	fmt.Fprintf(b, `<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="%d" w:type="dxa"/>`+
		`<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>`, each*len(head))
	for range head {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, each)
	}
	b.WriteString(`</w:tblGrid>`)
	tr := func(cells []string, style, rowProps string) {
		b.WriteString(`<w:tr><w:trPr><w:cantSplit/>` + rowProps + `</w:trPr>`)
		for i := range head {
			cell := ""
			if i < len(cells) {
				cell = cells[i]
			}
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>%s</w:tc>`, each, para(style, cell))
		}
		b.WriteString(`</w:tr>`)
	}
	tr(head, "TableHead", `<w:tblHeader/>`)
	for _, r := range rows {
		tr(r, "TableText", "")
	}
	b.WriteString(`</w:tbl>` + `<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p>`)
}

// core is the file's properties: nothing about the person but the name they chose to show.
func (d Document) core() string {
	at := d.At.UTC().Format(time.RFC3339)
	creator := ""
	if d.Author != "" {
		creator = `<dc:creator>` + text(d.Author) + `</dc:creator>`
	}
	return xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>` + text(d.Title) + `</dc:title>` + creator + `<dc:language>` + text(d.Language) + `</dc:language>` +
		`<dcterms:created xsi:type="dcterms:W3CDTF">` + at + `</dcterms:created>` +
		`<dcterms:modified xsi:type="dcterms:W3CDTF">` + at + `</dcterms:modified></cp:coreProperties>`
}

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordNS  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	packageRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	documentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/>` +
		`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>`

	settings = xmlHead + `<w:settings ` + wordNS + `><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>` +
		`<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`

	styles = xmlHead + `<w:styles ` + wordNS + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/><w:sz w:val="21"/><w:szCs w:val="21"/>` +
		`<w:lang w:val="{{lang}}" w:eastAsia="{{lang}}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>` +
		`<w:pPrDefault><w:pPr><w:spacing w:after="80" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:spacing w:after="60"/></w:pPr><w:rPr><w:b/><w:color w:val="0B5C69"/><w:sz w:val="40"/><w:szCs w:val="40"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:spacing w:after="20"/></w:pPr><w:rPr><w:color w:val="43505C"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:keepNext/><w:spacing w:before="200" w:after="60"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:color w:val="0B5C69"/><w:sz w:val="28"/><w:szCs w:val="28"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:keepNext/><w:spacing w:before="120" w:after="20"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="TableHead"><w:name w:val="Table Head"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="19"/><w:szCs w:val="19"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="TableText"><w:name w:val="Table Text"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:sz w:val="19"/><w:szCs w:val="19"/></w:rPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:color w:val="5A6671"/><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr></w:style>` +
		`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>` +
		`<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
		`<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>` +
		`<w:top w:val="single" w:sz="4" w:space="0" w:color="76828C"/><w:left w:val="single" w:sz="4" w:space="0" w:color="76828C"/>` +
		`<w:bottom w:val="single" w:sz="4" w:space="0" w:color="76828C"/><w:right w:val="single" w:sz="4" w:space="0" w:color="76828C"/>` +
		`<w:insideH w:val="single" w:sz="4" w:space="0" w:color="76828C"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="76828C"/>` +
		`</w:tblBorders></w:tblPr></w:style></w:styles>`
)
