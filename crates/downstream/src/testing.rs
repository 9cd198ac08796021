//! Accounts and messages for tests.

use postrider_core::account::{Account, AccountId, Key};
use postrider_core::delivery::Unanswered;
use postrider_core::id::MessageId;
use postrider_core::inbound::{Address, Inbound, Received};
use postrider_core::message::{Body, Class, Encoding, Message, Via};
use postrider_core::numbers::{Destination, Owner};
use postrider_core::policy::Policy;
use postrider_core::reference::ReferenceForm;
use postrider_core::retention::Retention;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::time::Duration;

/// The enabled account `shop`, whose only key has the hash `[7; 32]`.
pub(crate) fn account() -> Account {
    Account {
        id: AccountId(1),
        name: "shop".into(),
        enabled: true,
        keys: vec![Key::unrestricted("main", [7; 32])],
        login: None,
        webhook: None,
        country: None,
        default_sender: None,
        default_class: Class::Transactional,
        default_validity: Duration::from_hours(24),
        rate: None,
        request_rate: postrider_core::account::REQUEST_RATE,
        queue_max: None,
        quota: postrider_core::budget::PartLimits::default(),
        policy: Policy::default(),
        billing: None,
        retention: Retention::default(),
        conversations: Default::default(),
    }
}

/// A configuration with this account and nothing else.
pub(crate) fn rules(account: Account) -> Rules {
    Rules::new(1, vec![account], Vec::new(), Default::default())
}

/// An upstream with one bind.
pub(crate) fn upstream(id: UpstreamId, name: &str, enabled: bool) -> Upstream {
    Upstream {
        id,
        name: name.into(),
        enabled,
        rate: None,
        window: 10,
        binds: 1,
        reference_form: ReferenceForm::default(),
        parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
        one_receipt: false,
        unanswered: Unanswered::USUAL,
        retries: postrider_core::retry::Retries::default(),
        reserved: postrider_core::rules::RESERVED_USUAL,
        full_at: None,
        limits: postrider_core::budget::PartLimits::default(),
        bind_limits: postrider_core::budget::PartLimits::default(),
        each_bind: Vec::new(),
        not_from: Vec::new(),
        ask: None,
        carrier: None,
        carriage: postrider_core::carriage::Carriage::default(),
        place: "".into(),
    }
}

/// A message of the account `shop`.
pub(crate) fn message(id: MessageId) -> Message {
    Message {
        body: Body::Text("Hello".into()),
        expires: Time(1),
        reference: Some("r1".into()),
        metadata: Some(r#"{"order":7}"#.into()),
        via: Via::Webhook,
        ..postrider_core::testing::message(id)
    }
}

/// A message from a handset, to a number of the account `shop`.
pub(crate) fn received(text: &str) -> Received {
    let address = |text: &str| Address { given: text.into(), understood: Sender::parse(text).ok() };
    let inbound = Inbound {
        from: address("+447700900123"),
        to: address("60006"),
        body: Body::Text(text.into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    };
    let owner = Owner { account: AccountId(1), destination: Destination::Webhook, keyword: None };
    Received::new(MessageId::from_number(7), UpstreamId(1), Time(5_000), inbound, Some(&owner))
}
