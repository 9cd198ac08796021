//! Reads rules of automation, no two of which want the same message.

mod actions;
mod conditions;

use super::Ids;
use crate::account::AccountDocument;
use crate::document::Set;
use crate::mint::{hash_key, read_hash};
use crate::mistake::Notes;
use crate::rule::{EventWord, RuleDocument};
use crate::secret::Secrets;
use crate::set::Entry;
use crate::suggest::suggest;
use postrider_core::account::AccountId;
use postrider_core::automation::conflict::{Conflict, conflict};
use postrider_core::automation::{Automation, Rule, RuleId, SenderLimit};

/// The names that stand for something else in addresses.
const TAKEN: [&str; 1] = ["test"];

/// Everything that is declared of rules.
pub(super) fn read(set: &Set, ids: &Ids, notes: &Notes<'_>) -> Automation {
    let (mut rules, mut tokens): (Vec<Rule>, Vec<([u8; 32], RuleId)>) = (Vec::new(), Vec::new());
    for (name, entry) in &set.rules {
        let notes = notes.key(name);
        let Entry { document, secrets, .. } = &**entry;
        let reading = Reading { set, ids, document, notes: &notes };
        let rule = reading.rule();
        let token = reading.token(secrets);
        if !document.enabled {
            continue;
        }
        if let Some(token) = token {
            if tokens.iter().any(|(other, _)| *other == token) {
                notes.key("token").wrong("another rule has the same", "");
            }
            tokens.push((token, rule.id));
        }
        if let Some((other, both)) = rules.iter().find_map(|other| Some((other, conflict(&rule, other)?))) {
            tell(set, &notes, (&rule, other), &both);
        }
        rules.push(rule);
    }
    Automation::new(rules, tokens)
}

/// Notes what a rule and one before it both want.
fn tell(set: &Set, notes: &Notes<'_>, (rule, other): (&Rule, &Rule), both: &Conflict) {
    let help = "give one of them a lower order, or stop = false";
    let other_name = &other.name;
    let what = match both {
        Conflict::Keyword(word) => format!("the rule '{other_name}' has the same keyword '{word}'"),
        Conflict::Pattern => format!("a text may match the pattern of the rule '{other_name}' too"),
        Conflict::AnyText => format!("the rule '{other_name}' takes every text too"),
        Conflict::Event => format!("the rule '{other_name}' waits for the same event"),
        Conflict::NeverActs => {
            let (first, later) = if rule.order < other.order { (rule, other) } else { (other, rule) };
            // Answers of a menu lead to a rule, whatever it waits for.
            if set.rules.values().any(|entry| entry.document.leads_to(&later.name)) {
                return;
            }
            let (first, later) = (&first.name, &later.name);
            let what = format!(
                "the rule '{later}' never acts: '{first}' goes before it, and takes all that it waits for"
            );
            return notes.key("order").wrong(what, "give it a lower order, or the other one stop = false");
        }
    };
    notes.key("order").wrong(what, help);
}

/// One document, and what it is read with.
struct Reading<'a> {
    set: &'a Set,
    ids: &'a Ids,
    document: &'a RuleDocument,
    notes: &'a Notes<'a>,
}

impl Reading<'_> {
    fn rule(&self) -> Rule {
        let document = self.document;
        if TAKEN.contains(&&*document.name) {
            self.notes.wrong(format_args!("a rule can't be named '{}'", document.name), "write another name");
        }
        let known = self.set.accounts.contains_key(&document.account);
        let names = self.set.accounts.keys().map(String::as_str);
        check_name("account", &document.account, known, names, &self.notes.key("account"));
        let (when, then) = (self.when(), self.then());
        if document.limit == Some(0) {
            self.notes.key("limit").wrong("0 is out of range", "write 1 or more, or enabled = false");
        }
        Rule {
            id: RuleId(self.ids.get::<RuleDocument>(&document.name)),
            name: document.name.as_str().into(),
            account: AccountId(self.ids.get::<AccountDocument>(&document.account)),
            order: document.order,
            when,
            then,
            limit: document.limit.map(|most| SenderLimit { most, per: document.per.get() }),
        }
    }

    /// The SHA-256 of the token in its address.
    fn token(&self, secrets: &Secrets) -> Option<[u8; 32]> {
        let notes = self.notes.key("token");
        if self.document.when.event != EventWord::Called {
            if self.document.token.is_some() {
                notes.wrong("a token is of no use here", "leave it out, or write when.event = \"called\"");
            }
            return None;
        }
        let Some(text) = secrets.get("token") else {
            notes.wrong("the token is missing", "");
            return None;
        };
        if let Some(hash) = read_hash(text) {
            return Some(hash);
        }
        if !(20..=200).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            notes.wrong("the token is not 20 to 200 letters and digits", "");
        }
        Some(hash_key(text))
    }
}

/// Notes a name that nothing has.
fn check_name<'n>(
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

#[cfg(test)]
mod tests;
