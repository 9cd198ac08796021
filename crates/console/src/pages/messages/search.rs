//! The search box: what somebody pasted may be an identifier, a number, a reference, a sender or an error.

use super::{Filter, MessageList};
use crate::api::{Failed, path};
use crate::frame::Frame;
use crate::visitor::Visitor;
use axum::http::StatusCode;
use futures_util::future::join_all;
use serde_json::Value;

/// What a text may be meant as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    Recipient,
    Reference,
    CarrierReference,
    Sender,
    Error,
    /// Words of the text, among the newest messages. The API has no such parameter: texts may be encrypted, and have no index.
    Text,
}

/// The messages that are looked through for words, at once and in all.
const READ_AT_ONCE: (&str, usize) = ("500", 4);

impl Guess {
    const ALL: [Self; 6] =
        [Self::Recipient, Self::Reference, Self::CarrierReference, Self::Sender, Self::Error, Self::Text];

    /// The API's parameter.
    pub(super) const fn parameter(self) -> &'static str {
        match self {
            Self::Recipient => "to",
            Self::Reference => "reference",
            Self::CarrierReference => "carrier_reference",
            Self::Sender => "from",
            Self::Error => "error",
            Self::Text => "text",
        }
    }

    pub(super) fn of(parameter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guess| guess.parameter() == parameter)
    }

    pub(super) fn label(self, frame: &Frame) -> String {
        let label = match self {
            Self::Recipient => frame.t("Recipient"),
            Self::Reference => frame.t("Client's reference"),
            Self::CarrierReference => frame.t("Carrier's reference"),
            Self::Sender => frame.t("Sender"),
            Self::Error => frame.t("Error"),
            Self::Text => frame.t("Words of the text"),
        };
        label.to_owned()
    }
}

/// What was found.
pub(super) enum Found {
    /// One message, by its identifier.
    One(String),
    /// Messages, and what the text was meant as.
    List(MessageList, Option<Guess>),
}

/// Whether somebody sees the texts of the messages that are listed: those of their own account, whole.
pub(super) fn reads_texts(visitor: &Visitor) -> bool {
    !visitor.who.sees_all() && (!visitor.who.is_user() || visitor.who.may("read_whole"))
}

/// What a text may be meant as, the likeliest first. Each that finds nothing has half a million messages looked through, so what a
/// text can't be by its form is left out.
pub(super) fn guesses(text: &str, reads_texts: bool) -> Vec<Guess> {
    let digits = text.trim_start_matches('+');
    let is_number = (5..=15).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit());
    if text.is_empty() {
        return Vec::new();
    }
    if is_number && digits.len() < text.len() {
        return vec![Guess::Recipient];
    }
    let has_spaces = text.contains(char::is_whitespace);
    let is_of = |fits: fn(char) -> bool| text.chars().all(fits);
    let is_sender = text.chars().count() <= 15;
    let is_error =
        text.len() <= 10 || is_of(|c| c.is_ascii_lowercase() || c == '_') || text.starts_with("ESME_");
    let all = [
        (is_number, Guess::Recipient),
        (true, Guess::Reference),
        (!has_spaces, Guess::CarrierReference),
        (is_sender, Guess::Sender),
        (is_error && !has_spaces, Guess::Error),
        (reads_texts, Guess::Text),
    ];
    all.into_iter().filter(|(fits, _)| *fits).map(|(_, guess)| guess).collect()
}

/// Whether a text has the form of a message's identifier.
fn is_identifier(text: &str) -> bool {
    (15..=19).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// Looks for what the filter says: by what was chosen, or else by each meaning until one finds something.
pub(super) async fn search(visitor: &Visitor, filter: &Filter) -> Result<Found, Failed> {
    if filter.by.is_none() && is_identifier(&filter.text) && exists(visitor, &filter.text).await? {
        return Ok(Found::One(filter.text.clone()));
    }
    let guesses = filter.by.map_or_else(|| guesses(&filter.text, reads_texts(visitor)), |by| vec![by]);
    if guesses.is_empty() {
        return Ok(Found::List(look(visitor, filter, None).await?, None));
    }
    // A number is mostly one. The other meanings are looked for at once, and the likeliest that finds something counts.
    let alone = usize::from(guesses.first() == Some(&Guess::Recipient));
    let (number, others) = guesses.split_at(alone);
    let mut first = None;
    for guesses in [number, others] {
        let looked = join_all(guesses.iter().map(|guess| look(visitor, filter, Some(*guess)))).await;
        for (guess, list) in guesses.iter().copied().zip(looked) {
            let list = match list {
                Ok(list) => list,
                // What can't be a sender, say, is none. What somebody chose is told.
                Err(failed) if filter.by.is_none() && failed.field.as_deref() == Some(guess.parameter()) => {
                    continue;
                }
                Err(failed) => return Err(failed),
            };
            if !list.messages.is_empty() {
                return Ok(Found::List(list, Some(guess)));
            }
            first.get_or_insert((list, guess));
        }
    }
    let (list, guess) = first.unzip();
    Ok(Found::List(list.unwrap_or_default(), guess))
}

async fn look(visitor: &Visitor, filter: &Filter, guess: Option<Guess>) -> Result<MessageList, Failed> {
    match guess {
        Some(Guess::Text) => look_through(visitor, filter).await,
        guess => visitor.ask.get("/v1/messages", &filter.asked(guess)).await,
    }
}

/// Looks for the words in the texts of the newest messages, and says where to go on.
async fn look_through(visitor: &Visitor, filter: &Filter) -> Result<MessageList, Failed> {
    let (at_once, times) = READ_AT_ONCE;
    let words = filter.text.to_lowercase();
    let mut found = MessageList { next: Some(filter.cursor.clone()), ..MessageList::default() };
    for _ in 0..times {
        let Some(cursor) = found.next.take() else { break };
        let from = Filter { cursor, ..filter.clone() };
        let mut asked = from.asked(None);
        asked.push(("limit", at_once));
        let page: MessageList = visitor.ask.get("/v1/messages", &asked).await?;
        let has = |text: &String| text.to_lowercase().contains(&words);
        found
            .messages
            .extend(page.messages.into_iter().filter(|message| message.text.as_ref().is_some_and(has)));
        found.next = page.next;
    }
    Ok(found)
}

async fn exists(visitor: &Visitor, id: &str) -> Result<bool, Failed> {
    match visitor.ask.get::<Value>(&path(&["messages", id]), &[]).await {
        Ok(_) => Ok(true),
        Err(failed) if [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST].contains(&failed.status) => Ok(false),
        Err(failed) => Err(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number_is_first_taken_for_one() {
        for (text, first) in [
            ("+447700900123", Some(Guess::Recipient)),
            ("60006", Some(Guess::Recipient)),
            ("order-7", Some(Guess::Reference)),
            ("0x0B", Some(Guess::Reference)),
            ("", None),
        ] {
            assert_eq!(guesses(text, false).first().copied(), first, "{text}");
        }
    }

    #[test]
    fn an_identifier_is_told_from_a_number() {
        assert!(is_identifier("381234567890123456"));
        assert!(!is_identifier("447700900123") && !is_identifier("+44770090012345678"));
    }

    #[test]
    fn a_meaning_has_the_name_of_its_parameter() {
        for guess in Guess::ALL {
            assert_eq!(Guess::of(guess.parameter()), Some(guess));
        }
        assert_eq!(guesses("+447700900123", true), [Guess::Recipient]);
        assert!(!guesses("It is spring", true).contains(&Guess::CarrierReference));
        assert!(!guesses("a-reference-of-the-client", true).contains(&Guess::Sender));
        assert!(guesses("invalid_recipient", false).contains(&Guess::Error));
        assert!(
            guesses("0x0000000B", false).contains(&Guess::Error)
                && guesses("ESME_RINVDSTADR", false).contains(&Guess::Error)
        );
        assert_eq!(guesses("Spring", true).last(), Some(&Guess::Text));
        assert!(!guesses("Spring", false).contains(&Guess::Text));
        assert_eq!(Guess::of("colour"), None);
    }
}
