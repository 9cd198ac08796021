//! Bodies of `POST /v1/messages`: each message becomes a draft within the limits, or a refusal that says why.

use postrider_core::account::{Account, AccountId};
use postrider_core::message::Class;
use postrider_core::policy::Policy;
use postrider_core::retention::Retention;
use postrider_core::submission::{PARAMETERS_MAX, PARTS_MAX, Submission, validate};
use postrider_core::time::Time;
use postrider_downstream::rest::fuzzing::messages;
use std::time::Duration;

/// The most messages of one request.
const BATCH_MAX: usize = 1_000;

/// One body.
pub(crate) fn body(octets: &[u8]) {
    match messages(octets) {
        Err(problem) => assert!(!problem.is_empty()),
        Ok(items) => {
            assert!((1..=BATCH_MAX).contains(&items.len()));
            items.into_iter().for_each(item);
        }
    }
}

fn item(item: Result<Submission, String>) {
    match item.map(|submission| validate(submission, &account(), Time(1_795_301_432_500))) {
        Err(problem) => assert!(!problem.is_empty()),
        Ok(Err(refusal)) => assert!(!refusal.to_string().is_empty() && !refusal.code().is_empty()),
        Ok(Ok(draft)) => {
            assert!((1..=PARTS_MAX).contains(&draft.parts));
            let mut tags: Vec<u16> = draft.parameters.iter().map(|parameter| parameter.tag).collect();
            tags.sort_unstable();
            tags.dedup();
            assert_eq!(tags.len(), draft.parameters.len());
            assert!(tags.len() <= PARAMETERS_MAX);
        }
    }
}

fn account() -> Account {
    Account {
        id: AccountId(1),
        name: "shop".into(),
        enabled: true,
        keys: Vec::new(),
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
