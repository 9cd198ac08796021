//! The command line: which commands there are and what their help says. What they do stands in
//! [`crate::commands`].

use crate::commands;
use crate::failure::EXIT_CODES;
use clap::{Parser, Subcommand};

/// The program.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, about = "An SMS gateway that loses nothing and explains itself.")]
#[command(after_help = EXIT_CODES, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try the gateway, with a simulated carrier and handsets
    Demo(commands::demo::Args),
    /// Run the gateway
    Serve(commands::serve::Args),
    /// Say what is wrong in a configuration file, or what it would run
    Check(commands::check::Args),
    /// Send a message and follow it until it is delivered
    Send(commands::send::Args),
    /// Find messages, see what became of them, take them back
    Message(commands::message::Args),
    /// Declare who may send: their keys, logins and limits
    Account(commands::resource::AccountArgs),
    /// Declare ways out: carriers, and how to speak with them
    Upstream(commands::resource::UpstreamArgs),
    /// Declare which way messages go
    Route(commands::resource::RouteArgs),
    /// List changes to accounts, upstreams and routes: who, when, what
    Changes(commands::changes::Args),
    /// List the nodes that share the store, and what each does
    Nodes(commands::nodes::Args),
    /// Look at what goes over SMPP links, live or as it was lately
    Trace(commands::trace::Args),
    /// Examine the link to a carrier, and say what is wrong and what to do
    Doctor(commands::doctor::Args),
    /// Copy the message store to a file, while the gateway runs or not
    Backup(commands::backup::BackupArgs),
    /// Make a message store of a copy
    Restore(commands::backup::RestoreArgs),
    /// Move a message store between SQLite and PostgreSQL
    Store(commands::store::Args),
    /// Explain the configuration file
    Config(commands::config::Args),
    /// Simulate a carrier with handsets
    Simulate(commands::simulate::Args),
    /// Measure the gateway on this machine
    Bench(commands::bench::Args),
    /// Print a script that completes commands in your shell
    Completions(commands::completions::Args),
}
