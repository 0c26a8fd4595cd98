// Package workshop is the run sheets of workshops: what a trainer does in a room with the material of a module, item by
// item, with planned minutes and notes.
//
//	kind.go       a run sheet as a file of the course (course.Kind); docs/course-format.md has the format
//	workshopweb   the pages
//
// A run sheet stands beside the steps of its module (course.Module.Asides): nobody has to do it.
package workshop
