//! The gateway that is measured: this same program or another build of it, in a process of its own or in several that
//! share a store.

use super::setup::{HTTP, SMPP, STANDSTILL, address};
use super::{Args, configuration, kernel, opt_outs};
use crate::clock;
use crate::failure::{Failure, plain};
use crate::terminal::complain;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The environment variable in which that configuration expects the key.
const KEY: &str = "POSTRIDER_BENCH_KEY";

/// The key of encryption, where that is measured. It protects nothing.
const SEALING: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The thread of an embedded store.
const STORE_THREAD: &str = "store";

/// The file of the configuration, in the folder of the gateway.
const CONFIG: &str = "bench.toml";

/// The directory of the embedded store, in that folder.
const DATA: &str = "data0";

/// How often to ask whether the gateway is ready.
const POLL: Duration = Duration::from_millis(5);
/// How long it may take to read opt-outs.
const READING: Duration = Duration::from_secs(300);
/// How often it is asked whether it has.
const READ_POLL: Duration = Duration::from_millis(200);

/// A gateway, killed when this is dropped.
#[derive(Debug)]
pub(super) struct Gateway {
    program: PathBuf,
    folder: TempDir,
    key: String,
    nodes: Vec<Node>,
    postmaster: Option<u32>,
}

/// One process of it.
#[derive(Debug)]
struct Node {
    /// The first is 0.
    index: u16,
    child: Child,
}

impl Gateway {
    /// Starts its nodes with a store of its own, and waits until they are ready.
    pub(super) async fn start(args: &Args, program: &Path) -> Result<Self, Failure> {
        shell(args.prepare.as_deref())?;
        for index in 0..args.nodes {
            for first in [HTTP, SMPP] {
                is_free(behind(first, index)?)?;
            }
        }
        let folder = folder(args.data.as_deref())?;
        fs::write(folder.path().join(CONFIG), configuration::text(args)?)
            .map_err(|error| failed("can't write the configuration", &error))?;
        if args.opt_outs > 0 {
            opt_outs::write(&folder.path().join(DATA), args.opt_outs).await?;
        }
        let key = key()?;
        let mut gateway =
            Self { program: program.to_owned(), folder, key, nodes: Vec::new(), postmaster: args.postmaster };
        // One after the other: the first makes the tables.
        for index in 0..args.nodes {
            let child = gateway.spawn(index)?;
            gateway.nodes.push(Node { index, child });
            gateway.ready().await?;
        }
        if args.opt_outs > 0 {
            gateway.read_opt_outs(args.opt_outs).await?;
        }
        shell(args.fill.as_deref())?;
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
        let start = clock::now();
        for node in 0..self.nodes.len() {
            self.nodes[node].child = self.spawn(self.nodes[node].index)?;
        }
        self.ready().await?;
        Ok(start.elapsed())
    }

    /// Where its nodes take SMPP clients.
    pub(super) fn smpp(&self) -> Result<Vec<SocketAddr>, Failure> {
        self.nodes.iter().map(|node| behind(SMPP, node.index)).collect()
    }

    /// CPU-seconds that all its nodes have used since they were started.
    pub(super) fn cpu(&self) -> Result<f64, Failure> {
        self.nodes.iter().map(|node| kernel::cpu(&node.child.id().to_string())).sum()
    }

    /// CPU-seconds that the thread of an embedded store has used; `None` when the store is a database.
    pub(super) fn store_thread_cpu(&self) -> Result<Option<f64>, Failure> {
        self.nodes.first().map_or(Ok(None), |node| kernel::threads_cpu(node.child.id(), STORE_THREAD))
    }

    /// CPU-seconds that the database has used since it was started, if it is to be told.
    pub(super) fn database_cpu(&self) -> Result<Option<f64>, Failure> {
        self.postmaster.map(kernel::family_cpu).transpose()
    }

    /// The most memory that a node of it has had, in octets.
    pub(super) fn peak(&self) -> Result<u64, Failure> {
        self.memory("VmHWM")
    }

    /// The most memory that a node of it has now, in octets.
    pub(super) fn resident(&self) -> Result<u64, Failure> {
        self.memory("VmRSS")
    }

    fn memory(&self, name: &str) -> Result<u64, Failure> {
        self.nodes
            .iter()
            .map(|node| kernel::memory(node.child.id(), name))
            .try_fold(0, |most, node| Ok(most.max(node?)))
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        let start = clock::now();
        for node in &mut self.nodes {
            let address = behind(HTTP, node.index)?;
            let last_words = || last_words(self.folder.path(), node.index);
            while !is_ready(address).await {
                if let Ok(Some(status)) = node.child.try_wait() {
                    return Err(Failure::failed(format!("the gateway ended ({status}): {}", last_words())));
                }
                if start.elapsed() > STANDSTILL {
                    return Err(Failure::failed(format!("the gateway isn't ready: {}", last_words())));
                }
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Waits until it has read all opt-outs: it does that beside its work, which isn't what is measured.
    async fn read_opt_outs(&self, count: u64) -> Result<(), Failure> {
        let start = clock::now();
        while !knows_opt_outs(behind(HTTP, 0)?, count).await {
            if start.elapsed() > READING {
                return Err(Failure::failed(format!(
                    "the gateway doesn't read {count} opt-outs in {READING:?}"
                )));
            }
            tokio::time::sleep(READ_POLL).await;
        }
        complain(&format!(
            "It has read the opt-outs in {:.1} s, and has {} MiB.",
            start.elapsed().as_secs_f64(),
            self.resident()? >> 20
        ));
        Ok(())
    }

    fn spawn(&self, index: u16) -> Result<Child, Failure> {
        let folder = self.folder.path();
        let log = File::create(log(folder, index)).map_err(|error| failed("can't write a log", &error))?;
        Command::new(&self.program)
            .arg("serve")
            .arg("--config")
            .arg(folder.join(CONFIG))
            .arg("--data")
            .arg(folder.join(format!("data{index}")))
            .arg("--http")
            .arg(behind(HTTP, index)?.to_string())
            .arg("--smpp")
            .arg(behind(SMPP, index)?.to_string())
            .env(KEY, &self.key)
            .env(configuration::SEALING_KEY, SEALING)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| failed(&format!("can't start {}", self.program.display()), &error))
    }

    fn kill(&mut self) {
        for node in &mut self.nodes {
            // It may have ended by itself.
            let _ = node.child.kill();
            let _ = node.child.wait();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command of the shell, if there is one.
fn shell(command: Option<&str>) -> Result<(), Failure> {
    let Some(command) = command else { return Ok(()) };
    let status =
        Command::new("sh").arg("-c").arg(command).stdin(Stdio::null()).stdout(std::io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::failed(format!("`{command}` failed ({status})"))),
        Err(error) => Err(failed("can't run a shell", &error)),
    }
}

/// A new directory, among those for temporary files or in this one.
fn folder(parent: Option<&Path>) -> Result<TempDir, Failure> {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("postrider-bench-");
    match parent {
        Some(parent) => folder.tempdir_in(parent),
        None => folder.tempdir(),
    }
    .map_err(|error| failed("can't make a directory", &error))
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}

fn log(folder: &Path, index: u16) -> PathBuf {
    folder.join(format!("log{index}"))
}

fn last_words(folder: &Path, index: u16) -> String {
    let log = fs::read_to_string(log(folder, index)).unwrap_or_default();
    log.lines().last().unwrap_or("it said nothing").to_owned()
}

/// The address of a node: the first has this one, each further one the next port.
fn behind(first: &str, index: u16) -> Result<SocketAddr, Failure> {
    let mut address = address(first)?;
    address.set_port(address.port() + index);
    Ok(address)
}

/// Another gateway would answer in the place of ours.
fn is_free(address: SocketAddr) -> Result<(), Failure> {
    let listener = std::net::TcpListener::bind(address);
    listener.map(drop).map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {address}: {}", plain(&why)))
            .help("stop the gateway or the demo that runs there: the benchmark needs its ports")
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

async fn is_ready(address: SocketAddr) -> bool {
    matches!(get(address, "/readyz").await, Ok(answer) if answer.starts_with("HTTP/1.1 200"))
}

/// Whether the gateway has read so many opt-outs from its store.
async fn knows_opt_outs(address: SocketAddr, count: u64) -> bool {
    let line = format!("postrider_numbers{{holds=\"opt_out\"}} {count}");
    matches!(get(address, "/metrics").await, Ok(answer) if answer.lines().any(|found| found == line))
}

async fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
