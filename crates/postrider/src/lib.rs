//! The program: reads the command line and runs one command.
//!
//! Each command is a module of `commands`. `assembly` puts the parts of the gateway together.

mod assembly;
mod cli;
mod client;
mod clock;
mod commands;
mod config;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod operations;
mod terminal;

use clap::Parser;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Runs the command that the command line names, and returns the program's exit code.
#[must_use]
pub fn run() -> ExitCode {
    let command = match cli::Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => {
            terminal::note(help.print().and_then(|()| stdout().flush()));
            return finished();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::report(&failure::Failure::failed(format!("can't start threads: {error}")));
        }
    };
    match runtime.block_on(commands::run(command)) {
        Ok(()) => finished(),
        Err(failure) => failure::report(&failure),
    }
}

/// The exit code of a command that did its work: it failed all the same if its output was lost.
fn finished() -> ExitCode {
    terminal::lost().map_or(ExitCode::SUCCESS, |why| {
        failure::report(&failure::Failure::failed(format!("can't write to standard output: {why}")))
    })
}
