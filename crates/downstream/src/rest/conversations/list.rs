//! Lists of conversations, a page at a time.

use super::change::check_name;
use super::view::{ConversationView, StateWord};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{moment, query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::ConversationFilter;
use postrider_core::conversation::{Conversation, ConversationState};
use postrider_core::id::MessageId;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most conversations of one page.
const PAGE_MAX: usize = 500;
/// The default number of conversations of a page.
const PAGE: usize = 50;

/// The filter of a list. All conditions must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ConversationsQuery {
    /// The state.
    #[param(value_type = Option<StateWord>)]
    state: Option<String>,
    /// The assignee. Empty: assigned to nobody.
    assignee: Option<String>,
    /// The handset. Write its `+` as `%2B`, or leave it out.
    handset: Option<String>,
    /// The account's number, short code or name.
    number: Option<String>,
    /// Handsets that have waited for an answer since this time, or longer.
    #[param(format = "date-time")]
    waiting_since: Option<String>,
    /// Whose `unread` each conversation has.
    person: Option<String>,
    /// `true`: only those that `person` hasn't read to their end.
    unread: Option<bool>,
    /// The account's name; administrators must give it.
    account: Option<String>,
    /// The most conversations of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of conversations.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationList)]
pub(in crate::rest) struct ConversationPage<'a> {
    /// The conversations, those that changed last first.
    conversations: Vec<ConversationView<'a>>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists conversations, those that changed last first.
#[utoipa::path(
    get, path = "/v1/conversations", operation_id = "listConversations", tag = "messages", params(ConversationsQuery),
    responses(
        (status = 200, description = "A page of conversations.", body = ConversationPage),
        (status = 400, description = "A filter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_conversations(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let (filter, person) = filter(query.as_deref().unwrap_or_default(), &caller, &rules)?;
    let limit = filter.limit;
    // One more than requested shows whether there is another page.
    let found = rest.archive.conversations(ConversationFilter { limit: limit + 1, ..filter }).await?;
    let page = found.get(..limit).unwrap_or(&found);
    let next = page.last().filter(|_| found.len() > limit).map(cursor);
    let view = |conversation| {
        let view = ConversationView::of(conversation, &rules, caller.viewer());
        view.for_person(conversation, person.as_deref())
    };
    let conversations = page.iter().map(view).collect();
    Ok(json(StatusCode::OK, &ConversationPage { conversations, next }))
}

/// Where the list goes on behind a conversation.
fn cursor(conversation: &Conversation) -> String {
    format!("{}-{}", conversation.updated.0, conversation.id)
}

fn behind(cursor: &str) -> Option<(Time, MessageId)> {
    let (updated, id) = cursor.split_once('-')?;
    Some((Time(updated.parse().ok()?), id.parse().ok()?))
}

/// The filter, and the person for whom it is shown what is unread.
fn filter(
    query: &str,
    caller: &Principal,
    rules: &Rules,
) -> Result<(ConversationFilter, Option<String>), Problem> {
    let mut filter = ConversationFilter::all(caller.viewer(), PAGE);
    let (mut person, mut is_unread) = (None, false);
    let known = [
        "state",
        "assignee",
        "handset",
        "number",
        "waiting_since",
        "person",
        "unread",
        "account",
        "limit",
        "cursor",
    ];
    for (name, value) in query::pairs(query, &known)? {
        let wrong = |detail: &str| query::wrong(&name, detail);
        match name.as_str() {
            "state" => {
                filter.state = Some(ConversationState::from_word(&value).ok_or_else(|| wrong(STATES))?);
            }
            "assignee" => filter.assignee = Some(value.into()),
            "handset" => filter.handset = Some(shown(&value)),
            "number" => filter.number = Some(shown(&value)),
            "waiting_since" => {
                filter.waiting_since = Some(moment::read(&value).map_err(|why| wrong(&why))?);
            }
            "person" => {
                check_name("person", &value)?;
                person = Some(value);
            }
            "unread" => is_unread = value.parse().map_err(|_| wrong("write true or false"))?,
            "limit" => filter.limit = query::limit(&value, PAGE_MAX)?,
            "cursor" => {
                let cursor = behind(&value);
                let cursor = cursor.ok_or_else(|| wrong("invalid cursor: use the 'next' of a page"))?;
                filter.behind = Some(cursor);
            }
            _ if caller.viewer() != Viewer::Everything => {
                return Err(wrong("only an administrator may list the conversations of another account"));
            }
            _ => {
                let account = rules.accounts().find(|account| *account.name == *value);
                let account = account.ok_or_else(|| wrong("there is no account of this name"))?;
                filter.viewer = Viewer::Account(account.id);
            }
        }
    }
    if filter.viewer == Viewer::Everything {
        return Err(query::wrong("account", "name the account whose conversations are to be listed"));
    }
    if is_unread {
        let by = person.as_deref().ok_or_else(|| query::wrong("unread", "name the person who reads"))?;
        filter.unread_by = Some(by.into());
    }
    Ok((filter, person))
}

const STATES: &str = "unknown state; the states are open, waiting, closed";

/// An address as conversations have it: a number with its plus sign.
pub(super) fn shown(address: &str) -> Box<str> {
    Sender::parse(address.trim()).map_or_else(|_| address.into(), |sender| sender.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::{AccountId, Permits};

    fn read(query: &str, caller: &Principal) -> Result<ConversationFilter, Box<str>> {
        filter(query, caller, &rules(account())).map(|(filter, _)| filter).map_err(|problem| problem.detail)
    }

    #[test]
    fn every_condition_arrives() {
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        let query = "state=waiting&assignee=ann&handset=447700900123&number=60006&limit=7&cursor=5-9\
                     &waiting_since=1970-01-01T00:00:07Z&person=ann&unread=true";
        let filter = read(query, &own).unwrap();
        assert_eq!((filter.state, filter.limit), (Some(ConversationState::Waiting), 7));
        assert_eq!(filter.assignee.as_deref(), Some("ann"));
        assert_eq!(
            (filter.handset.as_deref(), filter.number.as_deref()),
            (Some("+447700900123"), Some("60006"))
        );
        assert_eq!(filter.behind, Some((Time(5), MessageId::from_number(9))));
        assert_eq!(filter.waiting_since, Some(Time(7_000)));
        assert_eq!(filter.unread_by.as_deref(), Some("ann"));
        let root = Principal::administrator("root".into());
        assert_eq!(read("account=shop", &root).unwrap().viewer, Viewer::Account(AccountId(1)));
    }

    #[test]
    fn mistakes_are_told() {
        let own = Principal::account(Arc::new(account()), Permits::ALL);
        let root = Principal::administrator("root".into());
        for (query, caller, words) in [
            ("", &root, "name the account"),
            ("account=nobody", &root, "no account of this name"),
            ("account=shop", &own, "only an administrator"),
            ("state=done", &own, "the states are open, waiting, closed"),
            ("cursor=9", &own, "invalid cursor"),
            ("unread=true", &own, "name the person"),
            ("person=", &own, "1 to 64 octets"),
            ("limit=0", &own, "from 1 to 500"),
            ("waiting_since=yesterday", &own, "yesterday"),
        ] {
            let detail = read(query, caller).unwrap_err();
            assert!(detail.contains(words), "{query}: {detail}");
        }
    }
}
