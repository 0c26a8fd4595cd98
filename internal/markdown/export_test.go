package markdown

// Sanitise is the last step alone.
var Sanitise = sanitise
