//! The store's own verdicts on the messages of a batch. It may refuse single messages; all others are accepted.

use postrider_core::contract::{Accept, Accepted, Decided, Once};
use postrider_core::submission::Refusal;
use std::borrow::Cow;

/// The verdicts on a batch.
#[derive(Debug)]
pub(crate) struct Verdicts<'b> {
    messages: &'b [Accept],
    /// The refused messages, by their place in the batch, in rising order.
    refused: Vec<(usize, Refusal)>,
}

impl<'b> Verdicts<'b> {
    /// Judges each message of a batch, in its order.
    ///
    /// # Errors
    /// The first error of `judge`.
    pub(crate) fn of<E>(
        messages: &'b [Accept],
        mut judge: impl FnMut(&Accept) -> Result<Option<Refusal>, E>,
    ) -> Result<Self, E> {
        let mut refused = Vec::new();
        for (place, accept) in messages.iter().enumerate() {
            if let Some(refusal) = judge(accept)? {
                refused.push((place, refusal));
            }
        }
        Ok(Self { messages, refused })
    }

    /// The messages that are accepted.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &'b Accept> + '_ {
        let mut refused = self.refused.iter().map(|(place, _)| *place).peekable();
        let places = self.messages.iter().enumerate();
        places.filter(move |(place, _)| refused.next_if_eq(place).is_none()).map(|(_, accept)| accept)
    }

    /// Whether a message is accepted. A request of which none is can be tried anew.
    pub(crate) fn accept_any(&self) -> bool {
        self.refused.len() < self.messages.len()
    }

    /// The decisions on the request, with the store's refusals in place.
    pub(crate) fn decided<'o>(&self, once: &'o Once) -> Cow<'o, [Decided]> {
        if self.refused.is_empty() {
            return Cow::Borrowed(&once.decided);
        }
        let mut decided = once.decided.clone();
        for (place, refusal) in &self.refused {
            let message = self.messages.get(*place).map(|accept| Decided::Accepted(accept.message.id));
            let item = decided.iter_mut().find(|item| Some(&**item) == message.as_ref());
            if let Some(item) = item {
                *item = Decided::Refused(refusal.into());
            }
        }
        Cow::Owned(decided)
    }

    /// What the batch's client hears.
    pub(crate) fn answer(self) -> Accepted {
        Accepted::Now { refused: self.refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::samples::{SHOP, UPSTREAM, accepting, id, message};
    use postrider_core::contract::Refused;

    #[test]
    fn a_refused_message_is_left_out_and_its_refusal_takes_its_place() {
        let batch: Vec<Accept> = (1..=4).map(|n| accepting(message(n), UPSTREAM, false)).collect();
        let invalid = Refused { code: "invalid_recipient".into(), detail: "no".into(), field: None };
        let invalid = Decided::Refused(invalid);
        let accepted = |n| Decided::Accepted(id(n));
        let decided = vec![accepted(1), invalid.clone(), accepted(2), accepted(3), accepted(4)];
        let once = Once { account: SHOP, key: "k".into(), request: [0; 32], decided: decided.clone() };

        let all = Verdicts::of(&batch, |_| Ok::<_, ()>(None)).unwrap();
        assert_eq!(all.accepted().count(), 4);
        assert_eq!(*all.decided(&once), decided);
        assert_eq!(all.answer(), Accepted::ALL);

        let even = Verdicts::of(&batch, |accept| {
            Ok::<_, ()>(accept.message.id.number().is_multiple_of(2).then_some(Refusal::Empty))
        });
        let even = even.unwrap();
        let left: Vec<_> = even.accepted().map(|accept| accept.message.id).collect();
        assert_eq!(left, [id(1), id(3)]);
        let empty = || Decided::Refused((&Refusal::Empty).into());
        assert_eq!(*even.decided(&once), [accepted(1), invalid, empty(), accepted(3), empty()]);
        let refused = vec![(1, Refusal::Empty), (3, Refusal::Empty)];
        assert_eq!(even.answer(), Accepted::Now { refused });
    }
}
