//! What the kernel tells of the machine and of processes: CPU time and memory (proc(5)). Linux alone tells it.

use crate::failure::Failure;
use std::fs;

/// What the kernel counts CPU time in, as it has on every architecture that Linux runs on today: 1/100 s.
const TICKS_PER_SECOND: f64 = 100.0;

/// The fields of a stat file from its process' name on that hold user and system time, and those that add the time of
/// children that have ended.
const OWN: std::ops::Range<usize> = 11..13;
const WITH_ENDED: std::ops::Range<usize> = 11..15;

/// CPU time of all processors of the machine, since it was started, in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MachineTime {
    /// Nothing was to be done, or all that was waited for a disk.
    idle: f64,
    /// Another virtual machine had the processor.
    stolen: f64,
    total: f64,
}

/// Shares of the machine's CPU time between two moments, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct MachineShares {
    /// Nothing was to be done, or all that was waited for a disk.
    pub(super) idle: f64,
    /// Another virtual machine had the processor.
    pub(super) stolen: f64,
}

impl MachineTime {
    pub(super) fn read() -> Result<Self, Failure> {
        Self::parse(&read("/proc/stat")?).ok_or_else(|| Failure::failed("the kernel reports no CPU times"))
    }

    /// The first line: user, nice, system, idle, iowait, irq, softirq, steal; guests' time is part of user's.
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<f64> = line.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
        let &[_, _, _, idle, waiting, _, _, stolen] = ticks.as_slice() else { return None };
        Some(Self { idle: idle + waiting, stolen, total: ticks.iter().sum() })
    }

    /// What became of the time since `before`.
    pub(super) fn since(&self, before: &Self) -> MachineShares {
        let total = (self.total - before.total).max(1.0);
        MachineShares {
            idle: (self.idle - before.idle) / total,
            stolen: (self.stolen - before.stolen) / total,
        }
    }
}

/// CPU-seconds of this process.
pub(super) fn own_cpu() -> Result<f64, Failure> {
    cpu("self")
}

/// CPU-seconds of a process.
pub(super) fn cpu(process: &str) -> Result<f64, Failure> {
    seconds(&format!("/proc/{process}/stat"), OWN)
}

/// CPU-seconds of a process, of its children, and of those of them that have ended.
pub(super) fn family_cpu(process: u32) -> Result<f64, Failure> {
    let children = read(&format!("/proc/{process}/task/{process}/children"))?;
    // One that has ended meanwhile is counted by its parent the next time.
    let living = children.split_whitespace().map(|child| cpu(child).unwrap_or(0.0));
    Ok(seconds(&format!("/proc/{process}/stat"), WITH_ENDED)? + living.sum::<f64>())
}

/// CPU-seconds of a process' threads with this name; `None` if it has none.
pub(super) fn threads_cpu(process: u32, name: &str) -> Result<Option<f64>, Failure> {
    let folder = format!("/proc/{process}/task");
    let threads = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
    // A thread may end while the others are looked at.
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    let time = |stat: String| parse(&stat, OWN).filter(|found| found.0 == name).map(|found| found.1);
    let times: Vec<f64> = stats.filter_map(time).collect();
    Ok((!times.is_empty()).then(|| times.iter().sum()))
}

/// A figure of a process' memory in octets, such as `VmHWM`.
pub(super) fn memory(process: u32, name: &str) -> Result<u64, Failure> {
    let status = read(&format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| Failure::failed(format!("the kernel reports no {name}")))
}

fn seconds(path: &str, fields: std::ops::Range<usize>) -> Result<f64, Failure> {
    let stat = read(path)?;
    parse(&stat, fields)
        .map(|(_, seconds)| seconds)
        .ok_or_else(|| Failure::failed(format!("{path} holds no CPU times")))
}

/// The name in a stat file, and the sum of these fields behind it, in seconds.
fn parse(stat: &str, fields: std::ops::Range<usize>) -> Option<(&str, f64)> {
    // The name stands in parentheses and may hold anything, such as parentheses.
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let all: Vec<&str> = after.split_whitespace().collect();
    let ticks: Option<f64> = all.get(fields)?.iter().map(|field| field.parse::<f64>().ok()).sum();
    Some((name, ticks? / TICKS_PER_SECOND))
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &std::io::Error) -> Failure {
    Failure::failed(format!("can't read {path}: {error}"))
        .help("CPU and memory of processes can be read on Linux only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_idle_while_it_waits_for_a_disk() {
        let read = |text| MachineTime::parse(text).unwrap();
        let before = read("cpu  10 0 10 50 20 5 5 0 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
        let after = read("cpu  40 0 40 70 30 5 5 10 9 9\n");
        assert_eq!((before.total, before.idle), (100.0, 70.0));
        assert_eq!(after.since(&before), MachineShares { idle: 0.3, stolen: 0.1 });
        assert_eq!(after.since(&after), MachineShares::default());
        assert_eq!([MachineTime::parse("intr 1 2"), MachineTime::parse("cpu  1 2")], [None, None]);
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) (b)) S 1 7 7 0 -1 64 0 0 0 0 150 50 300 20 20 0 2 0 1 2 3";
        assert_eq!(parse(stat, OWN), Some(("a) (b)", 2.0)));
        assert_eq!(parse(stat, WITH_ENDED), Some(("a) (b)", 5.2)));
        assert_eq!(parse("7 (a) S 1", OWN), None);
    }

    #[test]
    fn threads_are_found_by_their_names() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let (start, started) = std::sync::mpsc::channel();
        let work = move || {
            start.send(()).unwrap();
            let _ = stopped.recv();
        };
        let thread = std::thread::Builder::new().name("bench-probe".into()).spawn(work).unwrap();
        started.recv().unwrap();
        let me = std::process::id();
        assert!(threads_cpu(me, "bench-probe").unwrap().is_some());
        assert_eq!(threads_cpu(me, "bench-absent").unwrap(), None);
        drop(stop);
        thread.join().unwrap();
    }
}
