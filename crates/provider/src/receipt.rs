//! Receipts, and what a provider says when it is asked.

use crate::node::Node;
use crate::preset::StateWord;
use crate::provider::{Places, Provider};
use crate::request::{Outgoing, Surroundings, Unwritable, add_header, append_query, url};
use crate::template::{Scope, Template};
use crate::tree::{self, shown};
use postrider_core::receipt::{Report, Reported};
use std::collections::BTreeMap;

/// The most characters of an unknown state or code that are kept.
const WORD_MAX: usize = 40;

/// What a receipt says.
pub(crate) struct Said<'a> {
    pub(crate) states: &'a BTreeMap<String, StateWord>,
    /// The words for the state.
    pub(crate) words: &'a [String],
    /// The code of an error.
    pub(crate) error: Option<String>,
}

/// A report of what a receipt says.
pub(crate) fn report(reference: Box<str>, recipient: Option<&str>, said: Said<'_>) -> Report {
    let reported = reported(said.states, said.words);
    let word = said.words.join(" ");
    let error = said.error.filter(|error| !matches!(&**error, "" | "0" | "000"));
    let error = match reported {
        Reported::Delivered => None,
        Reported::Underway => error,
        Reported::Unclear => Some(format!("state {word}")),
        _ => error.or(Some(word).filter(|word| !word.is_empty())),
    };
    let digits = recipient.map(|text| text.chars().filter(char::is_ascii_digit).collect::<String>());
    let error = error
        .map(|error| error.chars().filter(|c| !c.is_control()).take(WORD_MAX).collect::<String>().into());
    Report {
        reference,
        also: None,
        between: [digits.and_then(|digits| digits.parse().ok()), None],
        reported,
        error,
    }
}

/// The state that words mean: all of them together, or else the first ones.
fn reported(states: &BTreeMap<String, StateWord>, words: &[String]) -> Reported {
    let known =
        (1..=words.len()).rev().find_map(|count| states.get(&words[..count].join(" ").to_lowercase()));
    match known {
        Some(StateWord::Underway) => Reported::Underway,
        Some(StateWord::Delivered) => Reported::Delivered,
        Some(StateWord::Undelivered) => Reported::Undelivered,
        Some(StateWord::Expired) => Reported::Expired,
        Some(StateWord::Deleted) => Reported::Deleted,
        Some(StateWord::Rejected) => Reported::Rejected,
        Some(StateWord::Unknown) => Reported::Unknown,
        None => Reported::Unclear,
    }
}

impl Provider {
    /// The request that asks what became of the message with this name; `None` if the provider can't be asked.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn inquiry(&self, name: &str, around: &Surroundings<'_>) -> Option<Result<Outgoing, Unwritable>> {
        self.preset.inquiry.as_ref()?;
        Some(self.written_inquiry(name, around))
    }

    fn written_inquiry(&self, name: &str, around: &Surroundings<'_>) -> Result<Outgoing, Unwritable> {
        let Some(form) = &self.preset.inquiry else { return Err(Unwritable::Content) };
        let mut places: Places<'_> = self.places(None, around);
        places.computed.push(("own_reference", name.to_owned()));
        self.question((&form.url, form.query.as_ref(), &form.headers), &places)
    }

    /// A request without a body, authorized as those are that hand messages in.
    pub(crate) fn question(
        &self,
        (at, query, headers): (&Template, Option<&Node>, &BTreeMap<Box<str>, Template>),
        places: &Places<'_>,
    ) -> Result<Outgoing, Unwritable> {
        let mut request =
            Outgoing { method: "GET".into(), url: url(at, places)?, headers: Vec::new(), body: None };
        let scope: &dyn Scope = places;
        let each = [scope];
        if let Some(query) = query.and_then(|node| node.render(&each)) {
            append_query(&mut request.url, &query);
        }
        for (name, template) in headers {
            add_header(&mut request, name, template, places)?;
        }
        self.authorize(&self.preset.request, places, &mut request)?;
        Ok(request)
    }

    /// What the answer to an inquiry says; `None` if it says nothing that is known.
    #[must_use]
    pub fn replied(&self, name: &str, body: &[u8]) -> Option<Report> {
        let form = self.preset.inquiry.as_ref()?;
        let tree = tree::read(form.format, body)?;
        let text = |path: &crate::path::Path| path.first(&tree).and_then(shown);
        let words: Vec<String> = form.state.iter().filter_map(text).collect();
        let error = form.error.iter().find_map(text);
        let report = report(name.into(), None, Said { states: &self.preset.states, words: &words, error });
        (report.reported != Reported::Unclear).then_some(report)
    }
}
