//! The program: reads the command line and runs one command.
//!
//! What a command does stands in [`commands`]; how the parts of the gateway are put together does not stand
//! here either.

mod assembly;
mod cli;
mod client;
mod commands;
mod config;
mod failure;
mod operations;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

// Small allocations that one thread makes and another frees are the gateway's daily bread; this allocator
// takes about half the time of the system's for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::report(&failure::Failure::failed(format!("can't start threads: {error}")));
        }
    };
    match runtime.block_on(commands::run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure::report(&failure),
    }
}
