//! `simulate --mm7`: a centre for multimedia messages.

mod prompt;

use super::Args;
use crate::failure::{Failure, plain};
use crate::operations::signals::Signals;
use crate::terminal::{Style, paint, say};
use postrider_simulator::mmsc::{Manner, Mmsc, Settings, Taken};
use std::net::SocketAddr;

/// Runs the centre until Ctrl-C.
pub(super) async fn run(args: &Args, address: SocketAddr) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let settings = Settings {
        manner: if args.silent { Manner::Silent } else { Manner::Good },
        callback: args.callback.clone(),
        reports_after: (!args.no_receipts).then(|| args.receipts_after.shortest()),
    };
    let centre = Mmsc::start(address, settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't simulate a centre at {address}: {}", plain(&why)))
            .help("choose another address with `--mm7 ADDRESS`")
    })?;
    let at = centre.address();
    say(&format!("A centre for multimedia messages listens at http://{at} for MM7. Ctrl-C ends it."));
    let prompted = async {
        if args.prompt {
            prompt::prompt(&centre).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = signals.next() => {}
        () = prompted => {}
        () = show(&centre, args.quiet) => {}
    }
    say(&format!("\nReports taken: {}.", centre.told()));
    Ok(())
}

/// Shows messages as they are taken.
async fn show(centre: &Mmsc, quiet: bool) {
    let mut seen = 0;
    loop {
        let taken = centre.taken_at_least(seen + 1).await;
        let new = taken.iter().skip(usize::try_from(seen).unwrap_or(usize::MAX));
        new.filter(|_| !quiet).for_each(show_one);
        seen = taken.len() as u64;
    }
}

fn show_one(taken: &Taken) {
    let to = taken.submit.to.first().map_or("", |to| &to.text);
    let from = taken.submit.sender.as_ref().map_or("", |from| &from.text);
    say(&paint(Style::Faint, &format!("{} {from} > {to}", taken.id)));
    if let Some(subject) = &taken.submit.subject {
        say(&format!("  subject: {subject}"));
    }
    for content in &taken.contents {
        let shown = match content.content_type.starts_with("text/plain") {
            true => String::from_utf8_lossy(&content.octets).into_owned(),
            false => format!("{} ({} octets)", content.content_type, content.octets.len()),
        };
        say(&format!("  {shown}"));
    }
}
