//! What campaigns, batches and broadcasts are made of.

use serde_json::{Map, Value, json};

#[derive(Debug, clap::Args)]
pub(super) struct Make {
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
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// The route that is asked for
    #[arg(long)]
    route: Option<String>,
    /// The class of the messages
    #[arg(long)]
    class: Option<String>,
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
    /// Pause by itself when so many of a hundred messages fail
    #[arg(long, value_name = "PERCENT")]
    pause_at_failures: Option<u8>,
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
    /// The campaign whose recipients are meant who did not get its message; of another kind as `batch/ID` or `broadcast/ID`
    #[arg(long, value_name = "ID")]
    not_delivered_of: Option<String>,
    /// The campaign whose recipients are meant whom its message has not reached so far; of another kind as `broadcast/ID`
    #[arg(long, value_name = "ID")]
    not_reached_of: Option<String>,
    /// The campaign whose recipients are meant who followed one of its links; of another kind as `batch/ID`
    #[arg(long, value_name = "ID")]
    clicked_of: Option<String>,
    /// Write again, by another way, to those whom a broadcast has not reached in this time, such as `2m`
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

impl Make {
    /// The document of the API; an earlier run is of this kind unless it says otherwise.
    pub(super) fn document(&self, kind: &str) -> Value {
        let mut document = Map::new();
        for (name, text) in [
            ("name", &self.name),
            ("text", &self.text),
            ("from", &self.from),
            ("route", &self.route),
            ("class", &self.class),
            ("send_at", &self.send_at),
            ("send_zone", &self.send_zone),
            ("not_after", &self.not_after),
        ] {
            document.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        let template = self.template.as_ref().map(|name| ("template".to_owned(), json!({ "name": name })));
        document.extend(template);
        if let Some(per_minute) = self.per_minute {
            let mut pace = json!({ "per_minute": per_minute });
            if let (Some(ramp), Some(pace)) = (&self.ramp, pace.as_object_mut()) {
                pace.insert("ramp".to_owned(), json!(ramp));
            }
            document.insert("pace".to_owned(), pace);
        }
        if let Some(percent) = self.pause_at_failures {
            document.insert("pause_at_failures".to_owned(), json!(percent));
        }
        if self.shorten_links {
            document.insert("shorten_links".to_owned(), json!(true));
        }
        self.add_trial(&mut document);
        document.extend(self.fallback().map(|fallback| ("fallback".to_owned(), fallback)));
        document.extend(self.audience(kind).map(|audience| ("audience".to_owned(), audience)));
        document.into()
    }

    fn add_trial(&self, document: &mut Map<String, Value>) {
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

    fn fallback(&self) -> Option<Value> {
        let after = self.fallback_after.as_ref()?;
        let mut fallback = Map::from_iter([("after".to_owned(), json!(after))]);
        for (name, text) in
            [("from", &self.fallback_from), ("route", &self.fallback_route), ("text", &self.fallback_text)]
        {
            fallback.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        Some(fallback.into())
    }

    /// The audience; an earlier run is of this kind unless it says otherwise.
    fn audience(&self, kind: &str) -> Option<Value> {
        let mut audience = Map::new();
        for (name, groups) in [("groups", &self.groups), ("except_groups", &self.except_groups)] {
            if !groups.is_empty() {
                audience.insert(name.to_owned(), json!(groups));
            }
        }
        if self.everybody {
            audience.insert("everybody".to_owned(), json!(true));
        }
        audience.extend(self.segment.as_ref().map(|segment| ("segment".to_owned(), json!(segment))));
        for (name, id) in [
            ("not_delivered_of", &self.not_delivered_of),
            ("not_reached_of", &self.not_reached_of),
            ("clicked_of", &self.clicked_of),
        ] {
            let earlier = id.as_deref().map(|id| id.split_once('/').unwrap_or((kind, id)));
            audience.extend(earlier.map(|(kind, id)| (name.to_owned(), json!({ kind: id }))));
        }
        (!audience.is_empty()).then(|| audience.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        make: Make,
    }

    #[test]
    fn a_campaign_has_what_was_given() {
        let line = Line::parse_from([
            "make",
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
        ]);
        let expected = json!({
            "template": { "name": "hi" },
            "pace": { "per_minute": 60, "ramp": "10m" },
            "audience": { "groups": ["a", "b"], "segment": "age > 3" },
        });
        assert_eq!(line.make.document("campaign"), expected);
    }

    #[test]
    fn an_earlier_run_is_of_the_same_kind_unless_it_says_otherwise() {
        let audience = |kind: &str, id: &str| {
            let line = Line::parse_from(["make", "--text", "x", "--not-delivered-of", id]);
            line.make.document(kind)["audience"]["not_delivered_of"].clone()
        };
        assert_eq!(audience("broadcast", "7"), json!({ "broadcast": "7" }));
        assert_eq!(audience("campaign", "7"), json!({ "campaign": "7" }));
        assert_eq!(audience("campaign", "batch/7"), json!({ "batch": "7" }));
    }

    #[test]
    fn a_broadcast_has_a_second_way() {
        let args =
            ["make", "--text", "x", "--fallback-after", "2m", "--fallback-from", "60007", "--route", "red"];
        let document = Line::parse_from(args).make.document("broadcast");
        let fallback = json!({ "after": "2m", "from": "60007" });
        assert_eq!(document, json!({ "text": "x", "route": "red", "fallback": fallback }));
        assert!(Line::try_parse_from(["make", "--text", "x", "--fallback-from", "60007"]).is_err());
    }
}
