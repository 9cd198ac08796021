//! Failures of commands: the message on the terminal and the exit code. A running gateway logs its errors instead.

use crate::terminal::{self, Style};
use std::process::ExitCode;

/// The meaning of the exit codes, for the help of every command.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it failed (a message was not delivered, the gateway stopped on an error)
  2  wrong usage or configuration; nothing was done
  3  the gateway refused it (no permission, an invalid value, not found)
  4  the gateway can't be reached
  5  another process took over: it opened the store with the same node number";

/// The exit code of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command failed.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The gateway refused the request.
    Refused = 3,
    /// The gateway can't be reached.
    Unreachable = 4,
    /// Another process took this node's place.
    Superseded = 5,
}

/// The failure of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The error and its place, in one sentence; empty if it was printed already.
    pub(crate) what: String,
    /// The advice.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// The command failed.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, what: what.into(), help: None }
    }

    /// Wrong usage or configuration.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, what: what.into(), help: None }
    }

    /// The gateway refused the request.
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, what: what.into(), help: None }
    }

    /// The gateway can't be reached.
    pub(crate) fn unreachable(what: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, what: what.into(), help: None }
    }

    /// Another process took this node's place. Started again, this one would take it back.
    pub(crate) fn superseded() -> Self {
        let what = "another process opened the store with this node's number, so this one stopped".into();
        let help = "give each node a number of its own (`node.number`), or leave it out; end the other process before \
                    this one is started again";
        Self { exit: Exit::Superseded, what, help: Some(help.into()) }
    }

    /// A failure that was printed on the terminal already.
    pub(crate) const fn told(exit: Exit) -> Self {
        Self { exit, what: String::new(), help: None }
    }

    /// Adds advice, if there is any.
    #[must_use]
    pub(crate) fn helped(self, help: Option<&str>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Adds advice.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The words of a system error, without its number.
pub(crate) fn plain(error: &str) -> &str {
    error.split(" (os error").next().unwrap_or(error)
}

/// Prints the failure and returns its exit code.
pub(crate) fn report(failure: &Failure) -> ExitCode {
    if !failure.what.is_empty() {
        terminal::complain(&format!("{} {}", terminal::error(Style::Bad, "error:"), failure.what));
    }
    if let Some(help) = &failure.help {
        terminal::complain(&format!("{} {help}", terminal::error(Style::Good, "  help:")));
    }
    ExitCode::from(failure.exit as u8)
}
