//! What a trial of rules is asked with.

use crate::rest::moment;
use crate::rest::problem::Problem;
use postrider_core::account::AccountId;
use postrider_core::automation::{
    Decision, LowBalance, Memory, Occasion, Trigger, Unanswered, decide, time_out,
};
use postrider_core::consent::{Asking, Intent, respond};
use postrider_core::contract::Automation;
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use postrider_core::inbound::{Address, Inbound, Received};
use postrider_core::message::{Body, Class, Encoding, Message, Receipts, Via};
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message from a handset, or another event, for a trial of rules.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleTrialRequest)]
pub(in crate::rest) struct TrialRequest {
    /// The handset.
    #[serde(default)]
    from: Option<String>,
    /// The number, short code or name that it writes to.
    #[serde(default)]
    to: Option<String>,
    /// What it writes.
    #[serde(default)]
    text: Option<String>,
    /// The upstream that brings it. Default: any.
    #[serde(default)]
    upstream: Option<String>,
    /// When. Default: now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    at: Option<String>,
    /// Whether the handset writes for the first time. Default: what is known of it.
    #[serde(default)]
    first_contact: Option<bool>,
    /// In the place of a message from a handset: the rule for another event that is tried. Of the event `delivered` or `failed`, `to`,
    /// `from` and `text` are those of the message that has ended.
    #[serde(default)]
    rule: Option<String>,
    /// The fields that the address of that rule is called with.
    #[serde(default)]
    call: BTreeMap<String, String>,
}

/// A trial of rules, and what came of it.
pub(super) struct Trial {
    /// The account whose rules were tried; `None` where nobody has declared the number.
    pub(super) account: Option<AccountId>,
    /// What was decided.
    pub(super) decision: Decision,
    /// What follows if no answer comes to the menu that would be begun, and when.
    pub(super) timed_out: Option<(Time, Decision)>,
    /// When it is taken to happen.
    pub(super) at: Time,
    /// What the message asks for by law: then no rule gets it.
    pub(super) asks: Option<Intent>,
}

impl TrialRequest {
    /// Runs the decision that a real event would run.
    pub(super) async fn run(
        &self,
        rules: &Rules,
        automation: &dyn Automation,
        now: Time,
    ) -> Result<Trial, Problem> {
        let at = match &self.at {
            Some(text) => moment::read(text).map_err(|why| wrong("at", why))?,
            None => now,
        };
        if let Some(name) = &self.rule {
            return self.run_rule(name, rules, at);
        }
        let received = self.received(rules, at)?;
        let Some(account) = received.account else {
            return Ok(Trial {
                account: None,
                decision: Decision::default(),
                timed_out: None,
                at,
                asks: None,
            });
        };
        let asks = asked(&received, rules);
        if asks.is_some() {
            return Ok(Trial {
                account: Some(account),
                decision: Decision::default(),
                timed_out: None,
                at,
                asks,
            });
        }
        let memory = automation.memory(account, &received).await?;
        let is_known = self.first_contact.map_or(memory.is_known, |first| !first);
        let memory = Memory { is_known, ..memory };
        let decision = decide(rules, account, &Occasion::Received(&received), &memory, at);
        let timed_out = decision.memory.sender.begun(&memory.sender).and_then(|(_, until)| {
            Some((until, time_out(rules, account, &received, &decision.memory, until)?))
        });
        Ok(Trial { account: Some(account), decision, timed_out, at, asks })
    }

    fn run_rule(&self, name: &str, rules: &Rules, at: Time) -> Result<Trial, Problem> {
        let rule = rules
            .automation
            .named(name)
            .ok_or_else(|| wrong("rule", format!("there is no rule '{name}' in force")))?;
        let upstream = self.upstream.as_deref().unwrap_or("acme");
        let decide = |occasion: Occasion<'_>| decide(rules, rule.account, &occasion, &Memory::default(), at);
        let decision = match &rule.when.trigger {
            Trigger::Timer { .. } => decide(Occasion::Timer(rule)),
            Trigger::Called => decide(Occasion::Called(rule, &self.call)),
            Trigger::LinkDown { .. } => decide(Occasion::LinkDown(rule, upstream)),
            Trigger::LinkUp { .. } => decide(Occasion::LinkUp(rule, upstream)),
            Trigger::BalanceLow => decide(Occasion::BalanceLow(rule, &low_balance())),
            Trigger::Unanswered { .. } => decide(Occasion::Unanswered(rule, &self.unanswered())),
            Trigger::Delivered => self.run_ended(rule.account, State::Delivered, at, decide)?,
            Trigger::Failed => self.run_ended(rule.account, State::Undelivered, at, decide)?,
            Trigger::Received => {
                let why = format!("the rule '{name}' waits for a message: give from, to and text instead");
                return Err(wrong("rule", why));
            }
        };
        Ok(Trial { account: Some(rule.account), decision, timed_out: None, at, asks: None })
    }

    /// Decides on a message of the account, as if it had ended.
    fn run_ended(
        &self,
        account: AccountId,
        state: State,
        at: Time,
        decide: impl Fn(Occasion<'_>) -> Decision,
    ) -> Result<Decision, Problem> {
        let to = self.to.as_deref().ok_or_else(|| wrong("to", "the recipient is missing"))?;
        let to = Number::parse_recipient(to).map_err(|why| wrong("to", why.to_string()))?;
        let from = self.from.as_deref().map(Sender::parse).transpose();
        let from = from.map_err(|why| wrong("from", why.to_string()))?;
        let (message, outcome) = ended(account, (from, to), self.text.as_deref(), state, at);
        Ok(decide(Occasion::Ended(&message, &outcome)))
    }

    /// A conversation, as if its handset waited.
    fn unanswered(&self) -> Unanswered {
        Unanswered {
            conversation: "385381203217420288".into(),
            handset: self.from.as_deref().unwrap_or("+447700900123").into(),
            number: self.to.as_deref().unwrap_or("60006").into(),
            assignee: Box::default(),
        }
    }

    /// The message, as if it had come.
    fn received(&self, rules: &Rules, at: Time) -> Result<Received, Problem> {
        let from = address("from", self.from.as_deref())?;
        let to = address("to", self.to.as_deref())?;
        let text = self.text.as_deref().ok_or_else(|| wrong("text", "the text is missing"))?;
        let upstream = match &self.upstream {
            None => UpstreamId(0),
            Some(name) => rules
                .upstreams()
                .find(|upstream| *upstream.name == **name)
                .map(|upstream| upstream.id)
                .ok_or_else(|| wrong("upstream", format!("there is no upstream '{name}'")))?,
        };
        let owner = rules.numbers.owner(upstream, &to, Some(text));
        let inbound = Inbound {
            from,
            to,
            body: Body::Text(text.into()),
            encoding: Encoding::Gsm7,
            flash: false,
            reference: None,
            parameters: Box::default(),
        };
        Ok(Received::new(MessageId::first_at(at), upstream, at, inbound, owner.as_ref()))
    }
}

/// What the message asks for by law, if the number that it is sent to takes requests.
fn asked(received: &Received, rules: &Rules) -> Option<Intent> {
    let Received { upstream, id, at, inbound, .. } = received;
    let asking = Asking { upstream: *upstream, id: *id, at: *at, inbound };
    respond(asking, &rules.numbers, |_, _| false, || *id).map(|response| response.intent)
}

/// A message that has ended.
fn ended(
    account: AccountId,
    (from, to): (Option<Sender>, Number),
    text: Option<&str>,
    state: State,
    at: Time,
) -> (Message, Outcome) {
    let message = Message {
        id: MessageId::first_at(at),
        account,
        class: Class::Transactional,
        from,
        to,
        body: Body::Text(text.unwrap_or_default().into()),
        parts: 1,
        due: at,
        expires: at,
        reference: None,
        metadata: None,
        callback: None,
        receipts: Receipts::None,
        via: Via::Asking,
        flash: false,
        parameters: Box::default(),
        known_as: Box::default(),
        exempt: false,
        plan: Arc::default(),
        tried: Box::default(),
        charge: None,
        hold: None,
        ordering_key: None,
        cancel_on_reply: false,
        tags: None,
    };
    let outcome = Outcome {
        state,
        upstream: UpstreamId(0),
        reference: None,
        error: None,
        sent_at: None,
        done_at: at,
        parts: 1,
        possible_duplicate: false,
    };
    (message, outcome)
}

/// A balance that is low, for trials.
fn low_balance() -> LowBalance {
    LowBalance { currency: "EUR".into(), available: "4.20".into(), low: "5.00".into() }
}

fn address(field: &'static str, text: Option<&str>) -> Result<Address, Problem> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| wrong(field, "the address is missing"))?;
    Ok(Address { given: text.into(), understood: Sender::parse(text).ok() })
}

fn wrong(field: &'static str, why: impl Into<Box<str>>) -> Problem {
    Problem::bad("invalid_request", why).at(field)
}
