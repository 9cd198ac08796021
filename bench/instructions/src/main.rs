//! Instruction counts: what runs for every message, counted by valgrind and compared with the recorded figures. Seconds
//! vary from run to run and from machine to machine; instructions hardly do.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measurement prints its results, and ends when it can't be taken"
)]

mod cases;
mod count;
mod recorded;

use cases::CASES;
use recorded::{Recorded, Verdict};
use std::process::ExitCode;

/// A measured function.
pub(crate) struct Case {
    /// Its name, unique: the part measured, a slash, and what is done.
    name: &'static str,
    /// How often it is done in one measurement, so that what varies counts little.
    rounds: u32,
    /// Prepares it, and does it so many times. Zero times measures the preparation, which is subtracted.
    run: fn(rounds: u32),
}

const USAGE: &str = "\
usage: instructions           counts all cases and compares them with the recorded figures
       instructions record    counts all cases and records the figures
       instructions run NAME ROUNDS    runs one case, as valgrind is given it";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(),
        ["record"] => record(),
        ["run", name, rounds] => run(name, rounds),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(name: &str, rounds: &str) -> ExitCode {
    let case = cases().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case '{name}'"));
    (case.run)(rounds.parse().expect("a count of rounds"));
    ExitCode::SUCCESS
}

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().copied().flatten()
}

/// The instructions of each case, as they are counted.
fn counted() -> impl Iterator<Item = (&'static str, u64)> {
    cases().map(|case| (case.name, count::per_round(case)))
}

fn record() -> ExitCode {
    let mut figures = Vec::new();
    for (name, count) in counted() {
        println!("{name:30} {count:>10}");
        figures.push((name.to_owned(), count));
    }
    let path = Recorded { compiler: count::compiler(), figures }.write();
    println!("recorded in {}", path.display());
    ExitCode::SUCCESS
}

fn compare() -> ExitCode {
    let recorded = Recorded::read();
    let compiler = count::compiler();
    let mut wrong = 0;
    println!("{:30} {:>10} {:>10}", "instructions", "recorded", "counted");
    for (name, count) in counted() {
        let verdict = recorded.judge(name, count);
        let before = recorded.figure(name).map_or("none".to_owned(), |figure| figure.to_string());
        println!("{name:30} {before:>10} {count:>10}  {verdict}");
        wrong += u32::from(verdict != Verdict::Same);
    }
    for name in recorded.figures.iter().map(|(name, _)| name).filter(|name| !known(name)) {
        println!("{name:30} is recorded, and no case has this name");
        wrong += 1;
    }
    if recorded.compiler != compiler {
        println!(
            "not compared: the figures were recorded with {}, and this is {compiler}",
            recorded.compiler
        );
        return ExitCode::SUCCESS;
    }
    if wrong > 0 {
        eprintln!(
            "{wrong} figures differ. If the change is intended, record the new ones and say why in the commit:"
        );
        eprintln!("    cargo run --release -p postrider-instructions -- record");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn known(name: &str) -> bool {
    cases().any(|case| case.name == name)
}
