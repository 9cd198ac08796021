//! The gateway that is measured: this same program in a process of its own, or in several that share a store, and what
//! the kernel says of them.

use super::{Args, HTTP, SMPP, STANDSTILL, address};
use crate::clock;
use crate::failure::{Failure, plain};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
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
    pub(super) async fn start(args: &Args) -> Result<Self, Failure> {
        for index in 0..args.nodes {
            for first in [HTTP, SMPP] {
                is_free(behind(first, index)?)?;
            }
        }
        let (config, data) = (args.config.as_deref(), args.data.as_deref());
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
        let mut gateway = Self { folder, key, nodes: Vec::new(), postmaster: args.postmaster };
        // One after the other: the first makes the tables.
        for index in 0..args.nodes {
            let child = gateway.spawn(index)?;
            gateway.nodes.push(Node { index, child });
            gateway.ready().await?;
        }
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
        self.nodes.iter().map(|node| cpu(&node.child.id().to_string(), false)).sum()
    }

    /// CPU-seconds that the database has used since it was started, if it is to be told.
    pub(super) fn database_cpu(&self) -> Result<Option<f64>, Failure> {
        let Some(postmaster) = self.postmaster else { return Ok(None) };
        let children = read(&format!("/proc/{postmaster}/task/{postmaster}/children"))?;
        let living = children.split_whitespace().map(|child| cpu(child, false).unwrap_or(0.0));
        Ok(Some(cpu(&postmaster.to_string(), true)? + living.sum::<f64>()))
    }

    /// The most memory that a node of it has had, in octets.
    pub(super) fn peak(&self) -> Result<u64, Failure> {
        self.memory("VmHWM:")
    }

    /// The most memory that a node of it has now, in octets.
    pub(super) fn resident(&self) -> Result<u64, Failure> {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> Result<u64, Failure> {
        self.nodes
            .iter()
            .map(|node| memory(node.child.id(), name))
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

    fn spawn(&self, index: u16) -> Result<Child, Failure> {
        let program = std::env::current_exe().map_err(|error| failed("can't find this program", &error))?;
        let folder = self.folder.path();
        let log = File::create(log(folder, index)).map_err(|error| failed("can't write a log", &error))?;
        Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(folder.join("bench.toml"))
            .arg("--data")
            .arg(folder.join(format!("data{index}")))
            .arg("--http")
            .arg(behind(HTTP, index)?.to_string())
            .arg("--smpp")
            .arg(behind(SMPP, index)?.to_string())
            .env(KEY, &self.key)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| failed("can't start the gateway", &error))
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

/// CPU-seconds of this process.
pub(super) fn own_cpu() -> Result<f64, Failure> {
    cpu("self", false)
}

/// User and system time (proc(5), /proc/pid/stat fields 14 and 15), with that of children that have ended (16 and 17).
fn cpu(process: &str, with_ended: bool) -> Result<f64, Failure> {
    let stat = read(&format!("/proc/{process}/stat"))?;
    // The second field is a name in parentheses, which may hold anything.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let sum: Option<f64> = (11..if with_ended { 15 } else { 13 }).map(ticks).sum();
    sum.map(|ticks| ticks / TICKS_PER_SECOND)
        .ok_or_else(|| Failure::failed("the kernel reports no CPU times"))
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        failed(&format!("can't read {path}"), &error)
            .help("CPU and memory of processes can be read on Linux only")
    })
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}

fn memory(process: u32, name: &str) -> Result<u64, Failure> {
    let status = read(&format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| Failure::failed(format!("the kernel reports no {name}")))
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
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    matches!(ask.await, Ok(answer) if answer.starts_with(b"HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::Table;

    /// Or figures of the two could not be compared.
    #[test]
    fn the_configuration_for_postgresql_is_the_other_one_with_a_store() {
        let own: Table = CONFIG.parse().unwrap();
        let mut shared: Table = include_str!("../../../../../bench/bench-postgres.toml").parse().unwrap();
        let node: Table = "store = { env = 'POSTRIDER_STORE' }".parse().unwrap();
        assert_eq!(shared.remove("node").and_then(|node| node.as_table().cloned()), Some(node));
        assert_eq!(own, shared);
    }
}
