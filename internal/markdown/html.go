package markdown

// HTML is markup that came out of this package's sanitiser. Only this package makes it, and only
// ui.HTML writes it to a page unescaped.
type HTML string
