//! Reads numbers that handsets write to, no two of which are the same one on the same upstream.

use super::Ids;
use super::requests::check_word;
use crate::account::AccountDocument;
use crate::document::Set;
use crate::limit::check_count;
use crate::mistake::Notes;
use crate::number::{
    ANSWER_MAX, DestinationWord, KEYWORDS_MAX, LANGUAGES_MAX, NumberDocument, OwnAddress, StopWord,
};
use crate::suggest::suggest;
use crate::upstream::UpstreamDocument;
use crate::written::FromText;
use postrider_core::account::AccountId;
use postrider_core::consent::{Answers, Reach, Requests};
use postrider_core::numbers::{Destination, Holder, Numbers, OwnNumber, keyword};
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use std::collections::BTreeMap;

/// Everything that is declared of numbers.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Numbers {
    let mut before: Vec<(&str, Vec<String>, &[String])> = Vec::new();
    let mut numbers = Vec::new();
    for (name, entry) in &set.numbers {
        let notes = notes.key(name);
        let reading = Reading { set, ids, document: &entry.document, notes: &notes };
        let number = reading.number();
        let spellings = spellings(&number);
        let upstreams = &*entry.document.upstreams;
        if let Some((other, ..)) =
            before.iter().find(|(_, others, on)| meet(&spellings, others, upstreams, on))
        {
            notes
                .key("number")
                .wrong(format_args!("the number '{other}' has the same on the same upstreams"), "");
        }
        before.push((name, spellings, upstreams));
        numbers.push(number);
    }
    Numbers::new(numbers)
}

/// The spellings as they are compared; one of none for all other numbers.
fn spellings(number: &OwnNumber) -> Vec<String> {
    if number.spellings.is_empty() {
        return vec![String::new()];
    }
    number.spellings.iter().map(|spelling| spelling.to_string().to_lowercase()).collect()
}

/// Whether one message could be of both.
fn meet(these: &[String], those: &[String], on_these: &[String], on_those: &[String]) -> bool {
    let same_upstream = match (on_these, on_those) {
        ([], []) => true,
        // One that names an upstream goes before one for all.
        ([], _) | (_, []) => false,
        (these, those) => these.iter().any(|upstream| those.contains(upstream)),
    };
    same_upstream && these.iter().any(|spelling| those.contains(spelling))
}

fn check_language(language: &str, notes: &Notes<'_>) {
    let is_code = language.len() == 2 && language.bytes().all(|letter| letter.is_ascii_lowercase());
    if !is_code {
        notes.wrong(
            format_args!("invalid language '{language}'"),
            "write two small letters, such as 'en' (ISO 639-1)",
        );
    }
}

impl From<StopWord> for Reach {
    fn from(word: StopWord) -> Self {
        match word {
            StopWord::Account => Self::Account,
            StopWord::Sender => Self::Sender,
            StopWord::All => Self::All,
            StopWord::Nothing => Self::Nothing,
        }
    }
}

/// One document, and what it is read with.
struct Reading<'a> {
    set: &'a Set,
    ids: &'a Ids,
    document: &'a NumberDocument,
    notes: &'a Notes<'a>,
}

impl Reading<'_> {
    fn number(&self) -> OwnNumber {
        let document = self.document;
        OwnNumber {
            spellings: self.spellings(),
            upstreams: self.upstreams(),
            holder: document
                .account
                .as_deref()
                .and_then(|account| self.holder(account, &self.notes.key("account"))),
            keywords: self.keywords(),
            consent: self.requests(),
        }
    }

    /// What becomes of STOP, START and HELP.
    fn requests(&self) -> Requests {
        let document = self.document;
        if let Some(language) = &document.language {
            check_language(language, &self.notes.key("language"));
        }
        let notes = self.notes.key("answers");
        check_count(document.answers.len(), LANGUAGES_MAX, &notes);
        let answers = document.answers.iter().map(|(language, texts)| {
            let notes = notes.key(language);
            check_language(language, &notes);
            let text = |name: &str, text: &Option<String>| {
                let is_long = text.as_ref().is_some_and(|text| text.chars().count() > ANSWER_MAX);
                if is_long {
                    notes
                        .key(name)
                        .wrong(format_args!("the text has more than {ANSWER_MAX} characters"), "shorten it");
                }
                text.as_deref().map(Box::from)
            };
            let answers = Answers {
                stop: text("stop", &texts.stop),
                start: text("start", &texts.start),
                help: text("help", &texts.help),
            };
            (language.as_str().into(), answers)
        });
        Requests {
            reach: document.stop.into(),
            language: document.language.as_deref().unwrap_or_default().into(),
            answers: answers.collect(),
        }
    }

    fn spellings(&self) -> Vec<Sender> {
        let own = match self.document.number.as_deref() {
            Some(OwnAddress::Others) => return Vec::new(),
            Some(OwnAddress::One(sender)) => Some(sender.clone()),
            None => self.notes.key("number").take(Sender::from_text(&self.document.name)),
        };
        own.into_iter().chain(self.document.aliases.iter().map(|alias| (**alias).clone())).collect()
    }

    fn upstreams(&self) -> Vec<UpstreamId> {
        let notes = self.notes.key("upstreams");
        for (index, name) in self.document.upstreams.iter().enumerate() {
            let known = self.set.upstreams.keys().map(String::as_str);
            self.check_name(
                "upstream",
                name,
                self.set.upstreams.contains_key(name),
                known,
                &notes.index(index),
            );
        }
        self.document
            .upstreams
            .iter()
            .map(|name| UpstreamId(self.ids.get::<UpstreamDocument>(name)))
            .collect()
    }

    fn keywords(&self) -> BTreeMap<Box<str>, Holder> {
        let notes = self.notes.key("keywords");
        check_count(self.document.keywords.len(), KEYWORDS_MAX, &notes);
        let mut keywords = BTreeMap::new();
        for (word, account) in &self.document.keywords {
            let notes = notes.key(word);
            let Some(folded) = keyword(word).filter(|_| word.split_whitespace().count() == 1) else {
                notes.wrong(
                    format_args!("invalid keyword '{word}'"),
                    "write one word with a letter or a digit in it",
                );
                continue;
            };
            if self.document.takes_requests() {
                check_word(word, &notes);
            }
            if let Some(holder) = self.holder(account, &notes)
                && keywords.insert(folded, holder).is_some()
            {
                notes.wrong("another keyword is the same in lower case", "");
            }
        }
        keywords
    }

    fn holder(&self, account: &str, notes: &Notes<'_>) -> Option<Holder> {
        let known = self.set.accounts.keys().map(String::as_str);
        self.check_name("account", account, self.set.accounts.contains_key(account), known, notes);
        let document = &self.set.accounts.get(account)?.document;
        Some(Holder {
            account: AccountId(self.ids.get::<AccountDocument>(account)),
            destination: self.destination(account, document, notes),
        })
    }

    fn destination(&self, name: &str, account: &AccountDocument, notes: &Notes<'_>) -> Destination {
        let (webhook, sessions) = (account.webhook.is_some(), account.smpp.is_some());
        let word = self.document.deliver_to;
        let lacks = |what: &str| {
            notes.wrong(
                format_args!("the account '{name}' has no {what}"),
                "declare it, or another deliver_to",
            );
        };
        if matches!(word, Some(DestinationWord::Webhook | DestinationWord::Both)) && !webhook {
            lacks("webhook");
        }
        if matches!(word, Some(DestinationWord::Sessions | DestinationWord::Both)) && !sessions {
            lacks("login for SMPP sessions");
        }
        match word {
            Some(DestinationWord::Webhook) => Destination::Webhook,
            Some(DestinationWord::Sessions) => Destination::Sessions,
            Some(DestinationWord::Both) => Destination::Both,
            Some(DestinationWord::List) => Destination::List,
            None if webhook => Destination::Webhook,
            None if sessions => Destination::Sessions,
            None => Destination::List,
        }
    }

    fn check_name<'n>(
        &self,
        kind: &str,
        name: &str,
        is_known: bool,
        known: impl Iterator<Item = &'n str>,
        notes: &Notes<'_>,
    ) {
        if !is_known {
            let meant = suggest(name, known);
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean '{meant}'?"));
            notes.wrong(format_args!("there is no {kind} '{name}'"), meant);
        }
    }
}
