//! `postrider queue`: actions on many messages at once, each of which says first how many these are.

mod jobs;

use super::table;
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;
use clap::Subcommand;
use serde_json::{Map, Value, json};

const HELP: &str = "\
Without --yes the messages are counted, and nothing is done. Conditions that are given several times are met by any of their
values; all conditions must be met.

Examples:
  postrider queue cancel --account shop --class marketing                   how many these are
  postrider queue cancel --account shop --class marketing --yes --reason \"wrong price\"
  postrider queue move second --upstream acme --country GB --yes
  postrider queue reroute --route world --yes
  postrider queue set-sender Club --account club --yes
  postrider queue reschedule 2030-01-31T09:00:00Z --reference launch --yes
  postrider queue fail --upstream acme --yes --reason \"the carrier is gone\"
  postrider queue reclassify marketing --account shop --since 1h --yes
  postrider queue retry-now --upstream acme --yes
  postrider queue release --held-by policies.otp.fraud --country GB --yes
  postrider queue resend --state failed --error unanswered --since 24h --yes
  postrider queue cancel --account shop --yes --background                  go on without this command
  postrider queue actions                                                   the last ones in the background
  postrider queue stop 1893456000123456";

/// Cancel, move, reroute, reschedule, reclassify, retry or release many queued messages at once, or send failed ones again.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Do it, rather than count the messages
    #[arg(long, global = true)]
    yes: bool,
    /// Why: the timelines of the messages show it
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
    /// Print the gateway's answer as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Have the gateway go on in the background, also after a restart, and print how to follow it
    #[arg(long, global = true)]
    background: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Cancel queued messages
    Cancel(Selection),
    /// Have queued messages fail, with the code ended_by_operator
    Fail(Selection),
    /// Send queued messages by the routes in force
    Reroute(Selection),
    /// Give queued messages another sender
    SetSender {
        /// The sender
        sender: String,
        #[command(flatten)]
        selection: Selection,
    },
    /// Send queued messages at another time
    Reschedule {
        /// When, such as 2030-01-31T09:00:00Z
        at: String,
        #[command(flatten)]
        selection: Selection,
    },
    /// Send queued messages by another upstream
    Move {
        /// The upstream
        upstream: String,
        #[command(flatten)]
        selection: Selection,
    },
    /// Give queued messages another class
    Reclassify {
        /// The class: emergency, otp, transactional or marketing
        class: String,
        #[command(flatten)]
        selection: Selection,
    },
    /// Try queued messages at once that wait for another attempt, or were held back
    RetryNow(Selection),
    /// Let messages go that rules against fraud hold
    Release(Selection),
    /// Send messages again that ended undelivered
    Resend {
        /// The state in which they ended: failed, expired, rejected or undelivered
        #[arg(long, default_value = "failed")]
        state: String,
        /// The gateway's code of the error, or the carrier's code or word
        #[arg(long, value_name = "CODE")]
        error: Option<String>,
        #[command(flatten)]
        selection: Selection,
    },
    #[command(flatten)]
    Job(jobs::Verb),
}

/// The conditions that the messages meet.
#[derive(Debug, clap::Args)]
struct Selection {
    /// Of this account
    #[arg(long)]
    account: Option<String>,
    /// Of this upstream
    #[arg(long = "upstream", value_name = "UPSTREAM")]
    of_upstream: Option<String>,
    /// Of this class
    #[arg(long = "class", value_name = "CLASS")]
    classes: Vec<String>,
    /// To this country, such as GB
    #[arg(long = "country", value_name = "COUNTRY")]
    countries: Vec<String>,
    /// To this network: MCC and MNC, or MCC
    #[arg(long = "network", value_name = "NETWORK")]
    networks: Vec<String>,
    /// To numbers with these first digits
    #[arg(long = "prefix", value_name = "DIGITS")]
    prefixes: Vec<String>,
    /// From this sender, or senders that begin so: `Shop*`
    #[arg(long = "from", value_name = "SENDER")]
    senders: Vec<String>,
    /// By this route
    #[arg(long = "route", value_name = "ROUTE")]
    routes: Vec<String>,
    /// Marked with this tag
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// With this reference
    #[arg(long)]
    reference: Option<String>,
    /// Held by this rule against fraud, or rules whose names begin so: policies.otp.fraud
    #[arg(long, value_name = "RULE")]
    held_by: Option<String>,
    /// With this identifier
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Accepted at or after this time: 2030-01-31T09:00:00Z, or 1h for the last hour
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Accepted before this time, likewise
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Selection {
    fn document(&self) -> Map<String, Value> {
        let single = [
            ("account", &self.account),
            ("upstream", &self.of_upstream),
            ("reference", &self.reference),
            ("held_by", &self.held_by),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let several = [
            ("classes", &self.classes),
            ("countries", &self.countries),
            ("networks", &self.networks),
            ("prefixes", &self.prefixes),
            ("senders", &self.senders),
            ("routes", &self.routes),
            ("tags", &self.tags),
            ("ids", &self.ids),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, json!(value.as_ref()?))));
        let several = several.into_iter().filter(|(_, values)| !values.is_empty());
        let all = single.chain(several.map(|(name, values)| (name, json!(values))));
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Counts the messages, and does it if that was asked for.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    if let Verb::Job(verb) = &args.verb {
        return jobs::run(&client, verb, args.json).await;
    }
    if args.background {
        return jobs::begin(&client, request(&args), args.json).await;
    }
    let total = act(&client, request(&args)).await?;
    table::show(&total, args.json, |total| say(&args.verb, args.yes, total));
    Ok(())
}

/// The request, without a cursor.
fn request(args: &Args) -> Value {
    let (action, selection) = match &args.verb {
        Verb::Job(_) => return Value::Null,
        Verb::Cancel(selection) => ("cancel", selection),
        Verb::Fail(selection) => ("fail", selection),
        Verb::Reroute(selection) => ("reroute", selection),
        Verb::SetSender { selection, .. } => ("set_sender", selection),
        Verb::Reschedule { selection, .. } => ("reschedule", selection),
        Verb::Move { selection, .. } => ("move", selection),
        Verb::Reclassify { selection, .. } => ("reclassify", selection),
        Verb::RetryNow(selection) => ("retry_now", selection),
        Verb::Release(selection) => ("release", selection),
        Verb::Resend { selection, .. } => ("resend", selection),
    };
    let mut request = json!({ "action": action, "select": selection.document(), "dry_run": !args.yes });
    match &args.verb {
        Verb::Move { upstream, .. } => request["to"] = json!(upstream),
        Verb::Reclassify { class, .. } => request["class"] = json!(class),
        Verb::Resend { state, error, .. } => {
            request["select"]["state"] = json!(state);
            if let Some(error) = error {
                request["select"]["error"] = json!(error);
            }
        }
        Verb::SetSender { sender, .. } => request["from"] = json!(sender),
        Verb::Reschedule { at, .. } => request["at"] = json!(at),
        Verb::Cancel(_)
        | Verb::Fail(_)
        | Verb::Reroute(_)
        | Verb::RetryNow(_)
        | Verb::Release(_)
        | Verb::Job(_) => {}
    }
    if let Some(reason) = &args.reason {
        request["reason"] = json!(reason);
    }
    request
}

/// Asks as often as it takes to look at all messages; the sums of the answers.
pub(super) async fn act(client: &Client, mut request: Value) -> Result<Value, Failure> {
    let mut total = [0; COUNTS.len()];
    loop {
        let answer = client.post(&["messages", "actions"], &request).await?;
        for (sum, name) in total.iter_mut().zip(COUNTS) {
            *sum += answer[name].as_u64().unwrap_or_default();
        }
        let Some(next) = answer.get("next") else { break };
        request["cursor"] = next.clone();
    }
    let mut answer = json!({ "action": request["action"], "dry_run": request["dry_run"] });
    COUNTS.into_iter().zip(total).for_each(|(name, sum)| answer[name] = json!(sum));
    Ok(answer)
}

/// The counts of an answer.
const COUNTS: [&str; 3] = ["selected", "done", "left"];

fn say(verb: &Verb, is_done: bool, total: &Value) {
    let [selected, done, left] = COUNTS.map(|name| total[name].as_u64().unwrap_or_default());
    let past = match verb {
        Verb::Cancel(_) => "canceled",
        Verb::Fail(_) => "made to fail",
        Verb::Reroute(_) => "routed anew",
        Verb::SetSender { .. } => "given the sender",
        Verb::Reschedule { .. } => "rescheduled",
        Verb::Move { .. } => "moved",
        Verb::Reclassify { .. } => "reclassified",
        Verb::RetryNow(_) => "made due",
        Verb::Release(_) => "released",
        Verb::Resend { .. } => "sent again",
        Verb::Job(_) => return,
    };
    if !is_done {
        terminal::say(&format!("messages that would be {past}: {selected}; add --yes to do it"));
        return;
    }
    terminal::say(&format!("messages that were {past}: {done}"));
    if left > 0 {
        terminal::say(&format!(
            "messages that were not, since they are under way, ended or can't be: {left}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn read(line: &str) -> Value {
        request(&Line::parse_from(std::iter::once("queue").chain(line.split(' '))).args)
    }

    #[test]
    fn a_line_becomes_a_request() {
        assert_eq!(read("cancel"), json!({ "action": "cancel", "select": {}, "dry_run": true }));
        assert_eq!(
            read("move second --upstream acme --country GB --country IE --yes --reason fault"),
            json!({ "action": "move", "to": "second", "dry_run": false, "reason": "fault",
                    "select": { "upstream": "acme", "countries": ["GB", "IE"] } })
        );
        assert_eq!(
            read("set-sender Club --account club"),
            json!({ "action": "set_sender", "from": "Club", "dry_run": true, "select": { "account": "club" } })
        );
        assert_eq!(
            read("reschedule 2030-01-31T09:00:00Z --yes"),
            json!({ "action": "reschedule", "at": "2030-01-31T09:00:00Z", "dry_run": false, "select": {} })
        );
        assert_eq!(
            read("release --held-by policies.otp --id 42 --yes"),
            json!({ "action": "release", "dry_run": false,
                    "select": { "held_by": "policies.otp", "ids": ["42"] } })
        );
        assert_eq!(
            read("resend --error unanswered --account shop"),
            json!({ "action": "resend", "dry_run": true,
                    "select": { "account": "shop", "state": "failed", "error": "unanswered" } })
        );
    }
}
