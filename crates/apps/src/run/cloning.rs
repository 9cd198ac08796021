//! Another run like one that there is.

use super::desk::{NewRun, NotDone, Runs};
use super::document::{NAME_MAX, Run, RunKind, Schedule, TemplateName};
use super::fallback::Fallback;
use super::trial::{Trial, Variant};
use postrider_core::account::AccountId;
use postrider_core::time::Time;

impl Runs {
    /// Makes an open run with the texts, the audience, the pace and the times to come of another one. Recipients that were added to that
    /// one are not taken over, and neither is anything that became of it.
    ///
    /// # Errors
    /// There is none, its template is gone, or the store can't be used.
    pub async fn clone_of(
        &self,
        account: AccountId,
        kind: RunKind,
        id: u64,
        name: Option<Box<str>>,
        author: &str,
    ) -> Result<Run, NotDone> {
        let found = self.find(account, kind, id).await?.ok_or(NotDone::Missing)?.value;
        self.make(account, found.as_new(name, self.now()), author).await
    }
}

impl Run {
    fn as_new(&self, name: Option<Box<str>>, now: Time) -> NewRun {
        let mut outgoing = self.outgoing.clone();
        outgoing.template = outgoing.template.map(|named| self.as_named(named));
        NewRun {
            kind: self.kind,
            name: name.or_else(|| Some(copy_of(self.name.as_deref()?))),
            outgoing,
            schedule: self.schedule.to_come(now),
            pace: self.pace,
            pause_at_failures: self.pause_at_failures,
            audience: self.audience.clone(),
            trial: self.trial.as_ref().map(|trial| trial.afresh(self)),
            fallback: self.fallback.clone().map(|fallback| Fallback { outcome: None, ..fallback }),
        }
    }

    /// A launch writes down which version is sent. What follows sends the one that is approved then.
    fn as_named(&self, named: TemplateName) -> TemplateName {
        let version = named.version.filter(|_| self.launched_by.is_none());
        TemplateName { version, ..named }
    }
}

impl Trial {
    fn afresh(&self, run: &Run) -> Self {
        let variant = |it: &Variant| Variant {
            name: it.name.clone(),
            text: it.text.clone(),
            template: it.template.clone().map(|named| run.as_named(named)),
            ..Variant::default()
        };
        let variants = self.variants.iter().map(variant).collect();
        Self { variants, winner: None, chosen_by: None, sampled: None, ..self.clone() }
    }
}

impl Schedule {
    fn to_come(&self, now: Time) -> Self {
        let comes = |at: &i64| *at > now.0;
        let local = self.send_at_local.clone().filter(|local| {
            let at = local.parse::<jiff::civil::DateTime>().ok();
            let at = at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
            at.is_some_and(|at| comes(&at.timestamp().as_millisecond()))
        });
        Self {
            send_at: self.send_at.filter(comes),
            send_at_local: local,
            not_after: self.not_after.filter(comes),
            sending_hours: self.sending_hours.clone(),
        }
    }
}

fn copy_of(name: &str) -> Box<str> {
    const SUFFIX: &str = " (copy)";
    let most = NAME_MAX - SUFFIX.chars().count();
    name.chars().take(most).chain(SUFFIX.chars()).collect::<String>().into()
}
