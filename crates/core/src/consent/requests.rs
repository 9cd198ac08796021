//! What a number makes of the requests that handsets send to it: to opt out, to opt in, and for help.

use super::change::{Change, Kind, Scope, Source};
use super::keywords::{Intent, Request, recognise};
use crate::account::AccountId;
use crate::id::MessageId;
use crate::inbound::Inbound;
use crate::number::Number;
use crate::numbers::{Numbers, OwnNumber};
use crate::route::UpstreamId;
use crate::sender::Sender;
use crate::time::Time;
use std::collections::BTreeMap;

/// The messages that STOP ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// All of the number's account. Where accounts share the number by keyword: all from this number, whosever they are.
    #[default]
    Account,
    /// Those of the number's account that are from this number.
    Sender,
    /// Those of all accounts.
    All,
    /// None: somebody else sees to it, such as the carrier.
    Nothing,
}

/// The texts of a language by which requests are answered. An empty text is no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The confirmation of STOP.
    pub stop: Option<Box<str>>,
    /// The confirmation of START.
    pub start: Option<Box<str>>,
    /// The answer to HELP.
    pub help: Option<Box<str>>,
}

/// What becomes of requests that are sent to a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// The messages that STOP ends.
    pub reach: Reach,
    /// The language of answers to international words such as STOP (ISO 639-1); English if empty.
    pub language: Box<str>,
    /// The number's own texts, by language.
    pub answers: BTreeMap<Box<str>, Answers>,
}

/// What is to be done about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// What was asked for.
    pub intent: Intent,
    /// The changes that it makes; none if what is asked for holds already.
    pub changes: Vec<Change>,
    /// The answer to the handset, if it gets one.
    pub answer: Option<Answer>,
}

/// The answer to a handset: an ordinary message, from the number that was written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The account that sends it.
    pub account: AccountId,
    /// The handset.
    pub to: Number,
    /// The number that was written to.
    pub from: Sender,
    /// The text; `{name}` stands for the account's name.
    pub text: Box<str>,
}

/// A message from a handset, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The upstream that brought it.
    pub upstream: UpstreamId,
    /// Its identifier.
    pub id: MessageId,
    /// When it came.
    pub at: Time,
    /// The message.
    pub inbound: &'a Inbound,
}

/// The response to a message from a handset, if the message is a request. `holds` says what holds now; `identify` gives
/// identifiers to changes.
pub fn respond(
    asking: Asking<'_>,
    numbers: &Numbers,
    holds: impl Fn(Number, &Scope) -> bool,
    mut identify: impl FnMut() -> MessageId,
) -> Option<Response> {
    let request = recognise(asking.inbound.text()?)?;
    let Some(Sender::Number(handset)) = asking.inbound.from.understood else { return None };
    let sender = asking.inbound.to.understood.as_ref()?;
    let declared = numbers.declared(asking.upstream, &asking.inbound.to);
    let account = meant(&request, declared, sender)?;
    let requests = declared.map(|number| &number.consent);
    let reach = requests.map_or_else(Reach::default, |requests| requests.reach);
    if reach == Reach::Nothing {
        return None;
    }
    let is_shared = declared.is_some_and(|number| !number.keywords.is_empty()) && request.argument.is_none();
    let stop = stopped(reach, account.filter(|_| !is_shared), sender);
    let changed: Vec<Scope> = match request.intent {
        Intent::Stop => [stop].into_iter().filter(|scope| !holds(handset, scope)).collect(),
        Intent::Start => wider(account, sender).into_iter().filter(|scope| holds(handset, scope)).collect(),
        Intent::Help => Vec::new(),
    };
    // What holds already was confirmed, and nothing follows the confirmation.
    let is_answered = request.intent == Intent::Help || !changed.is_empty();
    let answering = account.or_else(|| declared.and_then(any_account)).filter(|_| is_answered);
    let text = answering.and_then(|_| text(requests, &request));
    let answer = answering.zip(text).map(|(account, text)| Answer {
        account,
        to: handset,
        from: sender.clone(),
        text,
    });
    let change = |scope: Scope| Change {
        id: identify(),
        at: asking.at,
        number: handset,
        scope,
        holds: request.intent == Intent::Stop,
        source: Source::Keyword,
        reason: Some(request.keyword.into()),
        by: None,
        inbound: Some(asking.id),
        obtained: None,
        shown: None,
        proof: None,
    };
    Some(Response { intent: request.intent, changes: changed.into_iter().map(change).collect(), answer })
}

/// The account that is meant: the one of the keyword behind the request, or else the number's. `None` if the text is no
/// request to this number: the word behind it says nothing here.
#[expect(
    clippy::option_option,
    reason = "no request, a request to nobody in particular, and one to an account"
)]
fn meant(request: &Request, declared: Option<&OwnNumber>, sender: &Sender) -> Option<Option<AccountId>> {
    let holder = declared.and_then(|number| number.holder).map(|holder| holder.account);
    let Some(argument) = request.argument.as_deref() else { return Some(holder) };
    if let Some(holder) = declared.and_then(|number| number.keywords.get(argument)) {
        return Some(Some(holder.account));
    }
    // `STOP 60006`, sent to 60006.
    let is_own = *super::folded(sender) == *argument;
    is_own.then_some(holder)
}

/// Some account that has a keyword of the number.
fn any_account(number: &OwnNumber) -> Option<AccountId> {
    number.keywords.values().map(|holder| holder.account).min()
}

/// The scope of a STOP.
fn stopped(reach: Reach, account: Option<AccountId>, sender: &Sender) -> Scope {
    match (reach, account) {
        (Reach::All, _) => Scope::opt_out(None, None),
        (Reach::Account, Some(account)) => Scope::opt_out(Some(account), None),
        (_, account) => Scope::opt_out(account, Some(sender)),
    }
}

/// All scopes that START lifts: whatever keeps messages of the account, or from the number, from the handset, and that the
/// handset may have asked for itself.
fn wider(account: Option<AccountId>, sender: &Sender) -> Vec<Scope> {
    let of = |account| [Scope::opt_out(account, Some(sender)), Scope::opt_out(account, None)];
    let accounts = account.map(Some).into_iter().chain([None]);
    let scopes = accounts.flat_map(of);
    scopes.inspect(|scope| debug_assert_eq!(scope.kind, Kind::OptOut)).collect()
}

/// The text of the answer: the number's own in the keyword's language, in the number's, or the built-in one.
fn text(requests: Option<&Requests>, request: &Request) -> Option<Box<str>> {
    let preferred = requests.map(|requests| &*requests.language).filter(|language| !language.is_empty());
    // The English words are international.
    let language = if request.language == "en" { preferred.unwrap_or("en") } else { request.language };
    let own = |language: &str| {
        let answers = requests?.answers.get(language)?;
        match request.intent {
            Intent::Stop => answers.stop.clone(),
            Intent::Start => answers.start.clone(),
            Intent::Help => answers.help.clone(),
        }
    };
    let built_in = |language: &str| super::answers::built_in(language, request.intent).map(Box::from);
    let fallback = preferred.unwrap_or("en");
    let text = own(language).or_else(|| own(fallback).filter(|_| built_in(language).is_none()));
    let text = text.or_else(|| built_in(language)).or_else(|| own(fallback)).or_else(|| built_in(fallback));
    text.or_else(|| built_in("en")).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
