//! Rules of automation, as people declare them.

use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::span::Span;
use crate::written::{FromText, Written};
use crate::{settings, words};
use jiff::tz::TimeZone;
use postrider_core::sender::Sender;

/// The most keywords of a rule.
pub(crate) const KEYWORDS_MAX: usize = 100;
/// The most senders, numbers or upstreams that a rule names.
pub(crate) const NAMED_MAX: usize = 100;
/// The most stretches of a day, and times of a timer.
pub(crate) const TIMES_MAX: usize = 24;
/// The most numbers that a rule forwards to.
pub(crate) const FORWARDS_MAX: usize = 20;
/// The most tags of a rule.
pub(crate) const TAGS_MAX: usize = 10;
/// The most choices of a menu or a poll.
pub(crate) const CHOICES_MAX: usize = 50;

settings! {
    /// A rule of automation: when this happens, do that. Of several that fit a message, the first one acts.
    pub struct RuleDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// The account whose messages set it off, and that sends what it sends.
        account: String;
        /// Whether it is in force.
        enabled: bool = true;
        /// Rules with lower numbers are looked at first. Among equals, rules with keywords go before those with a pattern, and
        /// these before rules for any text.
        order: u16 = 100, 0..=10_000;
        /// The conditions, all of which must hold. Default: any message from a handset.
        when: WhenDocument = WhenDocument::default();
        /// The actions, at least one. Default: none, which is a mistake.
        then: ThenDocument = ThenDocument::default();
        /// The most times that it acts for one sender within `per`. Default: no limit of its own. Whatever the rules say, robots
        /// are recognised and left alone.
        limit: Option<u32> = None;
        /// The stretch of time that `limit` counts in.
        per: Span = "1h".into(), "1m"..="365d";
        /// The secret end of the address that sets off a rule for the event `called`: `POST /v1/call/TOKEN`; 20 to 200 letters
        /// and digits. Over the API it may be left out: then it is kept, or a new one is made and shown once.
        token: Option<Secret> = None;
    }
}

settings! {
    /// The conditions of a rule, all of which must hold.
    pub struct WhenDocument: Default {
        /// The event that it waits for.
        event: EventWord = EventWord::Received;
        /// Keywords, one word each: the first word of the text is one of them, in whatever case, with or without accents.
        /// Default: any text.
        keywords: Vec<String> = Vec::new(), AtMost(KEYWORDS_MAX);
        /// Whether one typo is forgiven in keywords of four characters and more, if no other keyword may be meant.
        typos: bool = true;
        /// A regular expression that the text matches somewhere; case doesn't matter for the letters A to Z. Templates name
        /// what its groups took as `match[1]`. Default: any text.
        pattern: Option<String> = None;
        /// The sender: the start of a number such as `+44`, or a whole short code or name. Default: any.
        senders: Vec<Written<Sender>> = Vec::new(), AtMost(NAMED_MAX);
        /// Names of declared numbers that were written to. Default: every number of the account.
        numbers: Vec<String> = Vec::new(), AtMost(NAMED_MAX);
        /// Whether only the first message of a sender to the account counts.
        first_contact: bool = false;
        /// Whether only texts count that seem to ask to stop without being a STOP, such as `wrong number`. Such a rule marks them, or
        /// tells somebody.
        may_ask_to_stop: bool = false;
        /// Times of the day, such as `09:00-17:00`; the end is not within, and may be on the next day. Default: the whole day.
        hours: Vec<Written<ClockSpan>> = Vec::new(), AtMost(TIMES_MAX);
        /// Days of the week: those on which `hours` begin. Default: all.
        days: Vec<DayWord> = Vec::new(), AtMost(7);
        /// The time zone of `hours`, `days` and `at`, and of dates in templates, such as `Europe/Berlin`.
        zone: Written<Zone> = Written::default();
        /// When a timer goes off: times of the day, such as `09:00`. Default: never.
        at: Vec<Written<ClockTime>> = Vec::new(), AtMost(TIMES_MAX);
        /// Names of the upstreams that bring the message; of the events `link_down` and `link_up`, those whose links are watched.
        /// Default: all.
        upstreams: Vec<String> = Vec::new(), AtMost(NAMED_MAX);
        /// How long no link of an upstream is up before `link_down` happens; `link_up` happens after such a time alone. How long a
        /// handset has waited for an answer before `unanswered` happens.
        lasting: Span = "1m".into(), "10s"..="24h";
    }
}

settings! {
    /// The actions of a rule.
    pub struct ThenDocument: Default {
        /// A reply to the sender, from the number that was written to; of the event `delivered` or `failed`, a message to the
        /// recipient. A template. Default: none.
        reply: Option<String> = None;
        /// Numbers that the message is forwarded to. Default: none.
        forward_to: Vec<String> = Vec::new(), AtMost(FORWARDS_MAX);
        /// What is forwarded, and what `url` is told in another `form` than `event`; a template. Default: `{{ from }}: {{ text }}` for
        /// messages from handsets; for other events it must be given.
        text: Option<String> = None;
        /// The sender of what is forwarded. Default: the number that was written to, or else the account's own sender.
        from: Option<Written<Sender>> = None;
        /// Whether the account's webhook is told of what happened, whatever the number's `deliver_to` says.
        webhook: bool = false;
        /// A URL of the rule's own that is told of what happened, signed and allowed as the account's webhook is. Its answer may reply
        /// to a message from a handset, and go on with another rule. Default: none.
        url: Option<String> = None;
        /// The form in which `url` is told. In another one than `event` it gets `text`, and its answer is ignored.
        form: FormWord = FormWord::Event;
        /// With `form = "telegram"`, the chat: its number, or the name of a channel with `@`. Default: none.
        chat: Option<String> = None;
        /// Words that the message is marked with, 1 to 32 characters each. Default: none.
        tags: Vec<String> = Vec::new(), AtMost(TAGS_MAX);
        /// How much later replies and forwarded messages go out.
        later: Span = "0s".into(), "0s"..="365d";
        /// Whether what goes out later is canceled if its recipient writes to the account before.
        cancel_on_reply: bool = false;
        /// Whether the account's messages to the sender that wait for a later time are canceled; of the event `delivered` or
        /// `failed`, those to the recipient.
        cancel_scheduled: bool = false;
        /// A purpose of messages: the sender's consent to them is recorded. Default: none.
        consent: Option<String> = None;
        /// Whether no further rule is looked at.
        stop: bool = true;
        /// The answers that the reply asks for: it is a menu or, with `poll`, a poll. Default: none.
        choices: Vec<ChoiceDocument> = Vec::new(), AtMost(CHOICES_MAX);
        /// How long an answer is waited for.
        wait: Span = "10m".into(), "10s"..="7d";
        /// The reply to an answer that is none of the choices, a template. Default: none, other rules are looked at.
        otherwise: Option<String> = None;
        /// Whether answers are counted, one for each sender: `GET /v1/rules/NAME/votes`.
        poll: bool = false;
        /// The reply to a sender who answered the poll before, whose first answer then counts; a template. Default: none, the last
        /// answer counts.
        again: Option<String> = None;
        /// What is done if no answer to the choices comes within `wait`. Default: nothing, the menu is forgotten.
        timed_out: Option<TimedOutDocument> = None;
        /// An address that the message is mailed to. Postrider sends no mail yet: giving it is a mistake. Default: none.
        mail: Option<String> = None;
        /// A group of contacts that the sender is added to; of the event `delivered` or `failed`, the recipient. Default: none.
        add_to: Option<String> = None;
        /// A group of contacts that the sender, or the recipient, is taken from. Default: none.
        take_from: Option<String> = None;
    }
}

settings! {
    /// An answer of a menu or a poll.
    pub struct ChoiceDocument {
        /// The first word of the answer, in whatever case.
        answer: String;
        /// The reply, a template. Default: none.
        reply: Option<String> = None;
        /// The name of another rule with `choices`, whose reply is sent and whose answer is waited for. Default: none.
        go_to: Option<String> = None;
        /// Words that the message is marked with. Default: none.
        tags: Vec<String> = Vec::new(), AtMost(TAGS_MAX);
        /// A group of contacts that the sender is added to. Default: none.
        add_to: Option<String> = None;
        /// A group of contacts that the sender is taken from. Default: none.
        take_from: Option<String> = None;
        /// Whether the account's messages to the sender that wait for a later time are canceled.
        cancel_scheduled: bool = false;
        /// A purpose of messages: the sender's consent to them is recorded, with the question that it answers. Default: none.
        consent: Option<String> = None;
    }
}

settings! {
    /// What a menu or a poll does if no answer comes within its time.
    pub struct TimedOutDocument: Default {
        /// A message to the sender, from the number that was written to; a template. Default: none.
        reply: Option<String> = None;
        /// Numbers that are told. Default: none.
        forward_to: Vec<String> = Vec::new(), AtMost(FORWARDS_MAX);
        /// What they are told, a template. Default: `{{ from }} has not answered`.
        text: Option<String> = None;
        /// Whether the account's webhook is told, by an event `rule.acted`.
        webhook: bool = false;
        /// Words that the message is marked with which began the menu. Default: none.
        tags: Vec<String> = Vec::new(), AtMost(TAGS_MAX);
        /// A group of contacts that the sender is added to. Default: none.
        add_to: Option<String> = None;
        /// A group of contacts that the sender is taken from. Default: none.
        take_from: Option<String> = None;
    }
}

words! {
    /// The event that a rule waits for.
    pub enum EventWord {
        /// A handset has written.
        Received = "received",
        /// A message of the account is delivered. What rules sent doesn't count.
        Delivered = "delivered",
        /// A message of the account ended without being delivered. What rules sent doesn't count.
        Failed = "failed",
        /// No link of an upstream is up.
        LinkDown = "link_down",
        /// A link of an upstream is up again, after none was for `lasting`.
        LinkUp = "link_up",
        /// A time of the day has come.
        Timer = "timer",
        /// The rule's own address was called: `POST /v1/call/TOKEN`.
        Called = "called",
        /// What the account may spend has fallen below its `billing.low_balance`.
        BalanceLow = "balance_low",
        /// A handset has waited for an answer in a conversation for `lasting`.
        Unanswered = "unanswered",
    }
}

words! {
    /// The form in which a rule's own URL is told.
    pub enum FormWord {
        /// The event, as webhooks are told, signed with the webhook's secret.
        Event = "event",
        /// The text alone, as `text/plain`.
        Text = "text",
        /// A message for an incoming webhook of Slack, or of what takes the same.
        Slack = "slack",
        /// An adaptive card for a webhook of Microsoft Teams.
        Teams = "teams",
        /// A call of `sendMessage` of a bot of Telegram.
        Telegram = "telegram",
    }
}

words! {
    /// A day of the week.
    pub enum DayWord {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

impl DayWord {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Its number; Monday is 0.
    pub(crate) fn number(self) -> u8 {
        Self::ALL.into_iter().zip(0..).find(|(day, _)| *day == self).map_or(0, |(_, number)| number)
    }
}

/// A time of the day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime(pub u16);

impl FromText for ClockTime {
    fn from_text(text: &str) -> Result<Self, String> {
        let two = |digits: &str| -> Option<u16> {
            if digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
                digits.parse().ok()
            } else {
                None
            }
        };
        let read = || {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute) = (two(hour)?, two(minute)?);
            (hour < 24 && minute < 60).then_some(Self(hour * 60 + minute))
        };
        read().ok_or_else(|| format!("invalid time '{text}': write a time from 00:00 to 23:59"))
    }
}

/// From one time of the day until another, which is not within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSpan(pub u16, pub u16);

impl FromText for ClockSpan {
    fn from_text(text: &str) -> Result<Self, String> {
        let wrong = || format!("invalid hours '{text}': write from when until when, such as 09:00-17:00");
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        let from = ClockTime::from_text(from).map_err(|_| wrong())?.0;
        // The day's own end may be written so.
        let until = if until.trim() == "24:00" {
            24 * 60
        } else {
            ClockTime::from_text(until).map_err(|_| wrong())?.0
        };
        if from == until { Err(wrong()) } else { Ok(Self(from, until)) }
    }
}

/// A time zone of IANA's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(pub TimeZone);

impl FromText for Zone {
    fn from_text(text: &str) -> Result<Self, String> {
        let zone = TimeZone::get(text.trim());
        zone.map(Self).map_err(|_| {
            format!("there is no time zone '{text}': write one of IANA's names, such as Europe/Berlin")
        })
    }
}

impl Default for Written<Zone> {
    fn default() -> Self {
        Self::of("UTC", Zone(TimeZone::UTC))
    }
}

impl RuleDocument {
    /// Whether a choice leads to the menu of this name.
    pub(crate) fn leads_to(&self, name: &str) -> bool {
        self.then.choices.iter().any(|choice| choice.go_to.as_deref() == Some(name))
    }
}

impl Document for RuleDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        if self.when.event == EventWord::Called {
            visit(SecretPlace::at(&["token"]), &mut self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_zones_are_read_or_refused_in_words() {
        for (text, minutes) in [("00:00", Some(0)), ("23:59", Some(1_439)), (" 09:05", Some(545))] {
            assert_eq!(ClockTime::from_text(text).ok().map(|time| time.0), minutes, "{text}");
        }
        for text in ["24:00", "9:00", "09:60", "0900", "09:00:00", "+9:00", ""] {
            assert!(ClockTime::from_text(text).is_err(), "{text}");
        }
        assert_eq!(ClockSpan::from_text("22:00-06:30"), Ok(ClockSpan(1_320, 390)));
        assert_eq!(ClockSpan::from_text("18:00 - 24:00"), Ok(ClockSpan(1_080, 1_440)));
        for text in ["09:00", "09:00-09:00", "9-17", "24:00-06:00"] {
            let wrong = format!("invalid hours '{text}': write from when until when, such as 09:00-17:00");
            assert_eq!(ClockSpan::from_text(text), Err(wrong));
        }
        assert!(Zone::from_text("Europe/Berlin").is_ok() && Zone::from_text("Berlin").is_err());
    }
}
