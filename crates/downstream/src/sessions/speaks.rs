//! The protocols of sessions, and by which of them a message came.

use postrider_core::message::Message;

/// The protocol of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// SMPP.
    Smpp,
    /// EMI/UCP.
    Ucp,
    /// CIMD2.
    Cimd2,
}

impl Speaks {
    /// Its name in settings, metrics and references.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Smpp => "smpp",
            Self::Ucp => "ucp",
            Self::Cimd2 => "cimd2",
        }
    }

    /// The protocol of the session that a message came by. Messages that are named by a time stamp say it in their
    /// reference.
    pub(crate) fn of(message: &Message) -> Self {
        let own = message.reference.as_deref();
        let reference = message.known_as.first().map_or(own, |known| known.reference.as_deref());
        match reference.and_then(|reference| reference.split_once(':')) {
            Some(("ucp", _)) => Self::Ucp,
            Some(("cimd2", _)) => Self::Cimd2,
            _ => Self::Smpp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;
    use postrider_core::id::MessageId;

    #[test]
    fn a_reference_says_the_protocol() {
        for (reference, expected) in [
            (None, Speaks::Smpp),
            (Some("4711"), Speaks::Smpp),
            (Some("ucp:291126083007"), Speaks::Ucp),
            (Some("cimd2:261129083007"), Speaks::Cimd2),
        ] {
            let message =
                Message { reference: reference.map(Into::into), ..message(MessageId::from_number(1)) };
            assert_eq!(Speaks::of(&message), expected, "{reference:?}");
        }
    }
}
