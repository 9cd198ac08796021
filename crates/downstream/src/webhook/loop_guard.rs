//! The guard against loops: robots that answer an application's replies would talk with it forever. What is known of senders is this
//! node's, and is gone with the process.

use postrider_core::account::AccountId;
use postrider_core::automation::{Reason, SenderMemory, known_as};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::numbers::Numbers;
use postrider_core::time::Time;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The most senders that are known.
const SENDERS_MAX: usize = 50_000;
/// How long a sender is known that writes no more, where there are too many.
const KNOWN: Duration = Duration::from_hours(1);

/// What is known of senders.
#[derive(Default)]
pub(super) struct LoopGuard(Mutex<HashMap<(AccountId, Box<str>), Known>>);

/// What is known of one sender.
#[derive(Default)]
struct Known {
    memory: SenderMemory,
    /// The message that was replied to last.
    last: Option<MessageId>,
}

impl LoopGuard {
    /// Why an application's replies to a message are not sent, if they aren't. A message whose notice is posted again counts once.
    pub(super) fn forbids(
        &self,
        account: AccountId,
        received: &Received,
        replies: usize,
        numbers: &Numbers,
    ) -> Option<Reason> {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut senders, received.at);
        let known = senders.entry((account, known_as(&received.inbound.from))).or_default();
        if known.last.replace(received.id) == Some(received.id) {
            return None;
        }
        known.memory.reply(received, numbers, u32::try_from(replies).unwrap_or(u32::MAX))
    }
}

fn make_room(senders: &mut HashMap<(AccountId, Box<str>), Known>, now: Time) {
    if senders.len() < SENDERS_MAX {
        return;
    }
    senders.retain(|_, known| now.since(known.memory.heard) < KNOWN);
    if senders.len() >= SENDERS_MAX {
        senders.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::received;

    const SHOP: AccountId = AccountId(1);

    fn said(text: &str, n: i64) -> Received {
        let id = MessageId::from_number(n.unsigned_abs() + 1);
        Received { id, at: Time(n * 1_000), ..received(text) }
    }

    fn reasons(guard: &LoopGuard, all: &[Received]) -> Vec<Option<Reason>> {
        all.iter().map(|received| guard.forbids(SHOP, received, 1, &Numbers::default())).collect()
    }

    #[test]
    fn a_robot_is_left_alone_until_it_was_quiet_for_an_hour() {
        let guard = LoopGuard::default();
        let away = |second| said("I am away until Monday", second);
        let found = reasons(&guard, &[away(0), away(1), away(2), away(3), away(4), away(3_700)]);
        assert_eq!(found, [None, None, None, Some(Reason::Repeats), Some(Reason::Quiet), None]);
        let other = guard.forbids(AccountId(2), &away(5), 1, &Numbers::default());
        assert_eq!(other, None, "another account's talk");
    }

    #[test]
    fn a_notice_that_is_posted_again_counts_once() {
        let guard = LoopGuard::default();
        let again = vec![said("I am away until Monday", 0); 6];
        assert_eq!(reasons(&guard, &again), [const { None }; 6]);
    }

    #[test]
    fn people_answer_an_applications_menu_as_often_as_they_like() {
        let guard = LoopGuard::default();
        let menu: Vec<_> = (0..20).map(|n| said("1", n)).collect();
        assert!(reasons(&guard, &menu).iter().all(Option::is_none));
    }

    #[test]
    fn a_talk_has_its_end() {
        let guard = LoopGuard::default();
        let talk: Vec<_> = (0..120).map(|n| said(&format!("text number {n}"), n)).collect();
        let found = reasons(&guard, &talk);
        assert_eq!(found.iter().position(|reason| *reason == Some(Reason::TooMany)), Some(100));
    }
}
