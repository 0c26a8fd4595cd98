package dbtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a throw-away PostgreSQL: no password, no flushing, one folder, gone when its starter is gone.
type Server struct {
	URL string // of its maintenance database
	dir string
	cmd *exec.Cmd
}

// fast are settings for databases that nobody will miss. Never for real data.
var fast = []string{
	"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "jit=off",
	"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "dynamic_shared_memory_type=mmap", "-c", "max_connections=300",
	"-c", "shared_buffers=64MB", "-c", "unix_socket_directories=",
}

// durable are the settings of a real server, for measuring.
var durable = []string{
	"-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on", "-c", "max_connections=100",
	"-c", "dynamic_shared_memory_type=mmap", "-c", "unix_socket_directories=",
}

// Start starts a server that loses everything. It works as root (the server then runs as postgres or nobody) and
// as an ordinary user. The error says what is missing.
func Start() (*Server, error) { return start(fast, os.TempDir()) }

// StartDurable starts a server that flushes as a real one does, with its files below dir: for benchmarks.
func StartDurable(dir string) (*Server, error) { return start(durable, dir) }

func start(settings []string, below string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(below, "gr-pg-")
	if err != nil {
		return nil, err
	}
	cred, err := owner(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "d")
	initdb := command(dir, cred, filepath.Join(bin, "initdb"), "--no-sync", "-A", "trust", "-U", "greenroom", "-E", "UTF8", "--locale=C.UTF-8", "-D", data)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := append([]string{"-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1"}, settings...)
	cmd := command(dir, cred, filepath.Join(bin, "postgres"), args...)
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig fires when the thread that forked ends, so it must live as long
		started <- cmd.Start()
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	s := &Server{URL: fmt.Sprintf("postgres://greenroom@127.0.0.1:%d/postgres?sslmode=disable", port), dir: dir, cmd: cmd}
	for try := 0; ; try++ {
		if err = admin(s.URL, "SELECT 1"); err == nil {
			return s, nil
		}
		if try > 300 {
			text, _ := os.ReadFile(logFile.Name())
			s.Stop()
			return nil, fmt.Errorf("PostgreSQL did not come up: %w: %s", err, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		for range 100 { // it is gone when nothing answers any more
			if c, err := net.Dial("tcp", hostOf(s.URL)); err != nil {
				break
			} else {
				_ = c.Close()
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
	_ = os.RemoveAll(s.dir)
}

// Kill ends the server as a crash does, files and all kept.
func (s *Server) Kill() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) }

func hostOf(u string) string {
	_, rest, _ := strings.Cut(u, "@")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func command(dir string, cred *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT, Credential: cred}
	return cmd
}

// owner gives dir to the account that the server runs as: PostgreSQL refuses to run as root.
func owner(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, errors.New("started as root, and there is no account 'postgres' or 'nobody' to run PostgreSQL as")
		}
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// binaries finds the folder with initdb and postgres: the newest of Debian's, else what is on the path.
func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(dirs, func(i, j int) bool { return version(dirs[i]) > version(dirs[j]) })
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "postgres")); err == nil {
			return d, nil
		}
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("initdb and postgres were not found: install PostgreSQL 14 or newer (Debian: apt-get install postgresql)")
}

func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Pid is the server's process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }
