//! What campaigns, batches and broadcasts are made of: each has options of its own.

use super::hours::SendingHours;
use serde_json::{Map, Value, json};

/// A campaign to be made.
#[derive(Debug, clap::Args)]
pub(super) struct CampaignMake {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    trial: Trial,
    #[command(flatten)]
    timing: Timing,
    #[command(flatten)]
    audience: Audience,
}

/// A batch to be made.
#[derive(Debug, clap::Args)]
pub(super) struct BatchMake {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    trial: Trial,
    #[command(flatten)]
    timing: Timing,
}

/// A broadcast to be made.
#[derive(Debug, clap::Args)]
pub(super) struct BroadcastMake {
    #[command(flatten)]
    message: Message,
    #[command(flatten)]
    audience: Audience,
    #[command(flatten)]
    fallback: Fallback,
}

/// What is sent.
#[derive(Debug, clap::Args)]
struct Message {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// The text, the same for all
    #[arg(long, conflicts_with = "template")]
    text: Option<String>,
    /// The template that is filled in for each recipient
    #[arg(long)]
    template: Option<String>,
    /// Put short links in the place of addresses
    #[arg(long)]
    shorten_links: bool,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// The route that is asked for
    #[arg(long)]
    route: Option<String>,
    /// The class of the messages
    #[arg(long)]
    class: Option<String>,
}

/// Several texts, of which the best one is found out.
#[derive(Debug, clap::Args)]
struct Trial {
    /// A text among several, by its name
    #[arg(long = "variant", value_name = "NAME=TEXT", conflicts_with_all = ["text", "template"])]
    variants: Vec<String>,
    /// How many recipients of a hundred get one of the variants before all others get the best
    #[arg(long, requires = "measure")]
    share: Option<u8>,
    /// What the best variant has most of: clicks, delivered or replies
    #[arg(long, requires = "variants")]
    measure: Option<String>,
    /// How long results are waited for, such as `4h`
    #[arg(long, requires = "measure")]
    trial_wait: Option<String>,
    /// Have somebody choose the best variant
    #[arg(long, requires = "measure")]
    by_hand: bool,
}

/// When it is sent, and how fast.
#[derive(Debug, clap::Args)]
struct Timing {
    /// The earliest time of sending
    #[arg(long)]
    send_at: Option<String>,
    /// The zone of a time without an offset: a name, or `recipient`
    #[arg(long)]
    send_zone: Option<String>,
    /// The latest time of sending
    #[arg(long)]
    not_after: Option<String>,
    /// Messages a minute
    #[arg(long)]
    per_minute: Option<u32>,
    /// How long it takes from a tenth of that to all of it
    #[arg(long, requires = "per_minute")]
    ramp: Option<String>,
    #[command(flatten)]
    hours: SendingHours,
    /// Pause by itself when so many of a hundred messages fail
    #[arg(long, value_name = "PERCENT")]
    pause_at_failures: Option<u8>,
}

/// The contacts that it is for.
#[derive(Debug, clap::Args)]
struct Audience {
    /// A group of contacts
    #[arg(long = "group")]
    groups: Vec<String>,
    /// A group whose contacts are left out
    #[arg(long = "except-group")]
    except_groups: Vec<String>,
    /// All contacts of the account
    #[arg(long)]
    everybody: bool,
    /// What must hold of contacts, such as `country = 'DE' and age >= 18`
    #[arg(long)]
    segment: Option<String>,
    /// One of this kind whose recipients are meant who did not get its message; of another kind as `batch/ID`
    #[arg(long, value_name = "ID")]
    not_delivered_of: Option<String>,
    /// One of this kind whose recipients are meant whom its message has not reached so far; of another kind as `broadcast/ID`
    #[arg(long, value_name = "ID")]
    not_reached_of: Option<String>,
    /// One of this kind whose recipients are meant who followed one of its links; of another kind as `batch/ID`
    #[arg(long, value_name = "ID")]
    clicked_of: Option<String>,
}

/// What those get whom a broadcast has not reached in time.
#[derive(Debug, clap::Args)]
struct Fallback {
    /// Write again, by another way, to those whom it has not reached in this time, such as `2m`
    #[arg(long, value_name = "TIME")]
    fallback_after: Option<String>,
    /// The sender of what they get then
    #[arg(long, value_name = "SENDER", requires = "fallback_after")]
    fallback_from: Option<String>,
    /// The route that is asked for then
    #[arg(long, value_name = "ROUTE", requires = "fallback_after")]
    fallback_route: Option<String>,
    /// The text that they get then
    #[arg(long, value_name = "TEXT", requires = "fallback_after")]
    fallback_text: Option<String>,
}

/// What the API takes.
pub(super) trait Makes {
    /// The document of the API.
    fn document(&self) -> Value;
}

impl Makes for CampaignMake {
    fn document(&self) -> Value {
        let mut document = self.message.document();
        self.trial.add_to(&mut document);
        self.timing.add_to(&mut document);
        self.audience.add_to(&mut document, "campaign");
        document.into()
    }
}

impl Makes for BatchMake {
    fn document(&self) -> Value {
        let mut document = self.message.document();
        self.trial.add_to(&mut document);
        self.timing.add_to(&mut document);
        document.into()
    }
}

impl Makes for BroadcastMake {
    fn document(&self) -> Value {
        let mut document = self.message.document();
        self.audience.add_to(&mut document, "broadcast");
        self.fallback.add_to(&mut document);
        document.into()
    }
}

/// Adds the texts that are given.
fn add_texts<const N: usize>(document: &mut Map<String, Value>, texts: [(&str, &Option<String>); N]) {
    for (name, text) in texts {
        document.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
    }
}

impl Message {
    fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        let Self { name, text, from, route, class, .. } = self;
        add_texts(
            &mut document,
            [("name", name), ("text", text), ("from", from), ("route", route), ("class", class)],
        );
        let template = self.template.as_ref().map(|name| ("template".to_owned(), json!({ "name": name })));
        document.extend(template);
        if self.shorten_links {
            document.insert("shorten_links".to_owned(), json!(true));
        }
        document
    }
}

impl Timing {
    fn add_to(&self, document: &mut Map<String, Value>) {
        let Self { send_at, send_zone, not_after, .. } = self;
        add_texts(document, [("send_at", send_at), ("send_zone", send_zone), ("not_after", not_after)]);
        if let Some(per_minute) = self.per_minute {
            let mut pace = Map::from_iter([("per_minute".to_owned(), json!(per_minute))]);
            add_texts(&mut pace, [("ramp", &self.ramp)]);
            document.insert("pace".to_owned(), pace.into());
        }
        let hours = self.hours.document();
        if !hours.is_empty() {
            document.insert("sending_hours".to_owned(), hours.into());
        }
        if let Some(percent) = self.pause_at_failures {
            document.insert("pause_at_failures".to_owned(), json!(percent));
        }
    }
}

impl Trial {
    fn add_to(&self, document: &mut Map<String, Value>) {
        if !self.variants.is_empty() {
            let variant = |written: &String| {
                let (name, text) = written.split_once('=').unwrap_or((written, ""));
                json!({ "name": name, "text": text })
            };
            let variants: Vec<Value> = self.variants.iter().map(variant).collect();
            document.insert("variants".to_owned(), variants.into());
        }
        if let Some(measure) = &self.measure {
            let mut trial = Map::from_iter([("measure".to_owned(), json!(measure))]);
            trial.extend(self.share.map(|share| ("share".to_owned(), json!(share))));
            trial.extend(self.trial_wait.as_ref().map(|wait| ("wait".to_owned(), json!(wait))));
            if self.by_hand {
                trial.insert("choose".to_owned(), json!("by_hand"));
            }
            document.insert("trial".to_owned(), trial.into());
        }
    }
}

impl Fallback {
    fn add_to(&self, document: &mut Map<String, Value>) {
        let Some(after) = &self.fallback_after else { return };
        let mut fallback = Map::from_iter([("after".to_owned(), json!(after))]);
        let Self { fallback_from, fallback_route, fallback_text, .. } = self;
        add_texts(
            &mut fallback,
            [("from", fallback_from), ("route", fallback_route), ("text", fallback_text)],
        );
        document.insert("fallback".to_owned(), fallback.into());
    }
}

impl Audience {
    /// Adds the audience; an earlier one is of this kind unless it says otherwise.
    fn add_to(&self, document: &mut Map<String, Value>, kind: &str) {
        let mut audience = Map::new();
        for (name, groups) in [("groups", &self.groups), ("except_groups", &self.except_groups)] {
            if !groups.is_empty() {
                audience.insert(name.to_owned(), json!(groups));
            }
        }
        if self.everybody {
            audience.insert("everybody".to_owned(), json!(true));
        }
        add_texts(&mut audience, [("segment", &self.segment)]);
        for (name, id) in [
            ("not_delivered_of", &self.not_delivered_of),
            ("not_reached_of", &self.not_reached_of),
            ("clicked_of", &self.clicked_of),
        ] {
            let earlier = id.as_deref().map(|id| id.split_once('/').unwrap_or((kind, id)));
            audience.extend(earlier.map(|(kind, id)| (name.to_owned(), json!({ kind: id }))));
        }
        if !audience.is_empty() {
            document.insert("audience".to_owned(), audience.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line<M: clap::Args> {
        #[command(flatten)]
        make: M,
    }

    fn made<M: clap::Args + Makes>(args: &[&str]) -> Result<Value, clap::Error> {
        let args = std::iter::once("make").chain(args.iter().copied());
        Line::<M>::try_parse_from(args).map(|line| line.make.document())
    }

    #[test]
    fn a_campaign_has_what_was_given() {
        let args = [
            "--template",
            "hi",
            "--group",
            "a",
            "--group",
            "b",
            "--segment",
            "age > 3",
            "--per-minute",
            "60",
            "--ramp",
            "10m",
            "--hours",
            "09:00-18:00",
            "--days",
            "mon,fri",
            "--hours-zone",
            "Europe/Berlin",
            "--daily-cap",
            "500",
        ];
        let expected = json!({
            "template": { "name": "hi" },
            "pace": { "per_minute": 60, "ramp": "10m" },
            "sending_hours": {
                "hours": "09:00-18:00", "days": ["mon", "fri"], "zone": "Europe/Berlin", "daily_cap": 500,
            },
            "audience": { "groups": ["a", "b"], "segment": "age > 3" },
        });
        assert_eq!(made::<CampaignMake>(&args).unwrap(), expected);
    }

    #[test]
    fn an_earlier_run_is_of_the_same_kind_unless_it_says_otherwise() {
        let args = |id| ["--text", "x", "--not-delivered-of", id];
        let earlier = |document: Value| document["audience"]["not_delivered_of"].clone();
        assert_eq!(earlier(made::<BroadcastMake>(&args("7")).unwrap()), json!({ "broadcast": "7" }));
        assert_eq!(earlier(made::<CampaignMake>(&args("7")).unwrap()), json!({ "campaign": "7" }));
        assert_eq!(earlier(made::<CampaignMake>(&args("batch/7")).unwrap()), json!({ "batch": "7" }));
    }

    #[test]
    fn a_broadcast_has_a_second_way() {
        let args = ["--text", "x", "--fallback-after", "2m", "--fallback-from", "60007", "--route", "red"];
        let fallback = json!({ "after": "2m", "from": "60007" });
        let expected = json!({ "text": "x", "route": "red", "fallback": fallback });
        assert_eq!(made::<BroadcastMake>(&args).unwrap(), expected);
        assert!(made::<BroadcastMake>(&["--text", "x", "--fallback-from", "60007"]).is_err());
    }

    #[test]
    fn each_kind_has_the_options_that_apply_to_it() {
        for (option, campaign, batch, broadcast) in [
            ("--group=a", true, false, true),
            ("--not-reached-of=7", true, false, true),
            ("--fallback-after=2m", false, false, true),
            ("--per-minute=60", true, true, false),
            ("--daily-cap=60", true, true, false),
            ("--send-at=2030-01-31T09:00:00Z", true, true, false),
            ("--pause-at-failures=20", true, true, false),
            ("--from=60007", true, true, true),
        ] {
            let args = ["--text", "x", option];
            assert_eq!(made::<CampaignMake>(&args).is_ok(), campaign, "{option}");
            assert_eq!(made::<BatchMake>(&args).is_ok(), batch, "{option}");
            assert_eq!(made::<BroadcastMake>(&args).is_ok(), broadcast, "{option}");
        }
    }
}
