//! Logs: lines for people on a terminal, one JSON object a line for programs. What is logged is decided where it
//! happens.

use super::repeated::Repeated;
use crate::config::{Log, LogFormat};
use std::io::{IsTerminal, stdout};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

/// The environment variable that overrides the level.
pub(crate) const VARIABLE: &str = "POSTRIDER_LOG";

/// Libraries that say much about things nobody asked for, and the level that they are held to.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,rustls=warn,tower=warn";

/// Lines that say who looked at what isn't theirs. No level leaves them out.
const AUDIT: &str = "audit";

/// The logs of a running process.
#[derive(Debug)]
pub(crate) struct Logs {
    filter: reload::Handle<Targets, Registry>,
}

/// Starts logging to standard output, within a runtime. May be done once in a process; later calls change nothing.
pub(crate) fn start(log: &Log) -> Logs {
    let (filter, handle) = reload::Layer::new(filter(&log.level));
    let format =
        log.format.unwrap_or(if stdout().is_terminal() { LogFormat::Pretty } else { LogFormat::Json });
    let lines = match format {
        LogFormat::Json => {
            fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
        LogFormat::Pretty => {
            let coloured = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            fmt::layer().compact().with_ansi(coloured).boxed()
        }
    };
    let repeated = Repeated::default();
    let lines = lines.with_filter(repeated.clone());
    // It fails only if logging was started before, which is what is wanted.
    if tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok() {
        tokio::spawn(repeated.keep_telling());
    }
    Logs { filter: handle }
}

impl Logs {
    /// Puts another level in force.
    pub(crate) fn set_level(&self, level: &str) {
        if let Err(error) = self.filter.reload(filter(level)) {
            tracing::warn!(%error, "can't change the log level");
        }
    }
}

/// What passes at a level; the environment variable comes first, and nonsense in either counts as nothing.
fn filter(level: &str) -> Targets {
    let wish = std::env::var(VARIABLE).ok().and_then(|wish| wish.parse().ok());
    let filter: Targets = wish.or_else(|| format!("{level},{QUIET}").parse().ok()).unwrap_or_default();
    filter.with_target(AUDIT, tracing::Level::INFO)
}
