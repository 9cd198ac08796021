//! Selectors: which messages a pause, or an action on many messages, is about.

use crate::account::AccountId;
use crate::id::MessageId;
use crate::message::{Class, Message};
use crate::numbering::{Country, Numbering, Prefix};
use crate::route::{NetworkMatch, SenderMatch, UpstreamId, is_prefix};
use crate::time::Time;

/// The conditions that a message must meet, all of them. Of the values of one condition it must meet one; no value is no
/// condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Upstreams that are to send it.
    pub upstreams: Vec<UpstreamId>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Countries of the recipient.
    pub countries: Vec<Country>,
    /// Networks of the recipient.
    pub networks: Vec<NetworkMatch>,
    /// The first digits of the recipient; a short code is meant by all of its digits.
    pub prefixes: Vec<Prefix>,
    /// Senders.
    pub senders: Vec<SenderMatch>,
    /// Names of the routes that made its plan.
    pub routes: Vec<Box<str>>,
    /// Words, one of which the message is marked with.
    pub tags: Vec<Box<str>>,
    /// Clients' own references.
    pub references: Vec<Box<str>>,
    /// Identifiers.
    pub messages: Vec<MessageId>,
}

/// Whether one of the values is met; no value is no condition.
fn is_one<T>(values: &[T], is_met: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(is_met)
}

impl Selector {
    /// Whether it is about this message, which this upstream is to send; upstreams are no condition where it isn't known.
    #[must_use]
    pub fn selects(
        &self,
        message: &Message,
        upstream: Option<UpstreamId>,
        numbering: &Numbering,
        now: Time,
    ) -> bool {
        is_one(&self.accounts, |account| *account == message.account)
            && upstream.is_none_or(|upstream| is_one(&self.upstreams, |it| *it == upstream))
            && is_one(&self.classes, |class| *class == message.class)
            && is_one(&self.messages, |id| *id == message.id)
            && is_one(&self.routes, |route| *route == message.plan.route)
            && is_one(&self.references, |reference| Some(reference) == message.reference.as_ref())
            && is_one(&self.tags, |tag| message.tags().any(|it| it == &**tag))
            && is_one(&self.prefixes, |prefix| is_prefix(*prefix, message.to))
            && is_one(&self.senders, |sender| message.from.as_ref().is_some_and(|from| sender.takes(from)))
            && self.selects_place(message, numbering, now)
    }

    fn selects_place(&self, message: &Message, numbering: &Numbering, now: Time) -> bool {
        if self.countries.is_empty() && self.networks.is_empty() {
            return true;
        }
        let destination = numbering.find(message.to, now);
        let network = || numbering.network(&destination).and_then(|network| network.code);
        is_one(&self.countries, |country| destination.country == Some(*country))
            && is_one(&self.networks, |wanted| network().is_some_and(|code| wanted.takes(code)))
    }

    /// Whether it is about all messages of the upstreams that it names.
    #[must_use]
    pub const fn is_of_upstreams_alone(&self) -> bool {
        self.accounts.is_empty()
            && self.classes.is_empty()
            && self.countries.is_empty()
            && self.networks.is_empty()
            && self.prefixes.is_empty()
            && self.senders.is_empty()
            && self.routes.is_empty()
            && self.tags.is_empty()
            && self.references.is_empty()
            && self.messages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use crate::route::Plan;
    use crate::sender::Sender;
    use std::sync::Arc;

    #[test]
    fn every_condition_must_be_met() {
        let upstream = UpstreamId(7);
        let message = Message {
            account: AccountId(1),
            class: Class::Marketing,
            to: Number::parse("+447700900123").unwrap(),
            from: Some(Sender::parse("Shop").unwrap()),
            reference: Some("order-7".into()),
            tags: Some("vip\nspring".into()),
            plan: Arc::new(Plan { route: "world".into(), upstreams: [upstream].into() }),
            ..crate::testing::message(MessageId::from_number(1))
        };
        let none = Selector::default;
        for (selector, expected) in [
            (none(), true),
            (Selector { accounts: vec![AccountId(2), AccountId(1)], ..none() }, true),
            (Selector { accounts: vec![AccountId(2)], ..none() }, false),
            (Selector { upstreams: vec![upstream], ..none() }, true),
            (Selector { upstreams: vec![UpstreamId(8)], ..none() }, false),
            (Selector { classes: vec![Class::Marketing], ..none() }, true),
            (Selector { classes: vec![Class::Otp], ..none() }, false),
            (Selector { countries: vec!["GB".parse().unwrap()], ..none() }, true),
            (Selector { countries: vec!["DE".parse().unwrap()], ..none() }, false),
            (Selector { networks: vec![NetworkMatch::Country(234)], ..none() }, false),
            (Selector { prefixes: vec!["4477".parse().unwrap()], ..none() }, true),
            (Selector { prefixes: vec!["4478".parse().unwrap()], ..none() }, false),
            (Selector { senders: vec![SenderMatch::new("sh*")], ..none() }, true),
            (Selector { senders: vec![SenderMatch::new("Bank")], ..none() }, false),
            (Selector { routes: vec!["world".into()], ..none() }, true),
            (Selector { routes: vec!["other".into()], ..none() }, false),
            (Selector { references: vec!["x".into(), "order-7".into()], ..none() }, true),
            (Selector { references: vec!["order".into()], ..none() }, false),
            (Selector { tags: vec!["spring".into(), "autumn".into()], ..none() }, true),
            (Selector { tags: vec!["vip\nspring".into()], ..none() }, false),
            (Selector { messages: vec![MessageId::from_number(1)], ..none() }, true),
            (Selector { messages: vec![MessageId::from_number(2)], ..none() }, false),
            (Selector { classes: vec![Class::Marketing], accounts: vec![AccountId(2)], ..none() }, false),
        ] {
            let selects = selector.selects(&message, Some(upstream), &Numbering::default(), Time(0));
            assert_eq!(selects, expected, "{selector:?}");
        }
        let named = Selector { upstreams: vec![UpstreamId(8)], ..none() };
        assert!(named.selects(&message, None, &Numbering::default(), Time(0)), "it isn't known here");
        assert!(named.is_of_upstreams_alone());
    }
}
