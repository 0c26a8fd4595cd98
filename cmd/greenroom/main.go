// Command greenroom is the whole product in one binary: the server and what its operator and authors need.
//
// Exit status: 0 all went well; 1 it did not, or a check found faults; 2 the command line or a setting is wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	runtime.MemProfileRate = 0 // nothing here shows where memory was taken, and keeping count of it takes a megabyte
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
