//! Errors of messages as applications read them: in answers of the API and in webhooks.

#[cfg(test)]
mod description;

use postrider_core::cause::{Cause, Code, Retry};
use postrider_core::delivery::State;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::ToSchema;

/// Why a message was not delivered, or waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageError)]
pub(crate) struct ErrorView<'a> {
    /// The gateway's code, the same for every carrier and protocol. The manual has a page for each.
    code: CodeWord,
    /// The carrier's own code and word, if the carrier gave one, such as `0x0000000B ESME_RINVDSTADR` or `012`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    carrier_code: Option<Cow<'a, str>>,
    /// The meaning of `code`, in a sentence for people.
    meaning: &'static str,
    /// Whether the sender may send the same message again.
    retry: RetryWord,
    /// What exactly the gateway found, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    detail: Option<Cow<'a, str>>,
}

impl<'a> ErrorView<'a> {
    /// The cause of a state. As long as the state isn't final, the gateway goes on by itself.
    pub(crate) fn of(cause: &'a Cause, state: State) -> Self {
        Self {
            code: CodeWord(cause.code),
            carrier_code: cause.carrier_code().map(Cow::Borrowed),
            meaning: cause.code.meaning(),
            retry: RetryWord(if state.is_final() { cause.code.retry() } else { Retry::Automatic }),
            detail: cause.detail().map(Cow::Borrowed),
        }
    }

    /// The same, apart from the cause that it was made of.
    pub(crate) fn into_owned(self) -> ErrorView<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        ErrorView {
            code: self.code,
            carrier_code: self.carrier_code.map(owned),
            meaning: self.meaning,
            retry: self.retry,
            detail: self.detail.map(owned),
        }
    }
}

/// A code as a word of the API.
#[derive(Clone, Copy, Debug)]
struct CodeWord(Code);

/// Advice on sending again as a word of the API.
#[derive(Clone, Copy, Debug)]
struct RetryWord(Retry);

impl Serialize for CodeWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl Serialize for RetryWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_object_everywhere() {
        let refused = Cause::of_carrier(Code::InvalidRecipient, "0x0000000B ESME_RINVDSTADR");
        let shown = |cause: &Cause, state| serde_json::to_value(ErrorView::of(cause, state)).unwrap();
        assert_eq!(
            shown(&refused, State::Rejected),
            serde_json::json!({
                "code": "invalid_recipient", "carrier_code": "0x0000000B ESME_RINVDSTADR",
                "meaning": "The carrier doesn't accept the recipient's number.", "retry": "never",
            })
        );
        let detailed = Cause::with_detail(Code::UpstreamDown, "connection refused");
        let waits = shown(&detailed, State::Queued);
        assert_eq!((&waits["retry"], &waits["detail"]), (&"automatic".into(), &"connection refused".into()));
        assert_eq!(waits.get("carrier_code"), None);
    }
}
