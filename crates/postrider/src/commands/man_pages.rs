//! `postrider man-pages`: a man page for each command, for packages.

use crate::cli::Cli;
use crate::failure::Failure;
use clap::CommandFactory;
use std::path::PathBuf;

/// Write a man page for each command into a directory.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory; it must exist
    directory: PathBuf,
}

/// Writes the pages: `postrider.1`, `postrider-send.1`, `postrider-route-put.1`.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let directory = &args.directory;
    clap_mangen::generate_to(Cli::command(), directory)
        .map_err(|error| Failure::failed(format!("can't write to {}: {error}", directory.display())))
}
