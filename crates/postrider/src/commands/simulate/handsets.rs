//! What the simulated carrier's handsets write by hand: lines of the standard input, and posts over HTTP.

use crate::failure::{Failure, plain};
use crate::terminal::{self, Style, paint, say};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use postrider_core::ussd::is_code;
use postrider_simulator::carrier::Carrier;
use serde::Deserialize;
use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The sender of what the network of a simulated modem asks by USSD.
const NETWORK: &str = "network";

/// A text of a handset; to a USSD code, what the handset enters page after page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The handset.
    pub(super) from: String,
    /// The number that it writes to.
    pub(super) to: String,
    /// The text.
    pub(super) text: String,
}

impl Written {
    /// Reads a line: the handset, the number, and the text behind them.
    pub(super) fn line(line: &str) -> Result<Self, &'static str> {
        let mut words = line.trim().splitn(3, char::is_whitespace);
        match (words.next(), words.next(), words.next()) {
            (Some(from), Some(code), rest) if is_code(code) => {
                Ok(Self { from: from.into(), to: code.into(), text: rest.unwrap_or_default().trim().into() })
            }
            (Some(from), Some(to), Some(text)) if !text.trim().is_empty() => {
                Ok(Self { from: from.into(), to: to.into(), text: text.trim().into() })
            }
            _ => Err(
                "write FROM TO TEXT, such as: +447700900123 60006 Hello; or FROM CODE ANSWERS: +447700900123 *123# 1 2",
            ),
        }
    }

    /// Has the handset write it.
    pub(super) fn write(&self, carrier: &Carrier) -> Result<String, &'static str> {
        if [&self.from, &self.to].iter().any(|address| address.is_empty() || address.len() > 20) {
            return Err("an address has 1 to 20 characters");
        }
        let nobody = "no client has been bound yet: there is nobody to write to";
        if is_code(&self.to) {
            let entries: Vec<&str> = self.text.split_whitespace().collect();
            let dialogue = carrier.dial(&self.from, &self.to, &entries).ok_or(nobody)?;
            return Ok(format!("dialogue {dialogue}"));
        }
        if self.from == NETWORK {
            carrier.ask_sim(&self.text);
            return Ok("the SIM".to_owned());
        }
        let client = carrier.say_to_anyone(&self.from, &self.to, &self.text);
        client.ok_or(nobody)
    }
}

/// Has handsets write what lines of the standard input say, until it ends.
pub(super) async fn prompt(carrier: &Carrier) {
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
        if line.trim().is_empty() {
            continue;
        }
        match Written::line(&line).and_then(|written| written.write(carrier)) {
            Ok(client) => say(&paint(Style::Faint, &format!("to {client}"))),
            Err(why) => terminal::complain(why),
        }
    }
}

/// Serves `POST /handset` with a JSON object of `from`, `to` and `text`.
pub(super) async fn serve(address: SocketAddr, carrier: Arc<Carrier>) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::failed(format!("can't listen at {address}: {}", plain(&error.to_string())))
            .help("choose another address with `--http ADDRESS`")
    };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    say(&format!("Handsets write what is posted to http://{address}/handset."));
    let router = Router::new().route("/handset", post(write)).with_state(carrier);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn write(State(carrier): State<Arc<Carrier>>, body: String) -> (StatusCode, String) {
    let written: Written = match serde_json::from_str(&body) {
        Ok(written) => written,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    match written.write(&carrier) {
        Ok(_) => (StatusCode::ACCEPTED, String::new()),
        Err(why) => (StatusCode::CONFLICT, format!("{why}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_handset_a_number_and_a_text() {
        let written = Written::line("  +447700900123 60006  Yes,  please ").unwrap();
        let expected =
            Written { from: "+447700900123".into(), to: "60006".into(), text: "Yes,  please".into() };
        assert_eq!(written, expected);
        let dialled = Written::line("+447700900123 *123# 1 2").unwrap();
        assert_eq!((dialled.to.as_str(), dialled.text.as_str()), ("*123#", "1 2"));
        assert_eq!(Written::line("+447700900123 *123#").unwrap().text, "");
        for line in ["", "+447700900123", "+447700900123 60006", "+447700900123 60006  "] {
            assert!(Written::line(line).is_err(), "{line}");
        }
    }
}
