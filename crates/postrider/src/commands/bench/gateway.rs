//! The gateway that is measured: this same program in a process of its own, and what the kernel says of it.

use super::{HTTP, SMPP, STANDSTILL};
use crate::failure::{Failure, plain};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The configuration that all figures of the project are measured with.
const CONFIG: &str = include_str!("../../../../../bench/bench.toml");

/// The environment variable in which that configuration expects the key.
const KEY: &str = "POSTRIDER_BENCH_KEY";

/// What the kernel counts CPU time in, as it has on every architecture that Linux runs on today: 1/100 s.
const TICKS_PER_SECOND: f64 = 100.0;

/// How often to ask whether the gateway is ready.
const POLL: Duration = Duration::from_millis(5);

/// A gateway, killed when this is dropped.
#[derive(Debug)]
pub(super) struct Gateway {
    folder: TempDir,
    key: String,
    child: Child,
}

impl Gateway {
    /// Starts it with a store of its own below `data`, and waits until it is ready.
    pub(super) async fn start(config: Option<&Path>, data: Option<&Path>) -> Result<Self, Failure> {
        for address in [HTTP, SMPP] {
            is_free(address)?;
        }
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix("postrider-bench-");
        let folder = match data {
            Some(data) => folder.tempdir_in(data),
            None => folder.tempdir(),
        };
        let folder = folder.map_err(|error| failed("can't make a directory", &error))?;
        let file = folder.path().join("bench.toml");
        match config {
            Some(config) => fs::copy(config, &file).map(drop),
            None => fs::write(&file, CONFIG),
        }
        .map_err(|error| failed("can't write the configuration", &error))?;
        let key = key()?;
        let child = spawn(folder.path(), &key)?;
        let mut gateway = Self { folder, key, child };
        gateway.ready().await?;
        Ok(gateway)
    }

    /// The key of its account.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Kills it as hard as can be, and starts it again with what it has stored. Returns how long it took from the
    /// start until it was ready.
    pub(super) async fn restart(&mut self) -> Result<Duration, Failure> {
        self.kill();
        let start = Instant::now();
        self.child = spawn(self.folder.path(), &self.key)?;
        self.ready().await?;
        Ok(start.elapsed())
    }

    /// CPU-seconds that it has used since it was started.
    pub(super) fn cpu(&self) -> Result<f64, Failure> {
        cpu(&self.child.id().to_string())
    }

    /// The most memory that it has had, in octets.
    pub(super) fn peak(&self) -> Result<u64, Failure> {
        self.memory("VmHWM:")
    }

    /// The memory that it has now, in octets.
    pub(super) fn resident(&self) -> Result<u64, Failure> {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> Result<u64, Failure> {
        let status = read(&format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| Failure::failed(format!("the kernel doesn't tell {name}")))
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        while !is_ready().await {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::failed(format!("the gateway ended ({status}): {}", self.last_words())));
            }
            if start.elapsed() > STANDSTILL {
                return Err(Failure::failed(format!("the gateway isn't ready: {}", self.last_words())));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
    }
}

/// CPU-seconds of this process.
pub(super) fn own_cpu() -> Result<f64, Failure> {
    cpu("self")
}

/// User and system time (proc(5), /proc/pid/stat fields 14 and 15).
fn cpu(process: &str) -> Result<f64, Failure> {
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The second field is a name in parentheses, which may hold anything.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(Failure::failed("the kernel doesn't tell CPU times")),
    }
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        failed(&format!("can't read {path}"), &error).help("figures of processes are to be had on Linux only")
    })
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}

/// Another gateway would answer in the place of ours.
fn is_free(address: &str) -> Result<(), Failure> {
    let listener = std::net::TcpListener::bind(address);
    listener.map(drop).map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {address}: {}", plain(&why)))
            .help("stop the gateway or the demo that runs there: a measurement needs its ports")
    })
}

fn key() -> Result<String, Failure> {
    if let Ok(key) = std::env::var(KEY) {
        return Ok(key);
    }
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|error| Failure::failed(format!("can't make a key: {error}")))?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

fn spawn(folder: &Path, key: &str) -> Result<Child, Failure> {
    let program = std::env::current_exe().map_err(|error| failed("can't find this program", &error))?;
    let log = File::create(folder.join("log")).map_err(|error| failed("can't write a log", &error))?;
    Command::new(program)
        .arg("serve")
        .arg("--config")
        .arg(folder.join("bench.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .env(KEY, key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|error| failed("can't start the gateway", &error))
}

async fn is_ready() -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(HTTP).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    matches!(ask.await, Ok(answer) if answer.starts_with(b"HTTP/1.1 200"))
}
