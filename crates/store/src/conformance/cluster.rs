//! A PostgreSQL cluster to throw away: made from Debian's package `postgresql` in a directory of its own, on a port
//! of its own, and gone with the process that made it, however that ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Where Debian keeps its versions.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The account that owns a cluster where root may not.
const OWNER: &str = "postgres";
/// The database's superuser, and its password.
const USER: &str = "postrider";
const PASSWORD: &str = "throw-away";
/// Stops the cluster, also one that hangs, and clears it away when nobody holds the other end of its input any more.
/// The terminal's Ctrl-C is for the test.
const KEEPER: &str = "trap '' INT TERM HUP; read -r _; { main=$(head -n 1 \"$1/data/postmaster.pid\"); \
     kill -CONT $main $(pgrep -P $main); \"$0/pg_ctl\" -D \"$1/data\" -m immediate -w stop; } >/dev/null 2>&1; rm -rf \"$1\"";

/// A running cluster. It writes to the disk as carefully as any.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    keeper: Child,
    /// `None` only while it is dropped.
    alive: Option<ChildStdin>,
}

impl Cluster {
    /// Makes one and starts it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(&std::env::temp_dir())
    }

    /// Makes one in this folder and starts it.
    #[must_use]
    pub fn start_in(folder: &Path) -> Self {
        let cluster = Self::make(folder);
        let password = cluster.directory.join("password");
        cluster.run("sh", &["-c", "umask 077; echo \"$0\" > \"$1\"", PASSWORD, &password.to_string_lossy()]);
        cluster.run(
            "initdb",
            &[
                "--pgdata",
                &cluster.data(),
                "--username",
                USER,
                "--pwfile",
                &password.to_string_lossy(),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
        );
        cluster.start_again();
        cluster
    }

    /// Makes a copy of another one and starts it, as a replica that follows it.
    #[must_use]
    pub fn replica_of(primary: &Self) -> Self {
        let cluster = Self::make(&std::env::temp_dir());
        let from = format!("host=127.0.0.1 port={} user={USER} password={PASSWORD}", primary.port);
        cluster.run(
            "pg_basebackup",
            &[
                "--pgdata",
                &cluster.data(),
                "-d",
                &from,
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
            ],
        );
        cluster.start_again();
        cluster
    }

    /// Makes a replica a primary that can be written.
    pub fn promote(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--wait", "promote"]);
    }

    /// A directory, with a keeper that clears it away.
    fn make(folder: &Path) -> Self {
        let programs = newest();
        let made = as_owner(Path::new("mktemp"))
            .arg("-d")
            .arg(format!("--tmpdir={}", folder.display()))
            .arg("postrider-cluster.XXXXXX")
            .output();
        let made = made.expect("mktemp runs").stdout;
        let directory = PathBuf::from(String::from_utf8(made).expect("a path is UTF-8").trim());
        let mut keeper = as_owner(Path::new("sh"))
            .args(["-c", KEEPER])
            .arg(&programs)
            .arg(&directory)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let alive = keeper.stdin.take();
        Self { port: free_port(), programs, directory, keeper, alive }
    }

    /// The URL of one of its databases, for clients on this machine.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The URL of a database that this one and a replica of it have, for clients that use whichever can be written.
    #[must_use]
    pub fn url_with(&self, replica: &Self, database: &str) -> String {
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}", self.port, replica.port);
        format!(
            "postgres://{USER}:{PASSWORD}@{hosts}/{database}?sslmode=disable&target_session_attrs=read-write"
        )
    }

    /// Makes a database.
    pub fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {database}"));
    }

    /// Runs SQL, and returns the rows, a line each, columns separated by `|`.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "-At",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            &self.url(database),
            "-c",
            sql,
        ]);
        succeed(&mut psql)
    }

    /// Sets a parameter of the server's, which takes effect when it is started again.
    pub fn set(&self, parameter: &str, value: &str) {
        self.sql("postgres", &format!("ALTER SYSTEM SET {parameter} = '{value}'"));
    }

    /// Has the server take on its parameters, those that need no new start.
    pub fn reload(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "reload"]);
    }

    /// Puts a file into the directory of its data, readable by it alone.
    pub fn put(&self, name: &str, content: &str) {
        let path = Path::new(&self.data()).join(name);
        self.run("sh", &["-c", "umask 077; printf '%s' \"$0\" > \"$1\"", content, &path.to_string_lossy()]);
    }

    /// Stops it as a power cut would.
    pub fn stop(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--mode=immediate", "--wait", "stop"]);
    }

    /// Has all its processes hang, as those of a machine do that neither runs nor is off. It takes connections still.
    pub fn hang(&self) {
        self.signal("STOP");
    }

    /// Has them go on.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// Sends a signal to its main process, and to its others, of which one may end meanwhile.
    fn signal(&self, signal: &str) {
        let script = "main=$(head -n 1 \"$0/postmaster.pid\"); kill -$1 $main && { kill -$1 $(pgrep -P $main) || true; }";
        self.run("sh", &["-c", script, &self.data(), signal]);
    }

    /// Starts it after [`Cluster::stop`], on the same port.
    pub fn start_again(&self) {
        self.run(
            "pg_ctl",
            &["--pgdata", &self.data(), "--log", &self.log(), "-o", &self.options(), "--wait", "start"],
        );
    }

    /// Loses all its files, as with the disk that they were on.
    pub fn lose(&self) {
        self.stop();
        self.run("rm", &["-rf", &self.data()]);
    }

    /// A path next to its data, which is cleared away with it.
    #[must_use]
    pub fn beside(&self, name: &str) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }

    /// Runs what a person types who owns the server and may do anything in it, and returns what that says. Names
    /// are variables; `PGDATA` is one of them, `stop` and `start` do that.
    ///
    /// # Panics
    /// When it fails.
    pub fn shell(&self, commands: &str, names: &[(&str, &str)]) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let preface = format!(
            "set -eu; stop() {{ pg_ctl --wait stop; }}; start() {{ pg_ctl --log '{}' -o '{}' --wait start; }}",
            self.log(),
            self.options()
        );
        let mut shell = as_owner(Path::new("sh"));
        shell
            .args(["-c", &format!("{preface}\n{commands}")])
            .current_dir(&self.directory)
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .envs([("PGDATA", self.data()), ("PGPORT", self.port.to_string())])
            .envs([("PGHOST", "127.0.0.1"), ("PGUSER", USER), ("PGPASSWORD", PASSWORD)])
            .envs(names.iter().copied());
        succeed(&mut shell)
    }

    fn options(&self) -> String {
        format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c max_connections=300",
            self.port
        )
    }

    fn log(&self) -> String {
        self.beside("log")
    }

    fn data(&self) -> String {
        self.beside("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let path = self.programs.join(program);
        let path = if path.exists() { path } else { program.into() };
        succeed(as_owner(&path).args(arguments).current_dir(&self.directory))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.alive = None;
        let _ = self.keeper.wait();
    }
}

/// The programs of the newest version that is installed.
fn newest() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(VERSIONS)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").exists().then_some((number, programs))
        })
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is installed: apt-get install postgresql").1
}

/// A program run as somebody who may own a cluster: root may not.
fn as_owner(program: &Path) -> Command {
    let root = succeed(Command::new("id").arg("-u")).trim() == "0";
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={OWNER}"), &format!("--regid={OWNER}"), "--clear-groups", "--"]);
    // Not everybody may read the directory that the test runs in.
    command.arg(program).current_dir("/");
    command
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    assert!(
        output.status.success(),
        "{:?} failed: {}{}",
        command.get_program(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}
