//! Messages from handsets (mobile-originated, MO).

pub mod parts;

use crate::account::AccountId;
use crate::consent::Intent;
use crate::id::MessageId;
use crate::message::{Body, Encoding, Parameter};
use crate::money::Price;
use crate::notice::{Lane, Notice, What};
use crate::number::Number;
use crate::numbers::{Destination, Owner};
use crate::principal::Viewer;
use crate::route::UpstreamId;
use crate::rules::Rules;
use crate::sender::Sender;
use crate::time::Time;
use std::sync::Arc;

/// An address as the network wrote it, and as the gateway understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The network's own spelling.
    pub given: Box<str>,
    /// A number, a short code or a name; `None` where the spelling is none of these.
    pub understood: Option<Sender>,
}

impl Address {
    /// The address as people write it: what is understood, or else the network's spelling.
    #[must_use]
    pub fn shown(&self) -> String {
        self.understood.as_ref().map_or_else(|| self.given.to_string(), ToString::to_string)
    }
}

/// A message from a handset, or a part of one, as an adapter brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The handset.
    pub from: Address,
    /// The number, short code or name that was written to.
    pub to: Address,
    /// The text, or octets with their header.
    pub body: Body,
    /// How the network carried the characters of the text, or the octets.
    pub encoding: Encoding,
    /// Whether it is to be shown at once and not kept (message class 0).
    pub flash: bool,
    /// The network's reference of it.
    pub reference: Option<Box<str>>,
    /// Further parameters from the network.
    pub parameters: Box<[Parameter]>,
}

/// The fewest digits of a sender that may be a number in national form; shorter ones are short codes.
const NATIONAL_MIN: usize = 7;

impl Inbound {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.body.text()
    }

    /// Understands a sender that the network wrote in national form, such as `07700900123`: as a number of the country of the number
    /// that was written to, or else of the account's country. So one handset has one number, and its STOP counts. What is no such
    /// number stays as it is.
    pub fn understand_sender(&mut self, account: Option<AccountId>, rules: &Rules, now: Time) {
        let digits = &*self.from.given;
        let is_national = matches!(self.from.understood, None | Some(Sender::Code(_)))
            && digits.len() >= NATIONAL_MIN
            && digits.bytes().all(|octet| octet.is_ascii_digit());
        if !is_national {
            return;
        }
        let of_number = match self.to.understood {
            Some(Sender::Number(to)) => rules.numbering.find(to, now).country,
            _ => None,
        };
        let of_account = || account.and_then(|account| rules.account(account)?.country);
        let Some(home) = of_number.or_else(of_account) else { return };
        if let Ok(number) = Number::parse_recipient_in(digits, Some(home)) {
            self.from.understood = Some(Sender::Number(number));
        }
    }
}

/// A message from a handset that the gateway has taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its identifier.
    pub id: MessageId,
    /// The upstream that brought it.
    pub upstream: UpstreamId,
    /// When it came.
    pub at: Time,
    /// The account that it belongs to; `None` where nobody has declared the number.
    pub account: Option<AccountId>,
    /// The keyword that decided that, in lower case.
    pub keyword: Option<Box<str>>,
    /// Whether it asks to opt out, to opt in or for help. Then the gateway has answered it, and no rule does.
    pub intent: Option<Intent>,
    /// How many parts it came in.
    pub parts: u8,
    /// How many parts are missing: they did not come in time.
    pub missing: u8,
    /// Words that rules have marked it with.
    pub tags: Box<[Box<str>]>,
    /// What its account pays for it, if it pays anything.
    pub price: Option<Price>,
    /// The message.
    pub inbound: Inbound,
}

impl Received {
    /// Takes a message on for its owner, if it has one.
    #[must_use]
    pub fn new(
        id: MessageId,
        upstream: UpstreamId,
        at: Time,
        inbound: Inbound,
        owner: Option<&Owner>,
    ) -> Self {
        Self {
            id,
            upstream,
            at,
            account: owner.map(|owner| owner.account),
            keyword: owner.and_then(|owner| owner.keyword.clone()),
            intent: None,
            parts: 1,
            missing: 0,
            tags: Box::default(),
            price: None,
            inbound,
        }
    }

    /// Puts the price on it that the tariff of its account has for the handset's number.
    pub fn put_price(&mut self, rules: &Rules) {
        let account = self.account.and_then(|account| rules.account(account));
        let Some(Sender::Number(handset)) = self.inbound.from.understood else { return };
        self.price = account.filter(|account| account.billing.is_some()).and_then(|account| {
            let destination = rules.numbering.find(handset, self.at);
            let network = rules.numbering.network(&destination).and_then(|network| network.code);
            rules.tariffs.inbound(account, self.parts, (handset, network), self.at)
        });
    }

    /// Whether the viewer sees it.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Viewer) -> bool {
        match viewer {
            Viewer::Everything => true,
            Viewer::Account(account) => self.account == Some(account),
        }
    }

    /// The notices that tell its owner of it, one for each way in which the owner wants to hear.
    pub fn notices(self: &Arc<Self>, owner: &Owner) -> impl Iterator<Item = Notice> + use<'_> {
        let account = owner.account;
        let lanes = match owner.destination {
            Destination::List => [None, None],
            Destination::Webhook => [Some(Lane::Webhooks), None],
            Destination::Sessions => [None, Some(Lane::Sessions(account))],
            Destination::Both => [Some(Lane::Webhooks), Some(Lane::Sessions(account))],
        };
        lanes.into_iter().flatten().map(move |lane| Notice {
            id: self.id.into(),
            lane,
            what: What::Received { account, received: Arc::clone(self) },
            failed: 0,
            due: self.at,
            owned: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::account;

    fn understood(from: &str, to: &str, country: Option<&str>) -> String {
        let mut account = account();
        account.country = country.map(|country| country.parse().unwrap());
        let id = account.id;
        let rules = Rules::new(1, vec![account], Vec::new(), crate::route::Table::default());
        let address = |text: &str| Address { given: text.into(), understood: Sender::parse(text).ok() };
        let mut inbound = Inbound {
            from: address(from),
            to: address(to),
            body: Body::Text("STOP".into()),
            encoding: Encoding::Gsm7,
            flash: false,
            reference: None,
            parameters: Box::default(),
        };
        inbound.understand_sender(Some(id), &rules, Time(0));
        inbound.from.shown()
    }

    #[test]
    fn a_sender_in_national_form_is_understood_by_its_country() {
        for (from, to, country, expected) in [
            ("07700900123", "+447700900456", None, "+447700900123"),
            ("07700900123", "60006", Some("GB"), "+447700900123"),
            ("017000000001", "60006", Some("DE"), "+4917000000001"),
            // The number that was written to goes before the account's country.
            ("0612345678", "+33700000001", Some("GB"), "+33612345678"),
            ("07700900123", "60006", None, "07700900123"),
            ("447700900123", "60006", Some("DE"), "+447700900123"),
            ("60007", "60006", Some("GB"), "60007"),
            ("Bank", "60006", Some("GB"), "Bank"),
        ] {
            assert_eq!(understood(from, to, country), expected, "{from} to {to}");
        }
    }
}
