//! `postrider account replay`: what an account's applications were told, told again.

use crate::client::Client;
use crate::failure::Failure;
use crate::terminal::say;
use serde_json::{Value, json};

/// Tells it page by page, and says how much it was.
pub(super) async fn replay(
    client: &Client,
    account: &str,
    since: &str,
    until: Option<&str>,
    as_json: bool,
) -> Result<(), Failure> {
    let (mut ended, mut received) = (0, 0);
    let mut request = json!({ "since": since });
    if let Some(until) = until {
        request["until"] = json!(until);
    }
    loop {
        let answer = client.post(&["accounts", account, "replay"], &request).await?;
        let count = |name: &str| answer[name].as_u64().unwrap_or(0);
        (ended, received) = (ended + count("ended"), received + count("received"));
        match answer.get("next").and_then(Value::as_str) {
            Some(next) => request["cursor"] = json!(next),
            None => break,
        }
    }
    if as_json {
        say(&json!({ "ended": ended, "received": received }).to_string());
    } else {
        say(&format!("told again: {ended} ends of messages, {received} messages from handsets"));
    }
    Ok(())
}
