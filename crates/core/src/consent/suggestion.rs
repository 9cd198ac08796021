//! Suggestions: texts that seem to ask to stop, though they are no request that is recognised for sure. People decide about them.

use super::fold;
use super::keywords::recognise;

/// Words with which such a text begins, if it is short.
const BEGINNINGS: &[&str] = &[
    "stop",
    "stopp",
    "stopall",
    "unsubscribe",
    "unsub",
    "optout",
    "remove",
    "arret",
    "arretez",
    "stoppen",
    "abmelden",
    "baja",
    "basta",
    "sair",
];
/// The most words of a text that begins so.
const SHORT: usize = 8;

/// Words of refusal, and words for being written to. The second within [`REACH`] words of the first is a suggestion.
const REFUSALS: &[&str] = &["stop", "stopping", "quit", "cease", "dont", "never", "no", "not", "without"];
const CONTACTS: &[&str] = &[
    "text",
    "texts",
    "texting",
    "message",
    "messages",
    "messaging",
    "msg",
    "msgs",
    "sms",
    "contact",
    "contacting",
    "spam",
    "spamming",
    "bother",
    "bothering",
    "harassing",
    "advertising",
    "ads",
];
/// How many words behind a refusal the contact may stand.
const REACH: usize = 4;

/// Phrases that are a suggestion wherever they stand, folded.
const PHRASES: &[&str] = &[
    // English
    "leave me alone",
    "wrong number",
    "wrong person",
    "not interested",
    "unsubscribe",
    "opt out",
    "opt me out",
    "take me off",
    "remove me",
    "remove my number",
    "delete my number",
    "lose my number",
    "who is this",
    "never signed up",
    "did not sign up",
    "didnt sign up",
    // French
    "ne plus recevoir",
    "plus de message",
    "plus de messages",
    "plus de sms",
    "arretez de",
    "laissez moi tranquille",
    "mauvais numero",
    // German
    "keine sms",
    "keine nachrichten",
    "keine werbung",
    "nicht mehr schreiben",
    "nicht mehr anschreiben",
    "lassen sie mich",
    "lasst mich in ruhe",
    "falsche nummer",
    "bitte abmelden",
    // Spanish
    "no mas",
    "no me escriban",
    "no me envien",
    "no me manden",
    "dejen de",
    "numero equivocado",
    // Portuguese
    "nao quero",
    "nao enviem",
    "parem de",
    "numero errado",
    // Italian
    "non scrivetemi",
    "non voglio piu",
    "basta messaggi",
    "numero sbagliato",
    // Dutch
    "geen sms",
    "geen berichten",
    "verkeerd nummer",
];

/// Whether a text seems to ask to stop without being a request that is recognised for sure, such as `Don't ever text me again` or
/// `wrong number`. Texts of more than 160 characters never do.
#[must_use]
pub fn may_ask_to_stop(text: &str) -> bool {
    let words = fold::words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let suggests = begins(&words) || refuses(&words) || PHRASES.iter().any(|phrase| has(&words, phrase));
    suggests && recognise(text).is_none_or(|request| request.argument.is_some())
}

fn begins(words: &[&str]) -> bool {
    words.len() <= SHORT && words.first().is_some_and(|first| BEGINNINGS.contains(first))
}

fn refuses(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(place, word)| {
        let mut behind = words.iter().skip(place + 1).take(REACH);
        REFUSALS.contains(word) && behind.any(|word| CONTACTS.contains(word))
    })
}

/// Whether the words of a phrase stand behind each other.
fn has(words: &[&str], phrase: &str) -> bool {
    let count = phrase.split(' ').count();
    words.windows(count).any(|window| window.iter().copied().eq(phrase.split(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_seems_to_ask_to_stop_is_suggested() {
        for text in [
            "Stop it, I told you already",
            "Don\u{2019}t ever text me again!!",
            "Please no more of these messages",
            "I never signed up for this",
            "WRONG NUMBER",
            "Sorry, wrong number. This is Pat's phone",
            "not interested",
            "Leave me alone \u{1F621}",
            "how do I unsubscribe from this list?",
            "Bitte keine Werbung an diese Nummer",
            "Je ne veux plus recevoir de pub, arr\u{ea}tez de m'\u{e9}crire",
            "no me env\u{ed}en publicidad",
            "N\u{e3}o quero receber isso",
            "Stop 12345",
        ] {
            assert!(may_ask_to_stop(text), "{text}");
        }
    }

    #[test]
    fn requests_and_other_texts_are_no_suggestions() {
        for text in [
            "STOP",
            "Please stop texting me",
            "unsubscribe",
            "HELP",
            "Yes please",
            "See you at the bus stop at 5",
            "Don't forget the milk",
            "No, Tuesday is better for me",
            "Can you text me the address?",
            "Thanks for the message",
            "",
        ] {
            assert!(!may_ask_to_stop(text), "{text}");
        }
    }

    #[test]
    fn phrases_are_folded() {
        for phrase in PHRASES.iter().chain(BEGINNINGS).chain(REFUSALS).chain(CONTACTS) {
            assert_eq!(fold::words(phrase).join(" "), *phrase);
        }
    }
}
