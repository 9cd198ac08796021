//! Alerts that people of a group open by text: `ALERT pump 3 is on fire`.

use super::desk::Alerts;
use super::format::Format;
use super::group::Group;
use super::signal::{Condition, Signal, TITLE_MAX, one_line};
use super::source::Source;
use crate::kept::{keep, read as read_record};
use postrider_core::account::AccountId;
use postrider_core::automation::keyword_and_rest;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, StoreError};
use postrider_core::inbound::Received;
use postrider_core::number::Number;

/// Words that open an alert.
const WORDS: [&str; 3] = ["alert", "alarm", "sos"];
/// Groups that are looked through.
const GROUPS_MAX: usize = 200;
/// The name of the source of such alerts.
const SOURCE: &str = "text";

/// What a text says is wrong; `None` if it doesn't open an alert.
pub(super) fn read(text: &str) -> Option<String> {
    let (word, rest) = keyword_and_rest(text)?;
    let title = one_line(rest, TITLE_MAX);
    (WORDS.contains(&&*word) && !title.is_empty()).then_some(title)
}

impl Group {
    /// Whether somebody may open alerts by a text to this number.
    fn hears(&self, from: Number, to: &str) -> bool {
        let plain = |number: &str| number.trim_start_matches('+').to_owned();
        self.report_by_text
            && self.from.as_deref().is_none_or(|own| plain(own) == plain(to))
            && self.people.iter().any(|member| member.number() == Some(from))
    }
}

impl Alerts {
    /// Has texts be heard while a group may open alerts by them.
    pub(super) async fn keep_listening(&self) -> Result<(), StoreError> {
        let due = Some(self.parts.live.now());
        let filter = AppFilter { due, ..AppFilter::all(AppKind::AlertGroup, None, 1) };
        if !self.parts.store.list_app_records(filter).await?.is_empty() {
            self.hearing.begin().await?;
        }
        Ok(())
    }

    /// What a text changes that opens an alert: the alert, and the answer to who wrote it. Nothing is written.
    pub(super) async fn hear_report(
        &self,
        account: AccountId,
        received: &Received,
        number: Number,
        title: &str,
    ) -> Result<Vec<AppWrite>, StoreError> {
        let to = received.inbound.to.shown();
        let all = AppFilter::all(AppKind::AlertGroup, Some(account), GROUPS_MAX);
        let mut found = None;
        for record in self.parts.store.list_app_records(all).await? {
            let group = read_record::<Group>(record)?.value;
            if group.hears(number, &to) {
                found = Some(group);
                break;
            }
        }
        let Some(group) = found else { return Ok(Vec::new()) };
        let who = group.people.iter().find(|member| member.number() == Some(number));
        let detail = who.map(|member| format!("{} wrote: {title}", member.name));
        let source = Source {
            name: SOURCE.into(),
            format: Format::Json,
            group: group.name.clone(),
            fields: None,
            heartbeat: None,
        };
        // No tool's key begins so. Each text is an alert of its own.
        let key = format!("\u{1}text {}", received.id);
        let signal = Signal::new(key, Condition::Firing, title).with_detail(detail);
        let (mut writes, reception) = self.opening(account, &source, signal).await?;
        let Some(opened) = reception.opened.first() else { return Ok(Vec::new()) };
        let mut person = self.person(account, number).await?;
        let answer = format!("Alert {opened} is open: {title}");
        person.value.send(one_line(&answer, 300), Some(to.into()), self.parts.live.now());
        writes.push(keep(account, &person.value, person.version)?);
        metrics::counter!("postrider_alerts_total", "format" => SOURCE, "result" => "opened").increment(1);
        self.hurry();
        Ok(writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_opens_an_alert_says_what_is_wrong() {
        for (text, title) in [
            ("ALERT pump 3 is on fire", Some("pump 3 is on fire")),
            ("alarm:  pump\n3", Some("pump 3")),
            ("SOS", None),
            ("alerts pump", None),
            ("ack 3", None),
        ] {
            assert_eq!(read(text).as_deref(), title, "{text}");
        }
    }
}
