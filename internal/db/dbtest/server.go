package dbtest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"syscall"
	"time"
)

// Server is a throw-away PostgreSQL: no password, no flushing, one folder, gone when its starter is gone.
type Server struct {
	URL   string // of its maintenance database
	dir   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
	broom io.Closer     // see sweepUp; kept so that the pipe stays open
}

// fast are settings for databases that nobody will miss. Never for real data.
var fast = []string{
	"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "jit=off",
	"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "dynamic_shared_memory_type=mmap", "-c", "max_connections=300",
	"-c", "shared_buffers=64MB",
}

// durable are the settings of a real server, for measuring.
var durable = []string{
	"-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on", "-c", "max_connections=100",
	"-c", "dynamic_shared_memory_type=mmap",
}

// Start starts a server that loses everything. It works as root (the server then runs as postgres or nobody) and
// as an ordinary user. The error says what is missing.
func Start() (*Server, error) { return startBelow(fast, os.TempDir()) }

// StartHere is Start in a folder whose name follows from the checkout at root, so that the URL is the same each
// time: go test counts the environment in when it decides whether a result can be used again. When another run has
// the folder, this is Start.
func StartHere(root string) (*Server, error) {
	sum := sha256.Sum256([]byte(root))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("gr-pg-%d-%x", os.Getuid(), sum[:4]))
	if err := os.Mkdir(dir, 0o700); err != nil {
		if c, err := net.Dial("unix", filepath.Join(dir, socketName)); err == nil {
			_ = c.Close()
			return Start()
		}
		// Left by a run that was killed, or a run that is only just starting: then removing fails or it does, and
		// whoever loses is told so. The name is this user's own.
		if os.RemoveAll(dir) != nil || os.Mkdir(dir, 0o700) != nil {
			return Start()
		}
	}
	return start(fast, dir)
}

// StartDurable starts a server that flushes as a real one does, with its files below dir: for benchmarks.
func StartDurable(dir string) (*Server, error) { return startBelow(durable, dir) }

func startBelow(settings []string, below string) (*Server, error) {
	dir, err := os.MkdirTemp(below, "gr-pg-")
	if err != nil {
		return nil, err
	}
	return start(settings, dir)
}

// socketName is what PostgreSQL calls its socket on port 5432. There is no port that could clash with another's:
// the server listens on a socket in its own folder only.
const socketName = ".s.PGSQL.5432"

// start starts a server in the empty folder dir, which is removed when that fails and when the server is stopped.
func start(settings []string, dir string) (s *Server, err error) {
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	if len(dir)+1+len(socketName) > 107 {
		return nil, fmt.Errorf("%s is too long a name for a socket's folder: set TMPDIR to a shorter one", dir)
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
	args := append([]string{"-D", data, "-p", "5432", "-k", dir, "-c", "listen_addresses="}, settings...)
	cmd := command(dir, cred, filepath.Join(bin, "postgres"), args...)
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	defer logFile.Close()
	socket := url.Values{"host": {filepath.Join(dir, socketName)}, "sslmode": {"disable"}}
	s = &Server{URL: "postgres://greenroom@/postgres?" + socket.Encode(), dir: dir, cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(s.ended)
		runtime.LockOSThread() // Pdeathsig fires when the thread that forked ends, so it must live as long
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	if err := s.sweepUp(); err != nil {
		s.Stop()
		return nil, err
	}
	for try := 0; ; try++ {
		if err = admin(s.URL, "SELECT 1"); err == nil {
			return s, nil
		}
		if try > 300 || s.gone() {
			text, _ := os.ReadFile(logFile.Name())
			s.Stop()
			return nil, fmt.Errorf("PostgreSQL did not come up: %w: %s", err, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// sweepUp starts a shell that removes the server's files when this process is gone, however it went: a package
// that started its own server has no moment to call Stop. The shell waits for the end of a pipe that only this
// process can write to.
func (s *Server) sweepUp() error {
	const script = `read -r _; while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; rm -rf -- "$1"`
	sh := command("/", nil, "/bin/sh", "-c", script, strconv.Itoa(s.cmd.Process.Pid), s.dir)
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // outlives this process
	pipe, err := sh.StdinPipe()
	if err != nil {
		return err
	}
	if err := sh.Start(); err != nil {
		return fmt.Errorf("start what removes the files: %w", err)
	}
	s.broom = pipe
	go func() { _ = sh.Wait() }()
	return nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		s.Kill()
		<-s.ended
	}
	_ = os.RemoveAll(s.dir)
}

func (s *Server) gone() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// Kill ends the server as a crash does, files and all kept.
func (s *Server) Kill() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) }

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

// Pid is the server's process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }
