//! Names of messages: a time stamp to the second, of which an account gets each only once for a recipient. A second
//! message within one second gets the next second's.
//!
//! The stamp stands in the message's `reference`, behind the protocol, so that receipts and questions find it after a
//! restart, and at every node. Two nodes, or a node that was started again within the second, may give one stamp twice.

use crate::sessions::speaks::Speaks;
use postrider_core::account::AccountId;
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_wire::smpp::time::Civil;
use postrider_wire::{cimd2, ucp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// The latest stamps that were given.
#[derive(Default)]
pub(super) struct Naming(Mutex<Given>);

#[derive(Default)]
struct Given {
    /// The second in which stamps were given last. Stamps up to it are forgotten.
    second: i64,
    /// The latest second by account and recipient.
    latest: HashMap<(AccountId, String), i64>,
}

impl Naming {
    /// Names messages of one account. Returns their stamps.
    pub(super) fn name<'a>(
        &self,
        speaks: Speaks,
        account: AccountId,
        submissions: impl Iterator<Item = &'a mut Submission>,
        offset: i16,
        now: Time,
    ) -> Vec<String> {
        let second = now.0.div_euclid(SECOND_MS);
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.forget_before(second);
        let name = |submission: &mut Submission| {
            let stamp = stamp(speaks, Time(given.next(account, &submission.to, second) * SECOND_MS), offset);
            submission.reference = Some(reference(speaks, &stamp));
            stamp
        };
        submissions.map(name).collect()
    }
}

impl Given {
    fn forget_before(&mut self, second: i64) {
        if self.second < second {
            self.second = second;
            self.latest.retain(|_, latest| *latest >= second);
        }
    }

    fn next(&mut self, account: AccountId, to: &str, second: i64) -> i64 {
        let digits = to.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = digits.trim_start_matches('0').to_owned();
        let latest = self.latest.entry((account, digits)).or_insert(second - 1);
        *latest = second.max(*latest + 1);
        *latest
    }
}

/// The digits of a moment as clients of a protocol see it.
pub(super) fn stamp(speaks: Speaks, at: Time, offset: i16) -> String {
    let civil = Civil::from_unix_ms(at.0.saturating_add(i64::from(offset) * MINUTE_MS));
    let digits = if speaks == Speaks::Cimd2 { cimd2::time::stamp(civil) } else { ucp::time::stamp(civil) };
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// The `reference` of a message with this stamp.
pub(super) fn reference(speaks: Speaks, stamp: &str) -> String {
    format!("{}:{stamp}", speaks.word())
}

/// The stamp in a `reference`.
pub(super) fn stamp_of(reference: &str) -> Option<&str> {
    reference.split_once(':').map(|(_, stamp)| stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 08:30:07.250 UTC.
    const NOW: Time = Time(1_795_941_007_250);

    #[test]
    fn messages_of_one_second_to_one_recipient_have_stamps_of_their_own() {
        let naming = Naming::default();
        let name = |account, to: &[&str], offset, now| {
            let mut submissions: Vec<Submission> =
                to.iter().map(|to| Submission { to: (*to).into(), ..Submission::default() }).collect();
            let stamps = naming.name(Speaks::Ucp, AccountId(account), submissions.iter_mut(), offset, now);
            let references: Vec<_> = submissions.into_iter().map(|it| it.reference.unwrap()).collect();
            assert!(stamps.iter().zip(&references).all(|(stamp, it)| stamp_of(it) == Some(stamp)));
            stamps
        };
        let all = ["447700900123", "+447700900123", "00447700900123", "447700900124"];
        assert_eq!(name(1, &all, 0, NOW), ["291126083007", "291126083008", "291126083009", "291126083007"]);
        assert_eq!(name(2, &all[..1], 60, NOW), ["291126093007"]);
        assert_eq!(name(1, &all[..1], 0, Time(NOW.0 + 1_000)), ["291126083010"]);
        assert_eq!(name(1, &all[..1], 0, Time(NOW.0 + 9_000)), ["291126083016"]);
        assert_eq!(naming.0.lock().unwrap().latest.len(), 1, "others are forgotten");
    }

    #[test]
    fn each_protocol_writes_its_own_digits() {
        assert_eq!(stamp(Speaks::Ucp, NOW, 0), "291126083007");
        assert_eq!(stamp(Speaks::Cimd2, NOW, 0), "261129083007");
        assert_eq!(reference(Speaks::Cimd2, "261129083007"), "cimd2:261129083007");
    }
}
