//! Automation: rules of the form "when this happens, do that". Facts in; actions and the reasons for them out.

pub mod conflict;
mod decide;
mod hours;
mod keyword;
mod memory;
mod occasion;
mod template;
mod url_form;

pub use decide::{
    Action, Agreement, Considered, Decision, Membership, Reason, Sending, decide, go_on, posted_text,
    time_out,
};
pub use hours::{Hours, MINUTES_A_DAY, MINUTES_A_WEEK};
pub use keyword::{fold, keyword_and_rest};
pub use memory::{CALLER_MAX, Memory, RuleMemory, SenderMemory, StateRow, known_as};
pub use occasion::{LowBalance, Occasion, Unanswered, VARIABLES};
pub use template::{OUTPUT_MAX, SOURCE_MAX, Template, WrongTemplate};
pub use url_form::UrlForm;

use crate::account::AccountId;
use crate::delivery::State;
use crate::message::{Message, Via};
use crate::route::UpstreamId;
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// The number of a rule in the store; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// A rule of an account.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// Its name, unique.
    pub name: Box<str>,
    /// Whose rule it is.
    pub account: AccountId,
    /// Rules with lower numbers are looked at first.
    pub order: u16,
    /// The conditions, all of which must hold.
    pub when: When,
    /// The actions.
    pub then: Then,
    /// How often it acts for one sender.
    pub limit: Option<SenderLimit>,
}

/// How often a rule acts for one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderLimit {
    /// At most so many times,
    pub most: u32,
    /// in this time, which begins with the first of them.
    pub per: Duration,
}

/// The conditions of a rule.
#[derive(Clone, Debug, Default)]
pub struct When {
    /// The event.
    pub trigger: Trigger,
    /// The first word of the text is one of these, folded by [`fold`]; none is any.
    pub keywords: Vec<Box<str>>,
    /// Whether one typo in the keyword is forgiven.
    pub typos: bool,
    /// The text matches this.
    pub pattern: Option<Pattern>,
    /// The sender: the start of its number with `+`, or a whole short code or name; none is any.
    pub senders: Vec<Box<str>>,
    /// The number that was written to, in any of these spellings, folded as [`crate::numbers::folded`] does; none is any.
    pub numbers: BTreeSet<Box<str>>,
    /// The upstream that brought the message; none is any.
    pub upstreams: Vec<UpstreamId>,
    /// The time of the week.
    pub hours: Option<Hours>,
    /// Only the first message of a sender.
    pub first_contact: bool,
    /// Only a text that seems to ask to stop, as [`may_ask_to_stop`](crate::consent::may_ask_to_stop) says.
    pub may_ask_to_stop: bool,
}

/// The event that a rule waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// A message from a handset.
    #[default]
    Received,
    /// A message of the account is delivered.
    Delivered,
    /// A message of the account ended without being delivered.
    Failed,
    /// No link of an upstream is up.
    LinkDown {
        /// One of these; none is any.
        upstreams: Vec<UpstreamId>,
        /// For so long.
        lasting: Duration,
    },
    /// A link of an upstream is up again.
    LinkUp {
        /// One of these; none is any.
        upstreams: Vec<UpstreamId>,
        /// After none was up for so long.
        lasting: Duration,
    },
    /// What the account may spend has become low.
    BalanceLow,
    /// A handset waits for an answer in a conversation.
    Unanswered {
        /// For so long.
        lasting: Duration,
    },
    /// A time of the day, on the days of [`When::hours`].
    Timer {
        /// Minutes since midnight.
        minutes: Vec<u16>,
    },
    /// The rule's own address was called.
    Called,
}

/// A regular expression that a text must match somewhere, in whatever case of ASCII letters.
#[derive(Clone, Debug)]
pub struct Pattern(regex_lite::Regex);

/// The largest compiled pattern, in octets.
const PATTERN_SIZE_MAX: usize = 64 * 1024;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The mistake in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut builder = regex_lite::RegexBuilder::new(text);
        let built = builder.case_insensitive(true).size_limit(PATTERN_SIZE_MAX).build();
        built.map(Self).map_err(|error| error.to_string())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What its groups took, the whole match first; `None` where the text doesn't match.
    fn groups(&self, text: &str) -> Option<Vec<Box<str>>> {
        let found = self.0.captures(text)?;
        Some(found.iter().map(|group| group.map_or("", |group| group.as_str()).into()).collect())
    }
}

/// The actions of a rule.
#[derive(Clone, Debug, Default)]
pub struct Then {
    /// A reply, from the number that was written to.
    pub reply: Option<Template>,
    /// Numbers that the message is forwarded to.
    pub send_to: Vec<Box<str>>,
    /// What is forwarded, and what a chat is told.
    pub text: Option<Template>,
    /// The sender of what is forwarded; `None` is the number that was written to, or else the account's own.
    pub from: Option<Box<str>>,
    /// Whether the account's webhook is told of what happened.
    pub webhook: bool,
    /// A URL of the rule's own that is told of what happened.
    pub url: Option<Box<str>>,
    /// In which form it is told.
    pub form: UrlForm,
    /// The groups that the other side is added to and taken from.
    pub groups: GroupChanges,
    /// Whether the account's messages that wait for a later time are canceled, if they are for the other side.
    pub cancel_scheduled: bool,
    /// The purpose of messages to which the sender consents.
    pub consent: Option<Box<str>>,
    /// Words that the message is marked with.
    pub tags: Vec<Box<str>>,
    /// How much later replies and forwarded messages go out.
    pub after: Duration,
    /// Whether they are canceled if their recipient writes before.
    pub cancel_on_reply: bool,
    /// The answers that the reply asks for.
    pub choices: Option<Choices>,
    /// Whether no further rule is looked at.
    pub stop: bool,
}

/// Groups of contacts that a number is added to and taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChanges {
    /// Added to this one.
    pub add_to: Option<Box<str>>,
    /// Taken from this one.
    pub take_from: Option<Box<str>>,
}

/// The answers of a menu or a poll.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The answers by their first word, folded.
    pub choices: BTreeMap<Box<str>, Choice>,
    /// How long an answer is waited for.
    pub wait: Duration,
    /// The reply to an answer that is none of these.
    pub otherwise: Option<Template>,
    /// Whether answers are counted, one for each sender.
    pub poll: bool,
    /// The reply to who answers a poll again; without one, the later answer takes the place of the earlier.
    pub again: Option<Template>,
    /// What is done if no answer comes.
    pub timed_out: Option<TimedOut>,
}

/// What a menu or a poll does if no answer comes within its time.
#[derive(Clone, Debug, Default)]
pub struct TimedOut {
    /// A message to the sender, from the number that was written to.
    pub reply: Option<Template>,
    /// Numbers that are told,
    pub send_to: Vec<Box<str>>,
    /// and what they are told.
    pub text: Option<Template>,
    /// Whether the account's webhook is told.
    pub webhook: bool,
    /// Words that the message is marked with which began the menu.
    pub tags: Vec<Box<str>>,
    /// The groups that the sender is added to and taken from.
    pub groups: GroupChanges,
}

/// One answer of a menu or a poll.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The reply.
    pub reply: Option<Template>,
    /// Another menu to go on with, whose reply is sent.
    pub go_to: Option<RuleId>,
    /// Words that the message is marked with.
    pub tags: Vec<Box<str>>,
    /// The groups that the sender is added to and taken from.
    pub groups: GroupChanges,
    /// Whether the account's messages that wait for a later time are canceled, if they are for the sender.
    pub cancel_scheduled: bool,
    /// The purpose of messages to which the sender consents.
    pub consent: Option<Box<str>>,
}

/// All rules, in the order in which they are looked at.
#[derive(Clone, Debug, Default)]
pub struct Automation {
    by_account: HashMap<AccountId, Vec<Arc<Rule>>>,
    by_id: HashMap<RuleId, Arc<Rule>>,
    /// Rules by the SHA-256 of the token in their address.
    by_token: HashMap<[u8; 32], RuleId>,
    /// Rules that nobody's message sets off: timers, links and conversations.
    by_clock: Vec<Arc<Rule>>,
    /// Rules with a URL of their own.
    with_url: Vec<RuleId>,
}

impl Automation {
    /// The table of these rules, and of the tokens (SHA-256) by which some are called.
    #[must_use]
    pub fn new(rules: Vec<Rule>, tokens: Vec<([u8; 32], RuleId)>) -> Self {
        let mut table = Self { by_token: tokens.into_iter().collect(), ..Self::default() };
        for rule in rules.into_iter().map(Arc::new) {
            table.by_id.insert(rule.id, Arc::clone(&rule));
            if rule.when.trigger.is_by_clock() {
                table.by_clock.push(Arc::clone(&rule));
            }
            if rule.then.url.is_some() {
                table.with_url.push(rule.id);
            }
            table.by_account.entry(rule.account).or_default().push(rule);
        }
        let place = |rule: &Arc<Rule>| (rule.order, rule.when.breadth(), rule.name.clone());
        for rules in table.by_account.values_mut() {
            rules.sort_by_cached_key(place);
        }
        table.by_clock.sort_by_cached_key(place);
        table
    }

    /// Whether a message from a handset to this account may set something off.
    #[must_use]
    pub fn wants_received(&self, account: AccountId) -> bool {
        self.of(account).iter().any(|rule| rule.when.trigger == Trigger::Received)
    }

    /// Whether the end of this message may set something off. What rules sent sets off nothing.
    #[must_use]
    pub fn wants_ended(&self, message: &Message, state: State) -> bool {
        let trigger = if state == State::Delivered { Trigger::Delivered } else { Trigger::Failed };
        !matches!(message.via, Via::Rule | Via::Verification)
            && self.of(message.account).iter().any(|rule| rule.when.trigger == trigger)
    }

    /// The rules of an account, in the order in which they are looked at.
    #[must_use]
    pub fn of(&self, account: AccountId) -> &[Arc<Rule>] {
        self.by_account.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The rule with this number.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Arc<Rule>> {
        self.by_id.get(&id)
    }

    /// The rule with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Rule>> {
        self.by_id.values().find(|rule| *rule.name == *name)
    }

    /// The rule whose address has a token with this SHA-256.
    #[must_use]
    pub fn called(&self, token: &[u8; 32]) -> Option<&Arc<Rule>> {
        self.rule(*self.by_token.get(token)?)
    }

    /// Whether the menu or poll of this rule does something if no answer comes.
    #[must_use]
    pub fn times_out(&self, rule: RuleId) -> bool {
        let choices = self.rule(rule).and_then(|rule| rule.then.choices.as_ref());
        choices.is_some_and(|choices| choices.timed_out.is_some())
    }

    /// The rules with a URL of their own.
    #[must_use]
    pub fn with_url(&self) -> &[RuleId] {
        &self.with_url
    }

    /// The rules that timers, links and conversations set off.
    #[must_use]
    pub fn by_clock(&self) -> &[Arc<Rule>] {
        &self.by_clock
    }
}

impl Rule {
    /// The last time after `after`, and not after `now`, at which a timer goes off; and its local date and time.
    #[must_use]
    pub fn timer_due(&self, after: Time, now: Time) -> Option<(Time, String)> {
        let (Trigger::Timer { minutes }, Some(hours)) = (&self.when.trigger, &self.when.hours) else {
            return None;
        };
        let mut at = Time(now.0 - now.0.rem_euclid(MINUTE));
        while at > after {
            if hours.contain(at) && minutes.contains(&(hours.minute(at) % MINUTES_A_DAY)) {
                let (date, time) = hours.written(at);
                return Some((at, format!("{date} {time}")));
            }
            at = Time(at.0 - MINUTE);
        }
        None
    }
}

impl Trigger {
    /// Whether the clock, a link or a conversation sets it off.
    const fn is_by_clock(&self) -> bool {
        matches!(
            self,
            Self::Timer { .. } | Self::LinkDown { .. } | Self::LinkUp { .. } | Self::Unanswered { .. }
        )
    }

    /// The word for the event.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::LinkDown { .. } => "link_down",
            Self::LinkUp { .. } => "link_up",
            Self::BalanceLow => "balance_low",
            Self::Unanswered { .. } => "unanswered",
            Self::Timer { .. } => "timer",
            Self::Called => "called",
        }
    }
}

impl When {
    /// The rank among rules of one order: keywords first, then patterns and what seems to ask to stop, then rules for any text.
    const fn breadth(&self) -> u8 {
        match (self.keywords.is_empty(), self.pattern.is_some() || self.may_ask_to_stop) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        }
    }
}
