//! `postrider config`: what can stand in a configuration file.

use crate::config::reference::reference;
use crate::failure::Failure;
use crate::terminal;
use clap::Subcommand;

const HELP: &str = "\
Examples:
  postrider config reference | less
  postrider config reference upstreams
  postrider config reference > reference.md        # it is Markdown

Whether a file is right: `postrider check`.";

/// Explain the configuration file.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print what every setting is for, its limits and its default
    Reference {
        /// Only this section and those in it: smpp, accounts, upstreams ...
        section: Option<String>,
    },
}

/// Prints it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Reference { section } = &args.verb;
    let text = reference(section.as_deref());
    if text.is_empty() {
        let section = section.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("there is no section [{section}]"))
            .help("`postrider config reference | grep '^##'` lists them"));
    }
    terminal::print(&text);
    Ok(())
}
