//! Retention: how long texts and records of messages are kept, for each account.

use std::time::Duration;

/// How long texts and records of an account's messages are kept. What is `None` is kept as long as the node says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Texts, after the message was accepted or came in. A text that is still to be sent or told stays until then.
    pub texts: Option<Duration>,
    /// Records of messages that have ended, after the message was accepted or came in.
    pub records: Option<Duration>,
    /// The ends at which a text is removed at once, however young it is.
    pub redact: Redact,
}

/// The ends of a message at which its text is removed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redact {
    /// None.
    #[default]
    Never,
    /// Delivery.
    Delivered,
    /// Every end.
    Ended,
    /// Every end; and nobody is shown the text before, either.
    AtOnce,
}

/// How long a node keeps what its accounts say nothing about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Texts.
    pub texts: Duration,
    /// Records of messages that have ended.
    pub records: Duration,
}

impl Kept {
    /// How long an account's texts and records are kept. A text is never kept for longer than its record.
    #[must_use]
    pub fn of(self, account: &Retention) -> Self {
        let records = account.records.unwrap_or(self.records);
        Self { texts: account.texts.unwrap_or(self.texts).min(records), records }
    }
}

impl Retention {
    /// Whether the text of a message goes with the message's end: when it was delivered, or not, at this age.
    #[must_use]
    pub fn ends_text(&self, node: Kept, delivered: bool, age: Duration) -> bool {
        match self.redact {
            Redact::Ended | Redact::AtOnce => true,
            Redact::Delivered if delivered => true,
            Redact::Delivered | Redact::Never => age >= node.of(self).texts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const NODE: Kept = Kept { texts: DAY.saturating_mul(30), records: DAY.saturating_mul(90) };

    #[test]
    fn what_an_account_does_not_say_the_node_does() {
        assert_eq!(NODE.of(&Retention::default()), NODE);
        let short = Retention { records: Some(DAY), ..Retention::default() };
        assert_eq!(NODE.of(&short), Kept { texts: DAY, records: DAY });
        let texts = Retention { texts: Some(Duration::ZERO), ..Retention::default() };
        assert_eq!(NODE.of(&texts), Kept { texts: Duration::ZERO, ..NODE });
    }

    #[test]
    fn an_end_takes_the_text_along_as_the_account_says() {
        let cases = [
            (Redact::Never, true, DAY, false),
            (Redact::Never, true, NODE.texts, true),
            (Redact::Delivered, true, Duration::ZERO, true),
            (Redact::Delivered, false, Duration::ZERO, false),
            (Redact::Delivered, false, NODE.texts, true),
            (Redact::Ended, false, Duration::ZERO, true),
            (Redact::AtOnce, false, Duration::ZERO, true),
        ];
        for (redact, delivered, age, goes) in cases {
            let account = Retention { redact, ..Retention::default() };
            assert_eq!(account.ends_text(NODE, delivered, age), goes, "{redact:?} {delivered} {age:?}");
        }
    }
}
