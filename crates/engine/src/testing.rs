//! What tests of several modules begin with.

use postrider_core::account::{Account, AccountId, REQUEST_RATE};
use postrider_core::budget::PartLimits;
use postrider_core::message::Class;
use postrider_core::policy::Policy;
use postrider_core::retention::Retention;
use std::time::Duration;

/// An account without limits.
pub(crate) fn account() -> Account {
    Account {
        id: AccountId(1),
        name: "shop".into(),
        enabled: true,
        keys: Vec::new(),
        login: None,
        webhook: None,
        country: None,
        default_sender: None,
        default_class: Class::Otp,
        default_validity: Duration::from_hours(1),
        rate: None,
        request_rate: REQUEST_RATE,
        queue_max: None,
        quota: PartLimits::default(),
        policy: Policy::default(),
        billing: None,
        retention: Retention::default(),
        conversations: Default::default(),
    }
}
