//! The frame of every page: who looks, where they are, where they can go, and how they like things written.

use crate::assets;
use crate::icons;
use crate::preferences::{Preferences, Theme};
use crate::texts::{Language, fill};
use crate::visitor::Who;
use crate::when::{self, Plain};
use crate::words::{self, Badge};
use jiff::Timestamp;

/// A page of the navigation.
pub(crate) struct Place {
    /// Its name, in paths and as an icon.
    pub(crate) name: &'static str,
    /// The letter that leads there after `g`.
    pub(crate) letter: char,
    /// What somebody needs to see it.
    needs: &'static str,
}

const fn place(name: &'static str, letter: char, needs: &'static str) -> Place {
    Place { name, letter, needs }
}

/// The pages of the navigation, in its order. What belongs together stands together: messages; what is sent to many; applications;
/// carriers; customers; the gateway itself.
const GROUPS: [&[Place]; 6] = [
    &[
        place("live", 'l', "read_status"),
        place("messages", 'm', "read_messages"),
        place("inbox", 'i', "read_conversations"),
        place("compose", 'c', "send_messages"),
    ],
    &[
        place("campaigns", 'y', "read_messages"),
        place("broadcasts", 'b', "read_messages"),
        place("contacts", 'k', "read_messages"),
        place("templates", 'd', "read_messages"),
        place("opt-outs", 'o', "read_consent"),
    ],
    &[
        place("appointments", 'j', "read_messages"),
        place("verifications", 'z', "read_messages"),
        place("alerts", 'w', "read_messages"),
        place("automation", 't', "read_configuration"),
    ],
    &[
        place("upstreams", 'u', "read_configuration"),
        place("routes", 'r', "read_configuration"),
        place("numbers", 'n', "read_configuration"),
        place("quality", 'q', "read_configuration"),
        place("held", 'v', "read_messages"),
        place("unmatched", 'x', "read_unmatched"),
    ],
    &[
        place("accounts", 'a', "read_accounts"),
        place("reports", 'e', "read_reports"),
        place("tariffs", 'f', "read_prices"),
    ],
    &[
        place("users", 'p', "read_users"),
        place("audit", 'h', "read_audit"),
        place("system", 's', "read_system"),
    ],
];

/// The names of the pages of the navigation, as their paths have them.
pub fn places() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().flatten().map(|place| place.name)
}

/// What every page has.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) who: Option<Who>,
    pub(crate) liked: Preferences,
    /// The place in the navigation.
    pub(crate) place: &'static str,
    /// The title, in the language of the page.
    pub(crate) title: String,
    /// The path and query of this page.
    pub(crate) here: String,
    pub(crate) now: Timestamp,
    /// What was just done.
    pub(crate) notice: Option<String>,
}

impl Frame {
    /// The places that whoever looks may see.
    pub(crate) fn places(&self) -> impl Iterator<Item = &'static Place> {
        self.groups().into_iter().flatten()
    }

    /// The same as they stand together.
    pub(crate) fn groups(&self) -> Vec<Vec<&'static Place>> {
        let seen =
            |group: &'static [Place]| group.iter().filter(|place| self.sees(place)).collect::<Vec<_>>();
        GROUPS.into_iter().map(seen).filter(|group| !group.is_empty()).collect()
    }

    fn sees(&self, place: &Place) -> bool {
        let is_theirs = match place.name {
            // Prices of all are nothing for whoever sees one account.
            "tariffs" => self.sees_all(),
            // They belong to accounts: a user names one, an administrator's key has none.
            "templates" | "campaigns" | "contacts" | "alerts" | "broadcasts" | "appointments"
            | "verifications" => !self.sees_all() || self.is_user(),
            _ => true,
        };
        is_theirs && self.may(place.needs)
    }

    /// What was just done, by the word that an action leads back with.
    pub(crate) fn done(&self, word: &str) -> Option<&str> {
        Some(match word {
            "canceled" => self.t("The message was taken back."),
            "sent" => self.t("The message was accepted."),
            "replied" => self.t("The answer was accepted."),
            "noted" => self.t("The note was added."),
            "enabled" => self.t("The upstream is enabled."),
            "disabled" => self.t("The upstream is disabled."),
            "added" => self.t("It holds from now on."),
            "lifted" => self.t("It was lifted."),
            "changed" => self.t("It was changed."),
            "password" => self.t("The password was changed."),
            "codes" => self.t("One-time codes are in use from now on."),
            "session" => self.t("The session was ended."),
            "imported" => self.t("The tariff is in force."),
            "deleted" => self.t("It was deleted."),
            "approved" => self.t("It was approved."),
            "armed" => self.t("It is armed: launch it when it is needed."),
            "launched" => self.t("It was launched: somebody else must approve it within 15 minutes."),
            "stopped" => self.t("It was stopped: nothing more leaves."),
            "paused" => self.t("It is paused from now on."),
            "run-launched" => self.t("It was launched."),
            "resumed" => self.t("It goes on."),
            "run-canceled" => self.t("Nothing more is handed in, and messages that wait are canceled."),
            "tested" => self.t("The test was sent."),
            "recipients" => self.t("The recipients were added."),
            "replayed" => self.t("It is told again."),
            "rebound" => self.t("Its links are bound anew."),
            "released" => self.t("What was held goes on."),
            "held-canceled" => self.t("What was held was canceled."),
            "moved" => self.t("It has another time. Its reminders begin anew."),
            "made" => self.t("It was made."),
            "prepared" => self.t("It is prepared as a campaign. Nothing is sent until it is launched."),
            "cleared" => self.t("What was known against the number is forgotten."),
            "withdrawn" => self.t("It was canceled."),
            "nothing-waits" => self.t("Nothing waits for an answer."),
            "code-sent" => self.t("The code was sent."),
            "code-waits" => self.t("Nothing was sent: a code is on its way, or may be sent again later."),
            "import-applied" => self.t("Contacts are being changed."),
            "import-undone" => self.t("Contacts become what they were."),
            "right" => self.t("The code is right."),
            "wrong" => self.t("The code is wrong."),
            "topped-up" => self.t("The balance was topped up."),
            "corrected" => self.t("The balance was corrected."),
            _ => return None,
        })
    }

    /// Whether whoever looks sees all accounts.
    pub(crate) fn sees_all(&self) -> bool {
        self.who.as_ref().is_some_and(Who::sees_all)
    }

    /// A text of the console in the language of the page.
    pub(crate) fn t<'t>(&self, english: &'t str) -> &'t str {
        self.liked.language.text(english)
    }

    /// A text with one value in it.
    #[expect(clippy::needless_pass_by_value, reason = "templates pass values and references")]
    pub(crate) fn t1(&self, english: &str, value: impl ToString) -> String {
        fill(self.t(english), &[&value.to_string()])
    }

    /// A text with two values in it.
    #[expect(clippy::needless_pass_by_value, reason = "templates pass values and references")]
    pub(crate) fn t2(&self, english: &str, one: impl ToString, other: impl ToString) -> String {
        fill(self.t(english), &[&one.to_string(), &other.to_string()])
    }

    /// The name of a place.
    pub(crate) fn label(&self, place: &str) -> &str {
        match place {
            "live" => self.t("Live"),
            "messages" => self.t("Messages"),
            "compose" => self.t("Compose"),
            "templates" => self.t("Templates"),
            "campaigns" => self.t("Campaigns"),
            "contacts" => self.t("Contacts"),
            "broadcasts" => self.t("Broadcasts"),
            "inbox" => self.t("Inbox"),
            "alerts" => self.t("Alerts"),
            "appointments" => self.t("Appointments"),
            "verifications" => self.t("Verifications"),
            "upstreams" => self.t("Upstreams"),
            "routes" => self.t("Routes"),
            "numbers" => self.t("Numbers"),
            "automation" => self.t("Automation"),
            "opt-outs" => self.t("Opt-outs"),
            "accounts" => self.t("Accounts"),
            "reports" => self.t("Reports"),
            "tariffs" => self.t("Tariffs"),
            "quality" => self.t("Quality"),
            "held" => self.t("Held messages"),
            "unmatched" => self.t("Unmatched receipts"),
            "users" => self.t("Users"),
            "audit" => self.t("Audit log"),
            "system" => self.t("Nodes and system"),
            _ => "",
        }
    }

    /// Whether whoever looks may do this.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.who.as_ref().is_some_and(|who| who.may(permission))
    }

    /// Whether whoever looks has signed in by name and password.
    pub(crate) fn is_user(&self) -> bool {
        self.who.as_ref().is_some_and(Who::is_user)
    }

    /// The roles of users, with their names.
    pub(crate) fn roles(&self) -> [(&'static str, &str); 6] {
        ["owner", "operator", "support", "billing", "author", "customer"].map(|role| (role, self.role(role)))
    }

    /// The name of a role.
    pub(crate) fn role<'t>(&'t self, role: &'t str) -> &'t str {
        match role {
            "owner" => self.t("Owner"),
            "operator" => self.t("Operator"),
            "support" => self.t("Support"),
            "billing" => self.t("Billing"),
            "author" => self.t("Author"),
            "customer" => self.t("Customer"),
            other => other,
        }
    }

    /// Where something is declared.
    pub(crate) fn origin(&self, origin: &str) -> &str {
        if origin == "file" { self.t("the file") } else { self.t("the store") }
    }

    /// The kind of whoever did something.
    pub(crate) fn actor<'t>(&'t self, kind: &'t str) -> &'t str {
        match kind {
            "administrator" => self.t("Administrator's key"),
            "account" => self.t("Account's key"),
            "user" => self.t("User"),
            "system" => self.t("Gateway"),
            _ => self.t("Stranger"),
        }
    }

    pub(crate) fn language(&self) -> &'static str {
        self.liked.language.tag()
    }

    pub(crate) fn direction(&self) -> &'static str {
        self.liked.language.direction()
    }

    pub(crate) fn theme(&self) -> &'static str {
        self.liked.theme.word()
    }

    pub(crate) fn themes(&self) -> [(&'static str, &str); 3] {
        Theme::ALL.map(|theme| {
            let label = match theme {
                Theme::System => self.t("As the system"),
                Theme::Light => self.t("Light"),
                Theme::Dark => self.t("Dark"),
            };
            (theme.word(), label)
        })
    }

    pub(crate) fn languages(&self) -> [(&'static str, &'static str); 3] {
        Language::ALL.map(|language| (language.tag(), language.name()))
    }

    pub(crate) fn zone(&self) -> &str {
        self.liked.zone.iana_name().unwrap_or("UTC")
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    pub(crate) fn icon(&self, name: &str) -> String {
        icons::icon(name)
    }

    /// A text of the gateway as HTML, with what stands in backticks as code.
    pub(crate) fn marked(&self, text: &str) -> String {
        let mut marked = String::with_capacity(text.len() + 32);
        for (place, piece) in text.split('`').enumerate() {
            let piece = escaped(piece);
            marked.push_str(&if place % 2 == 1 { format!("<code>{piece}</code>") } else { piece });
        }
        marked
    }

    /// The state of a message.
    pub(crate) fn state(&self, state: &str) -> Badge {
        words::state(state, self.liked.language)
    }

    /// A time of the API from now: `12 s ago`.
    pub(crate) fn ago(&self, at: &str) -> String {
        when::read(at).map_or_else(|| at.to_owned(), |at| when::relative(at, self.now, &self.liked))
    }

    /// A time of the API as a time of day, or a date if it is far away.
    pub(crate) fn at(&self, at: &str) -> String {
        let short = |at| self.apart(when::short(at, self.now, &self.liked.zone));
        when::read(at).map_or_else(|| at.to_owned(), short)
    }

    /// A date with its parts in their order, also in a text that is written from right to left.
    fn apart(&self, written: String) -> String {
        match self.direction() {
            "rtl" => format!("\u{2066}{written}\u{2069}"),
            _ => written,
        }
    }

    /// A time of the API, exactly.
    pub(crate) fn exactly(&self, at: &str) -> String {
        when::read(at).map_or_else(|| at.to_owned(), |at| self.apart(when::exact(at, &self.liked.zone)))
    }

    pub(crate) fn number(&self, value: impl Plain<u64>) -> String {
        when::number(value.plain(), self.liked.language)
    }

    pub(crate) fn decimal(&self, value: impl Plain<f64>) -> String {
        when::decimal(value.plain(), self.liked.language)
    }

    /// A share in percent, with a tenth: `97.3 %`.
    pub(crate) fn percent(&self, part: impl Plain<u64>, of: impl Plain<u64>) -> String {
        when::percent(part.plain(), of.plain(), self.liked.language)
    }

    /// An amount of the API, as the language writes numbers.
    pub(crate) fn amount(&self, amount: &str) -> String {
        when::amount(amount, self.liked.language)
    }

    pub(crate) fn length(&self, seconds: impl Plain<u64>) -> String {
        when::length(seconds.plain(), self.liked.language)
    }
}

/// A text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&#38;"),
            '<' => escaped.push_str("&#60;"),
            '>' => escaped.push_str("&#62;"),
            '"' => escaped.push_str("&#34;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_stands_in_backticks_is_code_and_nothing_is_html() {
        let frame = Frame {
            who: None,
            liked: Preferences::default(),
            place: "",
            title: String::new(),
            here: String::new(),
            now: Timestamp::UNIX_EPOCH,
            notice: None,
        };
        assert_eq!(frame.marked("run `a <b>` & see"), "run <code>a &#60;b&#62;</code> &#38; see");
        assert!(frame.places().next().is_none(), "nobody has signed in");
    }

    #[test]
    fn every_place_has_a_letter_of_its_own_and_a_name() {
        let letters: BTreeSet<char> = GROUPS.into_iter().flatten().map(|place| place.letter).collect();
        assert_eq!(letters.len(), places().count());
        assert!(!letters.contains(&'g'), "it comes before the others");
    }
}
