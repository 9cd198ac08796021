//! Counting, by valgrind's tool callgrind.

use crate::Case;
use std::process::Command;

/// The instructions of one round of a case: those of all rounds without those of its preparation.
pub(crate) fn per_round(case: &Case) -> u64 {
    let (all, preparation) = (collected(case.name, case.rounds), collected(case.name, 0));
    all.saturating_sub(preparation) / u64::from(case.rounds)
}

/// The instructions that this program executes when it runs a case.
fn collected(name: &str, rounds: u32) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--"])
        .arg(program)
        .args(["run", name, &rounds.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("can't run valgrind: {error}; install the package of that name"));
    let told = String::from_utf8_lossy(&output.stderr);
    let count = told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match count {
        Some(count) if output.status.success() => count,
        _ => panic!("'{name}' under valgrind ended with {}:\n{told}", output.status),
    }
}

/// The compiler's name and version: another compiler makes other instructions.
pub(crate) fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("rustc can be run");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
