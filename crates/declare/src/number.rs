//! Numbers that handsets write to, as people declare them.

use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::written::{FromText, Written};
use crate::{settings, words};
use postrider_core::sender::Sender;
use std::collections::BTreeMap;

/// The most other spellings of a number.
pub(crate) const ALIASES_MAX: usize = 16;
/// The most upstreams that a number names.
pub(crate) const UPSTREAMS_MAX: usize = 64;
/// The most keywords of one number.
pub(crate) const KEYWORDS_MAX: usize = 1_000;
/// The most languages of answers.
pub(crate) const LANGUAGES_MAX: usize = 64;
/// The most characters of an answer.
pub(crate) const ANSWER_MAX: usize = 640;

settings! {
    /// A number that handsets write to: a long number, a short code or a name, and the account that gets its messages.
    pub struct NumberDocument {
        /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not be repeated where
        /// it is in a URL or is a table's name.
        name: String = String::new();
        /// The number: an international number, a short code of up to 20 digits, or a name of up to 11 characters; `*` is
        /// every number that nothing else here names (the catch-all). Default: its name.
        number: Option<Written<OwnAddress>> = None;
        /// Other spellings of the number that networks use, such as its national form. Default: none.
        aliases: Vec<Written<Sender>> = Vec::new(), AtMost(ALIASES_MAX);
        /// Names of the upstreams that bring its messages. Default: all.
        upstreams: Vec<String> = Vec::new(), AtMost(UPSTREAMS_MAX);
        /// The account that gets the messages, those excepted that a keyword takes. Default: none.
        account: Option<String> = None;
        /// Accounts that share the number, by keyword: the first word of the text, in whatever case. Default: none.
        keywords: BTreeMap<String, String> = BTreeMap::new();
        /// Where the messages go; all of them are in the list of the account (`GET /v1/inbound`) besides. Default: to the
        /// account's webhook if it has one, otherwise to its SMPP sessions if it may open some, otherwise nowhere.
        deliver_to: Option<DestinationWord> = None;
        /// The messages that a handset ends when it writes STOP, or a word like it, to the number. They are refused with
        /// `opted_out` from then on, those that wait too.
        stop: StopWord = StopWord::Account;
        /// The language of the answers to STOP, START and HELP: `en`, `fr` and so on (ISO 639-1). Words of other languages are
        /// answered in theirs. Default: English.
        language: Option<String> = None;
        /// The number's own answers to STOP, START and HELP, by language: tables with the texts `stop`, `start` and `help`, in
        /// which `{name}` stands for the account's name. An empty text is no answer. Default: built-in ones in English, French, Spanish,
        /// German, Portuguese, Italian, Dutch, Polish and Swedish.
        answers: BTreeMap<String, AnswersDocument> = BTreeMap::new();
    }
}

settings! {
    /// The answers to STOP, START and HELP in one language. `{name}` in a text stands for the account's name. An empty text is
    /// no answer.
    pub struct AnswersDocument {
        /// The one confirmation of STOP: it may hold no advertising.
        stop: Option<String> = None;
        /// The confirmation of START.
        start: Option<String> = None;
        /// The answer to HELP: who writes, how they are reached, and how the messages are stopped.
        help: Option<String> = None;
    }
}

words! {
    /// The messages that STOP ends.
    pub enum StopWord {
        /// All messages of the number's account. If accounts share the number by keyword: all messages from the number.
        Account = "account",
        /// The account's messages from this number.
        Sender = "sender",
        /// The messages of all accounts.
        All = "all",
        /// None: the carrier or the application sees to it. STOP, START and HELP are messages like any other.
        Nothing = "nothing",
    }
}

words! {
    /// Where the messages to a number go.
    pub enum DestinationWord {
        /// To the account's webhook.
        Webhook = "webhook",
        /// To the account's SMPP sessions. They are kept while none is open.
        Sessions = "sessions",
        /// To the webhook and to the sessions.
        Both = "both",
        /// Nowhere: the account reads its list.
        List = "list",
    }
}

/// A number that handsets write to, or all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnAddress {
    /// This one.
    One(Sender),
    /// Every number that nothing else names.
    Others,
}

impl FromText for OwnAddress {
    fn from_text(text: &str) -> Result<Self, String> {
        if text.trim() == "*" { Ok(Self::Others) } else { Sender::from_text(text).map(Self::One) }
    }
}

impl NumberDocument {
    /// The number as it is written, or its name where none is.
    #[must_use]
    pub fn written(&self) -> String {
        self.number.as_ref().map_or_else(|| self.name.clone(), ToString::to_string)
    }

    /// The accounts that it names.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.account.as_deref().into_iter().chain(self.keywords.values().map(String::as_str))
    }
}

impl Document for NumberDocument {
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, _visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {}
}
