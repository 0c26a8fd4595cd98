package web

// Icons are the icons of the product, by their names at Lucide. cmd/webbuild fails on one that does not exist,
// and a test on a template that uses one that is not in this list.
var Icons = []string{
	"archive", "arrow-down", "arrow-left", "arrow-right", "arrow-up", "award",
	"bell", "book-marked", "book-open", "bookmark",
	"calendar", "check", "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle", "circle-alert", "circle-check",
	"circle-dashed", "circle-dot", "circle-help", "circle-pause", "circle-play", "circle-x", "clipboard-check", "clipboard-list", "clock", "copy",
	"door-open", "download",
	"ellipsis", "external-link", "eye", "eye-off",
	"file", "file-check", "file-down", "file-text", "file-up", "files", "flag", "folder",
	"globe", "graduation-cap", "grip-vertical",
	"heart-handshake", "history", "home", "hourglass",
	"image", "inbox", "info",
	"key-round",
	"languages", "layers", "library", "lightbulb", "link", "list", "list-checks", "list-ordered", "lock", "log-in", "log-out",
	"mail", "map", "map-pin", "menu", "message-circle", "message-square", "message-square-quote", "messages-square", "milestone", "minus", "monitor", "moon",
	"newspaper", "notebook-pen",
	"paperclip", "pause", "pen-line", "pencil", "phone", "play", "plus", "printer",
	"quote",
	"refresh-cw", "reply", "rotate-ccw", "route",
	"save", "scale", "search", "send", "settings", "share-2", "shield", "shield-check", "sparkles", "sprout", "star", "sun", "sun-moon",
	"table", "tag", "target", "thumbs-up", "timer", "trash-2", "triangle-alert", "trophy",
	"undo-2", "upload", "user", "user-plus", "user-round", "users",
	"video",
	"wifi-off",
	"x",
}
