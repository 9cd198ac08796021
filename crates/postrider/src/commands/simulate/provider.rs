//! `simulate --provider`: an HTTP provider, as its preset describes it.

use super::Args;
use super::handsets::Written;
use crate::failure::{Failure, plain};
use crate::operations::signals::Signals;
use crate::terminal::{self, Style, paint, say};
use clap::ValueEnum;
use postrider_simulator::provider::{Manner, Settings, WebProvider};
use std::io::BufRead;
use std::net::SocketAddr;
use tokio::sync::mpsc;

/// How a bad provider answers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Bad {
    /// With a refusal
    Refusing,
    /// With a page of HTML and status 200
    Html,
    /// With a megabyte
    Huge,
    /// With a redirection
    Redirecting,
    /// With status 401
    Unauthorized,
    /// With status 429 and Retry-After
    TooFast,
    /// With status 503
    Unavailable,
    /// With half an answer
    Half,
    /// By closing the connection
    Closing,
    /// By closing the connection, once it has the message
    Forgetful,
    /// Not at all
    Silent,
}

impl From<Bad> for Manner {
    fn from(bad: Bad) -> Self {
        match bad {
            Bad::Refusing => Self::Refusing,
            Bad::Html => Self::Html,
            Bad::Huge => Self::Huge,
            Bad::Redirecting => Self::Redirecting,
            Bad::Unauthorized => Self::Status(401),
            Bad::TooFast => Self::TooFast,
            Bad::Unavailable => Self::Status(503),
            Bad::Half => Self::Half,
            Bad::Closing => Self::Closing,
            Bad::Forgetful => Self::Forgetful,
            Bad::Silent => Self::Silent,
        }
    }
}

/// Reads `NAME=VALUE`.
pub(super) fn value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs the provider until Ctrl-C.
pub(super) async fn run(args: &Args, address: SocketAddr, preset: &str) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let settings = Settings {
        latency: args.latency.shortest(),
        receipts_after: (!args.no_receipts).then(|| args.receipts_after.shortest()),
        callback: args.callback.clone(),
        manner: args.bad.map_or(Manner::Good, Into::into),
        keeps: true,
    };
    let values: Vec<(&str, &str)> =
        args.value.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let provider = WebProvider::start(address, preset, &values, settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't simulate '{preset}' at {address}: {}", plain(&why))).help(
            "`postrider preset list` lists the presets; choose another address with `--provider ADDRESS`",
        )
    })?;
    let at = provider.address();
    say(&format!("A provider listens at http://{at} for requests of the preset '{preset}'. Ctrl-C ends it."));
    let prompted = async {
        if args.prompt {
            prompt(&provider).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = signals.next() => {}
        () = show(&provider, args.quiet) => {}
        () = prompted => {}
    }
    let counts = provider.counts();
    say(&format!(
        "\nRequests: {}. Messages accepted: {}. Receipts taken: {}.",
        counts.requests, counts.accepted, counts.taken
    ));
    Ok(())
}

/// Shows texts as they are accepted.
async fn show(provider: &WebProvider, quiet: bool) {
    let mut seen = 0;
    loop {
        let accepted = provider.accepted_at_least(seen + 1).await;
        for (handed, id) in
            accepted.iter().skip(usize::try_from(seen).unwrap_or(usize::MAX)).filter(|_| !quiet)
        {
            let head = paint(Style::Faint, &format!("{id} {} > +{}", handed.from, handed.to));
            say(&format!("{head}  {}", handed.text));
        }
        seen = accepted.len() as u64;
    }
}

/// Has handsets write what lines of the standard input say, until it ends.
async fn prompt(provider: &WebProvider) {
    let (sender, mut lines) = mpsc::channel(16);
    // A thread of its own: reading the standard input can't be given up.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    say(&paint(Style::Faint, "Write FROM TO TEXT, and a handset sends it."));
    while let Some(line) = lines.recv().await {
        match Written::line(&line) {
            Ok(Written { from, to, text }) => {
                match provider.say(from.trim_start_matches('+'), &to, &text).await {
                    Some(status) => say(&paint(Style::Faint, &format!("answered with {status}"))),
                    None => terminal::complain(
                        "nobody can be called back: give --callback URL, or send a message first",
                    ),
                }
            }
            Err(why) => terminal::complain(why),
        }
    }
}
