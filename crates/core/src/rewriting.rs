//! Rewriting: what a route changes of the messages that it takes. The recipient is never changed.

mod health;
mod replacement;

pub use health::{ENDED_MIN, SenderCounts};
pub use replacement::Replacement;

use crate::message::Body;
use crate::number::Number;
use crate::route::mix;
use crate::sender::Sender;
use crate::submission::{Draft, Refusal, count_parts};
use postrider_text::transliterate::to_gsm;
use std::borrow::Cow;

/// The messages whose sender is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replaces {
    /// Every one.
    #[default]
    Every,
    /// Those without a sender.
    Missing,
    /// Those whose sender is a name.
    Names,
}

impl Replaces {
    const fn takes(self, sender: Option<&Sender>) -> bool {
        match self {
            Self::Every => true,
            Self::Missing => sender.is_none(),
            Self::Names => matches!(sender, Some(Sender::Name(_))),
        }
    }
}

/// What a route changes of its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// The senders that take the place of the message's own: one, or several of which each recipient has one. None changes nothing.
    pub senders: Vec<Sender>,
    /// The messages whose sender is replaced.
    pub replaces: Replaces,
    /// The least share that must be delivered of what came from a sender of several, in percent; one below it is left for a while. 0 is
    /// never.
    pub least_delivered: u8,
    /// What is replaced in texts, in this order.
    pub replacements: Vec<Replacement>,
    /// What is put before texts.
    pub text_before: Box<str>,
    /// What is put behind texts.
    pub text_after: Box<str>,
    /// Whether texts are respelled in the GSM 7-bit alphabet where that is possible.
    pub gsm_spelling: bool,
}

impl Rewriting {
    /// Rewrites a draft. Its parts are counted anew. `rests` says which senders are left for a while.
    ///
    /// # Errors
    /// The text has more characters or parts now than a message may have.
    pub fn apply(
        &self,
        draft: &mut Draft,
        parts_max: u8,
        rests: &dyn Fn(&Sender) -> bool,
    ) -> Result<(), Refusal> {
        if self.replaces.takes(draft.from.as_ref())
            && let Some(sender) = self.sender_for(draft.to, rests)
        {
            draft.from = Some(sender.clone());
        }
        let Some(text) = draft.body.text().and_then(|text| self.text(text)) else { return Ok(()) };
        match &mut draft.body {
            Body::Multimedia(media) => media.text = text,
            body => *body = Body::Text(text),
        }
        draft.parts = count_parts(&draft.body)?;
        if draft.parts > parts_max {
            return Err(Refusal::TooManyParts { needed: draft.parts.into(), allowed: parts_max });
        }
        Ok(())
    }

    /// The senders whose health is looked at.
    pub fn pool(&self) -> impl Iterator<Item = &Sender> {
        let is_pool = self.senders.len() > 1 && self.least_delivered > 0;
        self.senders.iter().filter(move |_| is_pool)
    }

    /// The sender of messages to this number: the same one each time. When senders are added, taken away or left for a while, only
    /// recipients of these change theirs (rendezvous hashing). If all are left, none is.
    fn sender_for(&self, to: Number, rests: &dyn Fn(&Sender) -> bool) -> Option<&Sender> {
        if self.senders.len() < 2 {
            return self.senders.first();
        }
        let salt =
            |sender: &Sender| sender.to_string().bytes().fold(0, |hash, octet| mix(hash, octet.into()));
        let weight = |sender: &&Sender| mix(to.digits(), salt(sender));
        let sound = self.senders.iter().filter(|sender| self.least_delivered == 0 || !rests(sender));
        sound.max_by_key(weight).or_else(|| self.senders.iter().max_by_key(weight))
    }

    /// The text as it is rewritten; `None` if nothing changes.
    fn text(&self, text: &str) -> Option<Box<str>> {
        let has_affix = !self.text_before.is_empty() || !self.text_after.is_empty();
        if !has_affix && !self.gsm_spelling && self.replacements.is_empty() {
            return None;
        }
        let replaced = self.replacements.iter().fold(Cow::Borrowed(text), |text, it| it.apply(text));
        let text = &*replaced;
        // What is sent again has them already.
        let before = if text.starts_with(&*self.text_before) { "" } else { &self.text_before };
        let after = if text.ends_with(&*self.text_after) { "" } else { &self.text_after };
        let whole = format!("{before}{text}{after}");
        Some(if self.gsm_spelling { to_gsm(&whole).into() } else { whole.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::account;
    use crate::submission::{Submission, validate};
    use crate::time::Time;

    fn draft(from: Option<&str>, text: &str) -> Draft {
        let submission = Submission {
            to: "+447700900123".into(),
            from: from.map(Into::into),
            body: Some(Body::Text(text.into())),
            ..Submission::default()
        };
        validate(submission, &account(), Time(0)).unwrap()
    }

    fn sender(text: &str) -> Sender {
        Sender::parse(text).unwrap()
    }

    #[test]
    fn senders_are_replaced_where_that_is_wanted() {
        for (replaces, from, expected) in [
            (Replaces::Every, Some("Shop"), Some("+15005550006")),
            (Replaces::Every, None, Some("+15005550006")),
            (Replaces::Missing, Some("Shop"), Some("Shop")),
            (Replaces::Missing, None, Some("+15005550006")),
            (Replaces::Names, Some("Shop"), Some("+15005550006")),
            (Replaces::Names, Some("+447700900999"), Some("+447700900999")),
            (Replaces::Names, None, None),
        ] {
            let mut draft = draft(from, "Hi");
            let to = draft.to;
            let rewriting =
                Rewriting { senders: vec![sender("+15005550006")], replaces, ..Rewriting::default() };
            rewriting.apply(&mut draft, 10, &|_| false).unwrap();
            assert_eq!(draft.from.map(|it| it.to_string()).as_deref(), expected, "{replaces:?} {from:?}");
            assert_eq!(draft.to, to);
        }
    }

    #[test]
    fn each_recipient_keeps_its_sender_of_a_pool() {
        let pool = |names: &[&str]| Rewriting {
            senders: names.iter().map(|name| sender(name)).collect(),
            ..Rewriting::default()
        };
        let (three, four) = (pool(&["60001", "60002", "60003"]), pool(&["60001", "60002", "60003", "60004"]));
        let nobody = |_: &Sender| false;
        let (mut counts, mut moved) = ([0; 3], 0);
        for number in 0..3_000 {
            let to = Number::from_digits(447_700_900_000 + number).unwrap();
            let first = three.sender_for(to, &nobody).unwrap();
            assert_eq!(three.sender_for(to, &nobody), Some(first));
            counts[three.senders.iter().position(|it| it == first).unwrap()] += 1;
            let then = four.sender_for(to, &nobody).unwrap();
            assert!(then == first || *then == sender("60004"));
            moved += u32::from(then != first);
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
        assert!((650..850).contains(&moved), "{moved}");
    }

    #[test]
    fn a_sender_that_rests_is_left_by_its_own_recipients_alone() {
        let senders: Vec<Sender> = ["60001", "60002", "60003"].map(sender).into();
        let pool = Rewriting { senders: senders.clone(), least_delivered: 20, ..Rewriting::default() };
        let blind = Rewriting { least_delivered: 0, ..pool.clone() };
        let (nobody, one, all) =
            (|_: &Sender| false, |it: &Sender| *it == sender("60002"), |_: &Sender| true);
        for number in 0..300 {
            let to = Number::from_digits(447_700_900_000 + number).unwrap();
            let usual = pool.sender_for(to, &nobody).unwrap();
            let then = pool.sender_for(to, &one).unwrap();
            assert!(*then != sender("60002") && (then == usual || *usual == sender("60002")), "{to:?}");
            assert_eq!(pool.sender_for(to, &all), Some(usual), "somebody must send it");
            assert_eq!(blind.sender_for(to, &one), Some(usual));
        }
        assert_eq!((pool.pool().count(), blind.pool().count()), (3, 0));
        assert_eq!(Rewriting { senders: vec![sender("60001")], ..pool }.pool().count(), 0);
    }

    #[test]
    fn texts_are_rewritten_and_counted_anew() {
        let rewriting = |before: &str, after: &str, gsm_spelling| Rewriting {
            text_before: before.into(),
            text_after: after.into(),
            gsm_spelling,
            ..Rewriting::default()
        };
        for (rewriting, text, expected, parts) in [
            (rewriting("Shop: ", " STOP to 60006", false), "Hi", "Shop: Hi STOP to 60006", 1),
            (
                rewriting("Shop: ", " STOP to 60006", false),
                "Shop: Hi STOP to 60006",
                "Shop: Hi STOP to 60006",
                1,
            ),
            (
                Rewriting {
                    replacements: vec![Replacement::new("shop.example", "s.example").unwrap()],
                    ..rewriting("Shop: ", "", false)
                },
                "See shop.example/a",
                "Shop: See s.example/a",
                1,
            ),
            (rewriting("", "", true), "It\u{2019}s \u{201C}here\u{201D}\u{2026}", "It's \"here\"...", 1),
            (rewriting("", "", true), "\u{1F600} it\u{2019}s", "\u{1F600} it\u{2019}s", 1),
            (rewriting("", "!", false), &*"x".repeat(160), &*format!("{}!", "x".repeat(160)), 2),
        ] {
            let mut draft = draft(None, text);
            rewriting.apply(&mut draft, 10, &|_| false).unwrap();
            assert_eq!((draft.body, draft.parts), (Body::Text(expected.into()), parts));
        }
        let refused =
            rewriting("", "!", false).apply(&mut draft(None, &"x".repeat(160)), 1, &|_| false).unwrap_err();
        assert_eq!(refused, Refusal::TooManyParts { needed: 2, allowed: 1 });
    }
}
