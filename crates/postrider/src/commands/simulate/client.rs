//! `simulate --client`: a client with manners, and the outcome of its messages.

use super::Args;
use super::manners::{Script, wrong};
use crate::failure::{Exit, Failure, plain};
use crate::terminal::say;
use postrider_simulator::client::{self, Settings};
use tokio::net::lookup_host;

/// Runs a conversation with a server, and shows it.
pub(super) async fn run(args: &Args, server: &str, script: &Script) -> Result<(), Failure> {
    if !script.changes.is_empty() {
        return Err(Failure::usage("a client's manners can't change while it runs: leave out [[at]]"));
    }
    let unreachable = |error: std::io::Error| {
        let why = error.to_string();
        Failure::unreachable(format!("can't reach {server}: {}", plain(&why)))
    };
    let address = lookup_host(server).await.map_err(unreachable)?.next();
    let address = address.ok_or_else(|| Failure::unreachable(format!("{server} has no address")))?;
    let report = client::run(address, settings(args, script)?).await.map_err(unreachable)?;
    say(report.to_string().trim_end());
    // Refusals were printed; they are no failure of the command.
    if report.is_all_delivered() { Ok(()) } else { Err(Failure::told(Exit::Failed)) }
}

fn settings(args: &Args, script: &Script) -> Result<Settings, Failure> {
    let mut settings = Settings { to: args.to.trim_start_matches('+').to_owned(), ..Settings::default() };
    if let Some(system_id) = &args.system_id {
        settings.system_id.clone_from(system_id);
    }
    if let Some(password) = &args.password {
        settings.password.clone_from(password);
    }
    if !args.text.is_empty() {
        settings.texts.clone_from(&args.text);
    }
    script
        .always
        .iter()
        .try_for_each(|manner| manner.client(&mut settings))
        .map_err(|error| wrong(&error))?;
    Ok(settings)
}
