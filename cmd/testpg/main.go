// Command testpg runs another command with a throw-away PostgreSQL beside it:
//
//	go run ./cmd/testpg -- go test ./...
//
// The command finds the server's URL in GREENROOM_TEST_PG, and that of an empty database in GREENROOM_TEST_PG_URL.
// The server and its files are gone afterwards. Exit status: the command's; 2 when there is no PostgreSQL.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"greenroom/internal/db/dbtest"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: testpg -- command [argument ...]")
		return 2
	}
	root, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 2
	}
	s, err := dbtest.StartHere(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 2
	}
	defer s.Stop()
	fresh, err := dbtest.FreshPostgres(s.URL)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 2
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), dbtest.URLVar+"="+s.URL, "GREENROOM_TEST_PG_URL="+fresh)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 2
	}
	go func() {
		for sig := range stop {
			_ = cmd.Process.Signal(sig)
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 1
	}
	return 0
}
