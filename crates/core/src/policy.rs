//! Policy: what an account may send to whom. Facts in, verdict out.

mod brands;
mod caps;
mod codes;
mod duplicates;

pub use brands::Brand;
pub use caps::{Beyond, Cap, Counted, Counts};
pub use codes::CodeLimits;
pub use duplicates::kept;

use crate::account::Account;
use crate::cause::{Cause, Code};
use crate::client_part::Cut;
use crate::consent::{Kind, QuietHours, Register, is_barred};
use crate::dead::DeadNumbers;
use crate::fraud::{FraudFacts, FraudRule, Suspicion};
use crate::lookup::{Assignment, LookedUp, LookedUpNumbers};
use crate::message::Class;
use crate::number::Number;
use crate::numbering::{Country, Undeliverable, country_of};
use crate::route::SenderMatch;
use crate::sender::Sender;
use crate::submission::{Draft, PARTS_MAX, Refusal};
use crate::time::Time;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most times that what holds a message back is looked at anew, for the time at which the last one lets it go.
const HOLDS_MAX: usize = 32;

/// The limits that an account is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The starts of numbers (digits, without `+`) that it may send to, and short codes as a whole; empty is everywhere.
    pub recipients: Vec<Box<str>>,
    /// The countries that it may send to; empty is all of them, and numbers of none.
    pub countries: Vec<Country>,
    /// The names of routes that its messages may ask for.
    pub routes: Vec<Box<str>>,
    /// The most parts of one message.
    pub parts_max: u8,
    /// The classes that opt-outs don't stop, by their places among [`Class::ALL`]; blocks stop them too.
    pub spared: [bool; Class::ALL.len()],
    /// The numbers that it is refused.
    pub refused: Vec<Undeliverable>,
    /// The starts of numbers that it must not send to.
    pub blocked: Vec<Box<str>>,
    /// The classes that need a recorded consent of the recipient.
    pub needs_consent: [bool; Class::ALL.len()],
    /// The purposes of consents that count; empty is any.
    pub purposes: Vec<Box<str>>,
    /// When messages wait.
    pub quiet: Option<QuietHours>,
    /// The longest that messages may wait once due, by the places of their classes among [`Class::ALL`]; `None` is as long
    /// as their validity.
    pub deadlines: [Option<Duration>; Class::COUNT],
    /// The senders that it may use, besides its default; empty is every sender.
    pub senders: Vec<SenderMatch>,
    /// The senders that it may use to a country, in the place of `senders` and its default.
    pub senders_by_country: BTreeMap<Country, Vec<SenderMatch>>,
    /// How many messages a recipient gets.
    pub caps: Vec<Cap>,
    /// How long the same content from the same sender to the same recipient is refused as a duplicate; `None` is not at all.
    pub duplicates: Option<Duration>,
    /// Brands that it must not use or imitate as a sender, unless its senders name them.
    pub brands: Vec<Brand>,
    /// How many one-time passwords its verifications send.
    pub codes: CodeLimits,
    /// Rules against fraud.
    pub fraud: Vec<Arc<FraudRule>>,
    /// The classes of whose messages it is told whether they converted, by their places among [`Class::ALL`].
    pub converts: [bool; Class::COUNT],
}

impl Policy {
    /// How long messages count, if any do.
    #[must_use]
    pub fn counts_for(&self) -> Option<Duration> {
        self.caps.iter().map(|cap| cap.per).chain(self.duplicates).max()
    }

    /// Whether messages of this class are counted: by a frequency cap, or to find duplicates.
    #[must_use]
    pub fn counts(&self, class: Class) -> bool {
        self.duplicates.is_some() || self.caps.iter().any(|cap| cap.classes[class as usize])
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            countries: Vec::new(),
            routes: Vec::new(),
            parts_max: PARTS_MAX,
            refused: Undeliverable::USUAL.into(),
            spared: [false; Class::COUNT],
            blocked: Vec::new(),
            needs_consent: [false; Class::COUNT],
            purposes: Vec::new(),
            quiet: None,
            deadlines: [None; Class::COUNT],
            senders: Vec::new(),
            senders_by_country: BTreeMap::new(),
            caps: Vec::new(),
            duplicates: None,
            brands: Vec::new(),
            codes: CodeLimits::USUAL,
            fraud: Vec::new(),
            converts: [false; Class::COUNT],
        }
    }
}

/// The facts that decisions need. They are read once for a batch, before any message of it is judged.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// What holds of numbers; `None` forbids nothing.
    pub register: Option<&'a Register>,
    /// The messages that frequency caps count, of the recipients that are judged; `None` is none.
    pub counts: Option<&'a Counts>,
    /// The numbers that nobody seems to have; `None` is none.
    pub dead: Option<&'a DeadNumbers>,
    /// What was looked up of the recipients that are judged; `None` is nothing.
    pub looked_up: Option<&'a LookedUpNumbers>,
    /// What rules against fraud look at; `None` suspects nothing.
    pub fraud: Option<FraudFacts<'a>>,
    /// Parts that the account has submitted this month (UTC), if its prices depend on it; else 0.
    pub volume: u64,
}

impl<'a> Facts<'a> {
    /// What was looked up of a number, if anything was.
    #[must_use]
    pub fn looked_up(&self, number: Number) -> Option<&'a LookedUp> {
        self.looked_up?.get(&number)
    }

    /// Whether nobody has a number: a look-up says so, or none says the contrary and our own messages do.
    #[must_use]
    pub fn is_dead(&self, number: Number) -> bool {
        match self.looked_up(number).map(|found| found.said.assignment) {
            Some(Assignment::Unassigned) => true,
            Some(Assignment::Assigned) => false,
            Some(Assignment::Unknown) | None => self.dead.is_some_and(|dead| dead.contains(number)),
        }
    }
}

/// What holds a message back, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Until when.
    pub until: Time,
    /// Why.
    pub why: Holder,
}

/// What holds messages back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Quiet hours, in words.
    Quiet(Box<str>),
    /// A frequency cap.
    Cap(Cap),
    /// A rule against fraud, until somebody releases it.
    Fraud(Suspicion),
}

impl Held {
    /// The reason in the form in which it is kept and shown.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let until = Timestamp::from_millisecond(self.until.0).unwrap_or_default();
        match &self.why {
            Holder::Quiet(hours) => {
                Cause::with_detail(Code::QuietHours, format!("it waits until {until}: quiet hours {hours}"))
            }
            Holder::Cap(cap) => {
                let Cap { rule, most, per, .. } = cap;
                let detail = format!("it waits until {until}: {most} in {}, by {rule}", span(*per));
                Cause::with_detail(Code::FrequencyCap, detail)
            }
            Holder::Fraud(suspicion) => Cause::with_detail(
                Code::FraudSuspected,
                format!("{suspicion}; it waits until an operator releases or cancels it"),
            ),
        }
    }

    /// What holds it until somebody releases it, as the message keeps it; `None` if a time lets it go.
    #[must_use]
    pub fn until_released(&self) -> Option<Box<str>> {
        match &self.why {
            Holder::Fraud(suspicion) => Some(suspicion.to_string().into()),
            Holder::Quiet(_) | Holder::Cap(_) => None,
        }
    }
}

/// A span in its largest unit: `7d`, `90m`.
pub(crate) fn span(span: std::time::Duration) -> String {
    let seconds = span.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, word)| format!("{}{word}", seconds / unit))
}

/// The decision on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes.
    Allow,
    /// It goes, but not yet.
    Hold(Held),
    /// It doesn't go.
    Refuse(Refusal),
}

/// The country of a recipient whose account may not send there. A short code is the account's own affair.
fn foreign(draft: &Draft, account: &Account) -> Option<Option<Country>> {
    let countries = &account.policy.countries;
    if countries.is_empty() || draft.to.is_short_code() {
        return None;
    }
    let country = country_of(draft.to);
    country.is_none_or(|country| !countries.contains(&country)).then_some(country)
}

/// Judges whether the account may send this draft.
#[must_use]
pub fn judge(draft: &Draft, account: &Account, facts: &Facts<'_>, now: Time) -> Verdict {
    if !account.enabled {
        return Verdict::Refuse(Refusal::AccountDisabled);
    }
    if draft.parts > account.policy.parts_max {
        let (needed, allowed) = (draft.parts.into(), account.policy.parts_max);
        return Verdict::Refuse(Refusal::TooManyParts { needed, allowed });
    }
    if !account.policy.recipients.is_empty() {
        let digits = draft.to.digits().to_string();
        let is_short = draft.to.is_short_code();
        let is_start = |start: &str| if is_short { digits == start } else { digits.starts_with(start) };
        if !account.policy.recipients.iter().any(|start| is_start(start)) {
            return Verdict::Refuse(Refusal::RecipientNotAllowed);
        }
    }
    if let Some(country) = foreign(draft, account) {
        return Verdict::Refuse(Refusal::CountryNotAllowed(country));
    }
    if draft.exempt {
        return Verdict::Allow;
    }
    if !may_use(draft.from.as_ref(), draft.to, account) {
        return Verdict::Refuse(Refusal::SenderNotAllowed);
    }
    if let Some(brand) = imitated(draft.from.as_ref(), account) {
        return Verdict::Refuse(Refusal::SenderProtected(brand.name.clone()));
    }
    if let Some(of) = duplicates::repeated(draft, account, facts.counts, now) {
        return Verdict::Refuse(Refusal::Duplicate(of));
    }
    if let Some(refusal) = forbidden(draft, account, facts) {
        return Verdict::Refuse(refusal);
    }
    let verdict = wait(draft, account, facts, now);
    match suspicion(draft, account, facts, now) {
        Some((true, suspicion)) if !matches!(verdict, Verdict::Refuse(_)) => {
            Verdict::Refuse(Refusal::FraudSuspected(suspicion))
        }
        Some((false, suspicion)) if !matches!(verdict, Verdict::Refuse(_)) => {
            let until = if let Verdict::Hold(held) = &verdict { held.until } else { now };
            Verdict::Hold(Held { until, why: Holder::Fraud(suspicion) })
        }
        _ => verdict,
    }
}

/// Why it looks like fraud, if it does, and whether it is refused for that: a rule that refuses goes before one that holds. Of a text
/// that its client cut, the first part is looked at.
fn suspicion(draft: &Draft, account: &Account, facts: &Facts<'_>, now: Time) -> Option<(bool, Suspicion)> {
    let fraud = facts.fraud.filter(|_| !account.policy.fraud.is_empty())?;
    let rules = account.fraud_rules(draft.class, draft.to, draft.cut.as_ref());
    let mut found = rules.filter_map(|rule| {
        Some((rule.refuses, rule.suspicion(account.id, account.country, draft.to, fraud, now)?))
    });
    let first = found.next()?;
    if first.0 { Some(first) } else { Some(found.find(|(refuses, _)| *refuses).unwrap_or(first)) }
}

impl Account {
    /// The rules against fraud that look at a message. Of a text that its client cut, they look at the first part.
    pub fn fraud_rules(
        &self,
        class: Class,
        to: Number,
        cut: Option<&Cut>,
    ) -> impl Iterator<Item = &Arc<FraudRule>> {
        let is_first = cut.is_none_or(|cut| cut.number == 1);
        self.policy.fraud.iter().filter(move |rule| is_first && rule.looks_at(class, to))
    }
}

/// Why the recipient must not be written to, if so.
fn forbidden(draft: &Draft, account: &Account, facts: &Facts<'_>) -> Option<Refusal> {
    let policy = &account.policy;
    if is_barred(draft.to, &policy.blocked) {
        return Some(Refusal::RecipientBlocked);
    }
    let register = facts.register?;
    let scope = register.forbids(draft.to, account.id, draft.from.as_ref(), draft.class);
    match scope.map(|scope| scope.kind) {
        Some(Kind::Block) => return Some(Refusal::RecipientBlocked),
        Some(Kind::OptOut | Kind::Consent) => return Some(Refusal::OptedOut),
        Some(Kind::Zone) | None => {}
    }
    let lacks = policy.needs_consent[draft.class as usize]
        && !register.has_consent(draft.to, account.id, &policy.purposes);
    lacks.then_some(Refusal::NoConsent)
}

/// Whether it waits until quiet hours are over and frequency caps let it go, or is beyond a cap.
fn wait(draft: &Draft, account: &Account, facts: &Facts<'_>, now: Time) -> Verdict {
    let leaves = draft.send_at.map_or(now, |at| at.max(now));
    let counted = facts.counts.map_or(&[][..], |counts| counts.of(draft.to));
    let (mut at, mut why) = (leaves, None);
    for _ in 0..HOLDS_MAX {
        if let Some((until, hours)) = quiet_until(draft, account, facts, at) {
            (at, why) = (until, Some(Holder::Quiet(hours)));
            continue;
        }
        let Some((cap, until)) = over(draft, account, counted, at) else { break };
        if cap.beyond == Beyond::Refuse || until > leaves + cap.per {
            let (most, per, until) = (cap.most, span(cap.per).into(), until.since(now));
            return Verdict::Refuse(Refusal::FrequencyCap { most, per, retry_after: until });
        }
        (at, why) = (until, Some(Holder::Cap(cap.clone())));
    }
    why.map_or(Verdict::Allow, |why| Verdict::Hold(Held { until: at, why }))
}

/// The end of the quiet hours that it would leave in, and these hours in words.
fn quiet_until(draft: &Draft, account: &Account, facts: &Facts<'_>, at: Time) -> Option<(Time, Box<str>)> {
    let quiet = account.policy.quiet.as_ref()?;
    let own = facts.register.map(|register| register.zones_of(draft.to, account.id)).unwrap_or_default();
    let until = quiet.held_until(draft.to, &own, draft.class, at)?;
    Some((until, quiet.words(draft.to, &own)))
}

/// The first frequency cap that it would break, and the earliest time at which it would not.
fn over<'a>(draft: &Draft, account: &'a Account, counted: &[Counted], at: Time) -> Option<(&'a Cap, Time)> {
    let caps = account.policy.caps.iter().filter(|cap| cap.classes[draft.class as usize]);
    caps.map(|cap| (cap, cap.earliest(counted, at))).find(|(_, earliest)| *earliest > at)
}

/// Whether a message of the account may be from this sender.
///
/// # Errors
/// The account may not use it, or it imitates a protected brand.
pub fn may_send_as(sender: &Sender, to: Number, account: &Account) -> Result<(), Refusal> {
    if !may_use(Some(sender), to, account) {
        return Err(Refusal::SenderNotAllowed);
    }
    imitated(Some(sender), account).map_or(Ok(()), |brand| Err(Refusal::SenderProtected(brand.name.clone())))
}

/// Whether the account may use this sender to this number.
fn may_use(sender: Option<&Sender>, to: Number, account: &Account) -> bool {
    let Policy { senders, senders_by_country, .. } = &account.policy;
    let of_country = (!senders_by_country.is_empty()).then(|| senders_by_country.get(&country_of(to)?));
    if let Some(of_country) = of_country.flatten() {
        return sender.is_none_or(|sender| of_country.iter().any(|allowed| allowed.takes(sender)));
    }
    let Some(sender) = sender.filter(|sender| account.default_sender.as_ref() != Some(sender)) else {
        return true;
    };
    senders.is_empty() || senders.iter().any(|allowed| allowed.takes(sender))
}

/// The brand that a sender uses or imitates, though it isn't the account's.
fn imitated<'a>(sender: Option<&Sender>, account: &'a Account) -> Option<&'a Brand> {
    let policy = &account.policy;
    let Some(sender @ Sender::Name(name)) = sender.filter(|_| !policy.brands.is_empty()) else { return None };
    let is_own = account.default_sender.as_ref() == Some(sender)
        || policy.senders.iter().any(|allowed| allowed.takes(sender));
    policy.brands.iter().find(|brand| !is_own && brand.is_imitated_by(name))
}

#[cfg(test)]
mod tests;
