//! `postrider explain`: what would be decided of a message, and why.

use super::table;
use crate::client::Connection;
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal::say;
use serde_json::{Map, Value, json};

const HELP: &str = "\
With an account's key (POSTRIDER_KEY) no account need be named. Only an administrator sees routes and upstreams.

Examples:
  postrider explain --account shop +447700900123 \"Your code is 1234\"
  postrider explain --account shop --from Shop --class otp +447700900123 \"Your code is 1234\" --json";

/// Explain what would be decided of a message: number, route, upstreams, parts and octets. Nothing is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The account that would send it; without it, the account of the key that is used
    #[arg(long)]
    account: Option<String>,
    /// The sender; the account's if it is left out
    #[arg(long)]
    from: Option<String>,
    /// The class: emergency, otp, transactional or marketing
    #[arg(long)]
    class: Option<String>,
    /// A tag that it is marked with; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The route that it asks for
    #[arg(long)]
    route: Option<String>,
    /// The recipient
    #[arg(allow_hyphen_values = true)]
    to: String,
    /// The text
    text: String,
    /// Print the gateway's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Explains it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut message = Map::new();
    message.insert("to".to_owned(), json!(args.to));
    message.insert("text".to_owned(), json!(args.text));
    for (name, value) in [("from", args.from), ("class", args.class), ("route", args.route)] {
        message.extend(value.map(|value| (name.to_owned(), json!(value))));
    }
    if !args.tags.is_empty() {
        message.insert("tags".to_owned(), json!(args.tags));
    }
    // An administrator's key names an account.
    let client = match &args.account {
        Some(_) => args.connection.administrator().await?,
        None => args.connection.client().await?,
    };
    let query: Vec<_> = args.account.map(|account| ("account", account)).into_iter().collect();
    let answer = client.post_with(&["messages", "explain"], &query, &Value::Object(message)).await?;
    table::show(&answer, args.json, |answer| told(answer).iter().for_each(|line| say(line)));
    Ok(())
}

/// The explanation, a step on each line.
fn told(answer: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let cell = table::cell;
    if let Some(lookup) = answer.get("lookup") {
        lines.push(format!("number    {}", super::lookup::told(lookup)));
    }
    let routing = answer.get("routing").unwrap_or(&Value::Null);
    let list = |name: &str| routing.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for tried in list("tried") {
        let unmet = cell(tried, "unmet");
        let by = cell(routing, "strategy");
        let by = if by.is_empty() { by } else { format!(", upstreams by {by}") };
        let result = if unmet.is_empty() { format!("takes the message{by}") } else { format!("no: {unmet}") };
        lines.push(format!("route     {}: {result}", cell(tried, "route")));
    }
    for candidate in list("candidates") {
        let up = if candidate.get("up") == Some(&Value::Bool(true)) { "up" } else { "down" };
        lines.push(format!("upstream  {}: {up}{}", cell(candidate, "upstream"), measures(candidate)));
    }
    if let Some(refused) = answer.get("refused") {
        lines.push(format!("refused   {}: {}", cell(refused, "code"), cell(refused, "detail")));
        return lines;
    }
    lines.push(format!(
        "message   {} part(s), {}, from {}",
        cell(answer, "parts"),
        cell(answer, "encoding"),
        cell(answer, "from")
    ));
    for (name, word) in [("from_given", "sender    wanted:"), ("due_at", "due       at")] {
        let value = cell(answer, name);
        lines.extend((!value.is_empty()).then(|| format!("{word} {value}")));
    }
    if let Some(held) = answer.get("held") {
        lines.push(format!("held      {}: {}", cell(held, "code"), cell(held, "detail")));
    }
    if let Some(price) = answer.get("price") {
        lines.push(format!("price     {} {}", cell(price, "total"), cell(price, "currency")));
    }
    if let Some(cost) = routing.get("cost") {
        let margin = cell(cost, "margin");
        let margin = if margin.is_empty() { margin } else { format!(", margin {margin}") };
        lines.push(format!("cost      {} {}{margin}", cell(cost, "cost"), cell(cost, "currency")));
    }
    if let Some(paused) = routing.get("paused") {
        lines.push(format!("paused    {}: {}", cell(paused, "pause"), cell(paused, "reason")));
    }
    for limit in list("limits") {
        lines.push(format!("limit     {}: {}", cell(limit, "budget"), cell(limit, "permits")));
    }
    if !routing.is_null() {
        lines.push(format!("plan      {}; now by {}", cell(routing, "plan"), cell(routing, "upstream")));
    }
    lines.extend(list("pdus").iter().filter_map(Value::as_str).map(|pdu| format!("octets    {pdu}")));
    lines
}

/// What an upstream is ranked by, as far as it is known, and why it can't carry the message.
fn measures(candidate: &Value) -> String {
    let number = |name: &str| candidate.get(name).and_then(Value::as_f64);
    let percent = |name: &str| number(name).map(|share| format!("{:.1} %", share * 100.0));
    let text = |name: &str| Some(table::cell(candidate, name)).filter(|text| !text.is_empty());
    let measures = [
        ("cost ", text("cost")),
        ("delivered ", percent("delivered")),
        ("in seconds ", number("seconds").map(|seconds| format!("{seconds:.1}"))),
        ("converted ", percent("converted")),
        ("score ", number("score").map(|score| format!("{score:.3}"))),
        ("excluded: ", text("excluded")),
    ];
    measures.into_iter().filter_map(|(word, value)| Some(format!(", {word}{}", value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_a_line() {
        let answer = json!({
            "accepted": true, "from": "Shop", "encoding": "gsm7", "parts": 1,
            "lookup": { "number": "+447700900123", "country": "GB", "type": "mobile", "valid": true },
            "routing": {
                "tried": [{ "route": "german", "matches": false, "unmet": "countries" }, { "route": "world", "matches": true }],
                "candidates": [{ "upstream": "acme", "up": true, "cost": 0.02, "score": 0.02, "delivered": 0.971,
                                 "seconds": 6.21, "converted": 0.7 }],
                "plan": ["acme"], "upstream": "acme", "pdus": ["00ff"], "strategy": "score",
                "cost": { "cost": "0.02", "currency": "EUR", "margin": "0.03" },
                "paused": { "pause": "fault", "reason": "the carrier is being mended" },
                "limits": [{ "limit": "shops", "budget": "shops account=shop", "permits": "10/second" }],
            },
        });
        assert_eq!(
            told(&answer),
            [
                "number    +447700900123: GB, mobile",
                "route     german: no: countries",
                "route     world: takes the message, upstreams by score",
                "upstream  acme: up, cost 0.02, delivered 97.1 %, in seconds 6.2, converted 70.0 %, score 0.020",
                "message   1 part(s), gsm7, from Shop",
                "cost      0.02 EUR, margin 0.03",
                "paused    fault: the carrier is being mended",
                "limit     shops account=shop: 10/second",
                "plan      acme; now by acme",
                "octets    00ff",
            ]
        );
        let refused =
            json!({ "accepted": false, "refused": { "code": "no_route", "detail": "no route leads there" } });
        assert_eq!(told(&refused), ["refused   no_route: no route leads there"]);
    }
}
