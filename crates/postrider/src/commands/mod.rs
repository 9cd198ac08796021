//! The commands, one file each. A file holds the command's `Args` (with its help) and `run`, which returns
//! why it failed, if it did; nothing here speaks SMPP or SQL.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod serve;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs a command.
pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Completions(args) => completions::run(&args),
    }
}
