//! Recognition of what a handset's message asks for: to opt out, to opt in, or help.

use super::fold;
use super::words::{COURTESY, HELP, OBJECT, START, STOP, WITH_OBJECT, Words};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a handset's message asks for by law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who writes, and how it is stopped.
    Help,
}

impl Intent {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stop, Self::Start, Self::Help];

    /// The word in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Help => "help",
        }
    }
}

/// A recognised request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub intent: Intent,
    /// The keyword as it is listed.
    pub keyword: &'static str,
    /// The language of the keyword (ISO 639-1). A word of several languages counts as the first one's, English before others.
    pub language: &'static str,
    /// The one word behind the keyword, folded, if it is none that a request may have: `STOP PIZZA`. Such a text is a request
    /// only if the number that it was sent to knows the word; otherwise the text is the application's.
    pub argument: Option<Box<str>>,
}

/// The most words of a text that is a request.
const WORDS_MAX: usize = 9;

/// A keyword as it is listed.
#[derive(Clone, Copy)]
struct Listed {
    intent: Intent,
    keyword: &'static str,
    language: &'static str,
}

/// All keywords, by their folded words without blanks between.
static KEYWORDS: LazyLock<HashMap<String, Listed>> = LazyLock::new(|| {
    let mut keywords = HashMap::new();
    for (intent, lists) in [(Intent::Stop, STOP), (Intent::Start, START), (Intent::Help, HELP)] {
        for Words { language, words } in lists {
            for keyword in *words {
                let listed = Listed { intent, keyword, language };
                keywords.entry(fold::words(keyword).concat()).or_insert(listed);
            }
        }
    }
    keywords
});

/// Words of courtesy, folded.
static COURTEOUS: LazyLock<HashSet<String>> =
    LazyLock::new(|| COURTESY.iter().flat_map(|word| fold::words(word)).collect());

/// The request that a text makes, if it makes one.
///
/// The whole text must be a request: a keyword, in whatever case, with accents or without, quoted, punctuated or decorated,
/// and words of courtesy around it. `stop by at 5` and `please cancel my order` are none.
#[must_use]
pub fn recognise(text: &str) -> Option<Request> {
    let all = fold::words(text);
    if all.is_empty() || all.len() > WORDS_MAX {
        return None;
    }
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    let bare: Vec<&str> = words.iter().copied().filter(|word| !COURTEOUS.contains(*word)).collect();
    [&words, &bare].into_iter().find_map(|words| whole(words)).or_else(|| beginning(&bare))
}

/// What a single word asks for, whatever number it is sent to: such a word is no keyword of anything else.
#[must_use]
pub fn asks(word: &str) -> Option<Intent> {
    recognise(word).filter(|request| request.argument.is_none()).map(|request| request.intent)
}

/// All words as one keyword.
fn whole(words: &[&str]) -> Option<Request> {
    KEYWORDS.get(&words.concat()).map(|listed| listed.request(None))
}

impl Listed {
    fn request(self, argument: Option<Box<str>>) -> Request {
        let Self { intent, keyword, language } = self;
        Request { intent, keyword, language, argument }
    }
}

/// A keyword of stopping, and what is to be stopped; or any keyword and one word more.
fn beginning(words: &[&str]) -> Option<Request> {
    let (first, rest) = words.split_first()?;
    let listed = KEYWORDS.get(*first)?;
    let is_object = WITH_OBJECT.contains(first) && rest.iter().all(|word| OBJECT.contains(word));
    match rest {
        _ if is_object => Some(listed.request(None)),
        [argument] => Some(listed.request(Some((*argument).into()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Intent::{Help, Start, Stop};
    use super::*;

    /// The intent of a text that is a request whatever number it was sent to.
    fn intent(text: &str) -> Option<Intent> {
        recognise(text).filter(|request| request.argument.is_none()).map(|request| request.intent)
    }

    #[test]
    fn every_listed_word_is_recognised_as_it_stands() {
        for (expected, lists) in [(Stop, STOP), (Start, START), (Help, HELP)] {
            for Words { language, words } in lists {
                for word in *words {
                    for text in [
                        (*word).to_owned(),
                        word.to_uppercase(),
                        format!("\u{201c}{word}\u{201d}!! \u{1F64F}"),
                    ] {
                        assert_eq!(intent(&text), Some(expected), "{text} ({language})");
                    }
                }
            }
        }
    }

    #[test]
    fn no_word_asks_for_two_things() {
        let mut known: HashMap<String, Intent> = HashMap::new();
        for (intent, lists) in [(Stop, STOP), (Start, START), (Help, HELP)] {
            for word in lists.iter().flat_map(|words| words.words) {
                let before = known.insert(fold::words(word).concat(), intent);
                assert!(before.is_none_or(|before| before == intent), "{word}");
            }
        }
    }

    #[test]
    fn the_words_of_the_rule_of_2025_are_there_in_every_form() {
        for word in ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"] {
            for text in [
                word.to_owned(),
                word.to_uppercase(),
                format!(" {word} "),
                format!("{word}."),
                format!("{word}!!!"),
                format!("\"{word}\""),
                format!("'{word}'"),
                format!("\u{ab}{word}\u{bb}"),
                format!("({word})"),
                format!("#{word}"),
                format!("/{word}"),
                format!("{word} \u{1F6D1}"),
                format!("\u{1F621}{word}\u{1F621}"),
                format!("\n{word}\r\n"),
                format!("{word}\u{200B}"),
                format!("please {word}"),
                format!("{word} please"),
                format!("{word}. Thank you"),
                format!("{word} now!"),
            ] {
                assert_eq!(intent(&text), Some(Stop), "{text:?}");
            }
        }
    }

    #[test]
    fn people_say_it_in_other_ways_too() {
        for text in [
            "Opt-out",
            "OPTOUT",
            "opt_out",
            "StopAll",
            "STOP ALL",
            "S.T.O.P.",
            "S-T-O-P",
            "S T O P",
            "STOOOOP",
            "\u{FF33}\u{FF34}\u{FF2F}\u{FF30}",
            "Stop texting me",
            "stop messaging me please",
            "Please stop sending me these messages",
            "stop it",
            "Stop all messages",
            "unsubscribe me",
            "Cancel all texts",
            "Take me off your list!",
            "Don't text me",
            "Do not contact me",
            "I revoke my consent",
            "Arr\u{ea}t",
            "ARRET svp",
            "BAJA por favor",
            "Stopp!",
            "Abmelden bitte",
            "\u{421}\u{422}\u{41e}\u{41f}",
            "\u{130}ptal",
            "退订",
            "TD",
            "配信停止",
            "수신 거부",
        ] {
            assert_eq!(intent(text), Some(Stop), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_request() {
        for text in [
            "",
            " ",
            "\u{1F6D1}",
            "stop by at 5",
            "Stop by",
            "I'll stop by tomorrow",
            "Can you stop at the shop?",
            "don't stop",
            "Dont stop!",
            "never stop",
            "non-stop",
            "nonstop",
            "bus stop",
            "the next stop is ours",
            "stop the car",
            "stopwatch",
            "Please cancel my order",
            "cancel my appointment on Friday",
            "I can't cancel",
            "did you cancel?",
            "in the end we won",
            "The end",
            "end of the month",
            "weekend",
            "quit smoking tips",
            "I quit my job",
            "help with my order please",
            "How do I unsubscribe from the newsletter that you sent by mail?",
            "start the engine",
            "When do we start?",
            "info about prices",
            "STOP 12345",
            "STOP1",
            "yes",
            "no",
            "ok thanks",
            "Thank you",
            "1",
            "stop, or I will call the police and tell them everything about you and your friends",
        ] {
            assert_eq!(intent(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_behind_the_keyword_is_for_the_number_to_know() {
        let request = recognise("STOP Pizza!").unwrap();
        assert_eq!((request.intent, request.argument.as_deref()), (Stop, Some("pizza")));
        assert_eq!(recognise("STOP 12345").unwrap().argument.as_deref(), Some("12345"));
        assert_eq!(recognise("HELP pizza").unwrap().argument.as_deref(), Some("pizza"));
        assert_eq!(recognise("stop by at 5"), None);
    }

    #[test]
    fn the_language_is_the_keywords() {
        for (text, intent, language) in [
            ("STOP", Stop, "en"),
            ("ARR\u{ca}T", Stop, "fr"),
            ("Baja", Stop, "es"),
            ("Abmelden", Stop, "de"),
            ("AIDE", Help, "fr"),
            ("Hilfe", Help, "de"),
            ("START", Start, "en"),
            ("unstop", Start, "en"),
            ("再開", Start, "ja"),
        ] {
            let request = recognise(text).unwrap();
            assert_eq!((request.intent, request.language), (intent, language), "{text}");
        }
    }
}
