//! Figures of this process: memory, CPU time, files. They are read from `/proc`, so on Linux only.

use std::fmt;
use std::fs;

/// Clock ticks a second in `/proc/self/stat`: 100 for every program on Linux (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// Figures of this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Process {
    cpu_seconds: f64,
    started: f64,
    threads: u64,
    resident_octets: u64,
    virtual_octets: u64,
    files: usize,
    files_max: Option<u64>,
}

/// Reads them; `None` where there is no `/proc`.
pub(crate) fn read() -> Option<Process> {
    let stat = Stat::parse(&fs::read_to_string("/proc/self/stat").ok()?)?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let boot = boot_time(&fs::read_to_string("/proc/stat").ok()?)?;
    Some(Process {
        cpu_seconds: stat.cpu_ticks / TICKS,
        started: boot + stat.start_ticks / TICKS,
        threads: stat.threads,
        virtual_octets: stat.virtual_octets,
        resident_octets: kilobytes(&status, "VmRSS:")? * 1024,
        files: fs::read_dir("/proc/self/fd").ok()?.count(),
        files_max: fs::read_to_string("/proc/self/limits").ok().and_then(|text| files_max(&text)),
    })
}

/// The fields of `/proc/self/stat` that matter here (proc_pid_stat(5)).
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_ticks: f64,
    start_ticks: f64,
    threads: u64,
    virtual_octets: u64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses and may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // `rest` begins with field 3.
        let field = |number: usize| fields.get(number - 3);
        let ticks = |number: usize| field(number).and_then(|text| text.parse::<f64>().ok());
        Some(Self {
            cpu_ticks: ticks(14)? + ticks(15)?,
            start_ticks: ticks(22)?,
            threads: field(20)?.parse().ok()?,
            virtual_octets: field(23)?.parse().ok()?,
        })
    }
}

fn boot_time(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.parse().ok()
}

fn files_max(limits: &str) -> Option<u64> {
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

impl fmt::Display for Process {
    /// In Prometheus' text format, under the names that its client libraries agree on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut metric = |name: &str, kind: &str, help: &str, value: &dyn fmt::Display| {
            writeln!(
                f,
                "# HELP process_{name} {help}\n# TYPE process_{name} {kind}\nprocess_{name} {value}\n"
            )
        };
        metric(
            "cpu_seconds_total",
            "counter",
            "User and system CPU time spent in seconds.",
            &self.cpu_seconds,
        )?;
        metric("start_time_seconds", "gauge", "Start time in seconds since the Unix epoch.", &self.started)?;
        metric("threads", "gauge", "Number of threads.", &self.threads)?;
        metric("resident_memory_bytes", "gauge", "Resident memory in bytes.", &self.resident_octets)?;
        metric("virtual_memory_bytes", "gauge", "Virtual memory in bytes.", &self.virtual_octets)?;
        metric("open_fds", "gauge", "Number of open file descriptors.", &self.files)?;
        match &self.files_max {
            Some(most) => metric("max_fds", "gauge", "Most file descriptors that may be open.", most),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "42 (a) b) R 1 42 42 0 -1 4194304 10 0 0 0 250 50 0 0 20 0 7 0 12345 8192000 99 1";
        let expected = Stat { cpu_ticks: 300.0, start_ticks: 12345.0, threads: 7, virtual_octets: 8_192_000 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("42 (a) R 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_known() {
        let process = read().unwrap();
        assert!(process.resident_octets > 100_000 && process.files > 2 && process.threads > 0, "{process:?}");
        let text = process.to_string();
        assert!(
            text.contains("\nprocess_resident_memory_bytes ") && text.contains("TYPE process_open_fds gauge")
        );
    }
}
