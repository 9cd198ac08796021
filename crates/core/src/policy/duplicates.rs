//! Duplicates: the same content from the same sender to the same recipient, again within a while.

use super::Counts;
use crate::account::Account;
use crate::id::MessageId;
use crate::message::{Body, Octets, Via};
use crate::sender::Sender;
use crate::submission::Draft;
use crate::time::Time;

/// The fingerprint of what a recipient would see: its sender and its content, as the client gave them. It is at least 1.
///
/// It is the same on every node and in every version (FNV-1a, 63 bits), since the store keeps it.
#[must_use]
fn fingerprint(from: Option<&Sender>, body: &Body) -> u64 {
    let mut print = Fnv::new();
    print.text(&from.map(ToString::to_string).unwrap_or_default());
    match body {
        Body::Text(text) => print.text(text),
        Body::Data { encoding, header, data } => {
            print.text(&format!("{encoding:?}"));
            print.octets(header);
            print.octets(data);
        }
        Body::Parts(parts) => parts.iter().for_each(|Octets { encoding, header, data }| {
            print.text(&format!("{encoding:?}"));
            print.octets(header);
            print.octets(data);
        }),
        // Not the link, which is another each time.
        Body::Multimedia(media) => {
            print.text(&media.subject);
            print.text(&media.text);
            media.items.iter().for_each(|item| print.octets(&item.print.to_be_bytes()));
        }
        Body::Redacted => {}
        Body::Sealed(sealed) => print.octets(sealed),
    }
    (print.0 >> 1).max(1)
}

/// The fingerprint that is kept of a message, if its account looks for duplicates; else 0.
#[must_use]
pub fn kept(draft: &Draft, account: &Account) -> u64 {
    let is_kept = account.policy.duplicates.is_some() && is_compared(draft);
    if is_kept { fingerprint(draft.from.as_ref(), &draft.body) } else { 0 }
}

/// Whether a client sent it as a whole, and not again on purpose.
fn is_compared(draft: &Draft) -> bool {
    let is_clients = matches!(draft.via, Via::Asking | Via::Session | Via::Webhook);
    is_clients && draft.cut.is_none() && !draft.exempt && !draft.is_resent
}

/// The message of the account that a draft repeats, if one was accepted within the account's while.
pub(super) fn repeated(
    draft: &Draft,
    account: &Account,
    counts: Option<&Counts>,
    now: Time,
) -> Option<MessageId> {
    let within = account.policy.duplicates.filter(|_| is_compared(draft))?;
    let content = fingerprint(draft.from.as_ref(), &draft.body);
    let known = counts.map_or(&[][..], |counts| counts.of(draft.to));
    let same = known.iter().filter(|it| it.account == account.id && it.content == content);
    same.map(|it| it.message).filter(|message| message.time() + within > now).min()
}

/// The hash of Fowler, Noll and Vo, of 64 bits.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    fn octets(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    /// A text, and an octet that no text has, so that two texts are not one.
    fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
        self.octets(&[0xFF]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Class;
    use crate::policy::{Counted, Policy};
    use crate::rules::testing::account;
    use crate::submission::{Submission, validate};
    use std::time::Duration;

    const NOW: Time = Time(1_800_000_000_000);

    fn draft(from: &str, text: &str, account: &Account) -> Draft {
        let submission = Submission {
            to: "+447700900123".into(),
            from: Some(from.into()),
            body: Some(Body::Text(text.into())),
            ..Submission::default()
        };
        validate(submission, account, NOW).unwrap()
    }

    #[test]
    fn the_same_content_is_repeated_within_the_accounts_while() {
        let within = Some(Duration::from_secs(60));
        let shop = Account { policy: Policy { duplicates: within, ..Policy::default() }, ..account() };
        let first = draft("Shop", "hello", &shop);
        let counted = Counted {
            message: MessageId::first_at(NOW),
            to: first.to,
            at: NOW,
            account: shop.id,
            class: Class::Transactional,
            content: fingerprint(first.from.as_ref(), &first.body),
        };
        let mut counts = Counts::default();
        counts.add(counted);
        let of = |from, text, account: &Account, after| {
            repeated(&draft(from, text, account), account, Some(&counts), NOW + Duration::from_secs(after))
        };
        assert_eq!(of("Shop", "hello", &shop, 59), Some(counted.message));
        assert_eq!(of("Shop", "hello", &shop, 60), None);
        assert_eq!(of("Shop", "hello!", &shop, 1), None);
        let other = Account { id: crate::account::AccountId(2), ..shop.clone() };
        assert_eq!(of("Shop", "hello", &other, 1), None);
        assert_eq!(of("Shop", "hello", &account(), 1), None, "it looks for none");
    }

    #[test]
    fn a_fingerprint_never_changes() {
        let text = Body::Text("hello".into());
        assert_eq!(fingerprint(None, &text), fingerprint(None, &text));
        assert_ne!(fingerprint(None, &text), fingerprint(Sender::parse("Shop").ok().as_ref(), &text));
    }
}
