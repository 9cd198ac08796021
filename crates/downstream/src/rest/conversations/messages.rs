//! The messages of a conversation: those of both directions in one list.

use super::find;
use super::view::ConversationView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Reader;
use crate::rest::messages::MessageView;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{ReceivedView, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Entry, Filter, InboundFilter, Page};
use postrider_core::conversation::Ends;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most messages of one page.
const PAGE_MAX: usize = 500;
/// The default number of messages of a page.
const PAGE: usize = 50;

/// A page of a thread.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ThreadQuery {
    /// The most messages of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// `all`: with the messages of the handset with all numbers of the account, each of which says its own. Default: those of the
    /// conversation's number.
    numbers: Option<String>,
}

/// A page of the messages of a conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationMessages)]
pub(in crate::rest) struct ThreadPage<'a> {
    /// The conversation.
    conversation: ConversationView<'a>,
    /// The messages of both directions, the newest first.
    messages: Vec<ThreadLine<'a>>,
    /// The `cursor` of the next page; absent if this is the last. A page that isn't the last may have fewer messages than `limit`, or
    /// none: the gateway looks through so many at once, and the search goes on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A message of a conversation.
#[derive(Serialize, ToSchema)]
#[serde(tag = "direction", rename_all = "snake_case")]
#[schema(as = ConversationMessage)]
pub(in crate::rest) enum ThreadLine<'a> {
    /// From the handset.
    In(#[schema(inline)] Box<ReceivedView<'a>>),
    /// To the handset.
    Out(#[schema(inline)] Box<MessageView<'a>>),
}

/// Lists the messages of a conversation, of both directions, the newest first.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", operation_id = "listConversationMessages", tag = "messages",
    params(("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$"), ThreadQuery),
    responses(
        (status = 200, description = "A page of messages.", body = ThreadPage),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn thread(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default())?;
    let (conversation, _) = find(&rest, caller.viewer(), &id).await?;
    let limit = asked.limit;
    let thread = Thread::read(&rest, &conversation.ends, asked).await?;
    let rules = rest.live.rules();
    let view = ConversationView::of(&conversation, &rules, caller.viewer());
    let (messages, next) = thread.lines(limit, &rules, caller.viewer());
    Ok(json(StatusCode::OK, &ThreadPage { conversation: view, messages, next }))
}

/// What a page is asked for with.
#[derive(Clone, Copy)]
struct Asked {
    /// How many messages it has.
    limit: usize,
    /// Before which one they are.
    before: Option<MessageId>,
    /// Whether they are those with all numbers of the account.
    all_numbers: bool,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked = Self { limit: PAGE, before: None, all_numbers: false };
        for (name, value) in query::pairs(query, &["limit", "cursor", "numbers"])? {
            match name.as_str() {
                "limit" => asked.limit = query::limit(&value, PAGE_MAX)?,
                "numbers" if value == "all" => asked.all_numbers = true,
                "numbers" => return Err(query::wrong(&name, "write 'all', or leave it out")),
                _ => {
                    let wrong = |_| query::wrong(&name, "invalid cursor: use the 'next' of a page");
                    asked.before = Some(value.parse().map_err(wrong)?);
                }
            }
        }
        Ok(asked)
    }
}

/// What was found of a conversation's messages, each direction the newest first.
struct Thread {
    received: Vec<Arc<Received>>,
    sent: Page,
    /// Whether more from the handset may follow.
    has_more_received: bool,
}

impl Thread {
    async fn read(rest: &Rest, ends: &Ends, asked: Asked) -> Result<Self, Problem> {
        let Asked { limit, before, all_numbers } = asked;
        let viewer = Viewer::Account(ends.account);
        let (from, to) = (Some(ends.handset.clone()), Some(ends.number.clone()).filter(|_| !all_numbers));
        // One more than requested shows whether there is another page.
        let filter = InboundFilter { from, to, before, ..InboundFilter::all(viewer, limit + 1) };
        let received = rest.archive.inbound(filter).await?;
        let has_more_received = received.len() > limit;
        // Where either end is no number that messages can go to, none went there.
        let (to, sender) = (Number::parse(&ends.handset), Sender::parse(&ends.number));
        let sent = match (to, sender) {
            (Ok(to), sender) if sender.is_ok() || all_numbers => {
                let sender = sender.ok().filter(|_| !all_numbers);
                rest.archive
                    .list(Filter { to: Some(to), sender, before, ..Filter::all(viewer, limit) })
                    .await?
            }
            _ => Page::default(),
        };
        Ok(Self { received, sent, has_more_received })
    }

    /// The lines of a page of so many, and where the next one begins. Where one direction was looked through less far than the
    /// other, the page ends there.
    fn lines<'a>(
        &'a self,
        limit: usize,
        rules: &Rules,
        viewer: Viewer,
    ) -> (Vec<ThreadLine<'a>>, Option<String>) {
        let received = self.received.iter().map(|received| (received.id, Line::In(received)));
        let sent = self.sent.entries.iter().map(|entry| (entry.message.id, Line::Out(entry)));
        let mut lines: Vec<(MessageId, Line<'a>)> = received.chain(sent).collect();
        lines.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let oldest_received = self.received.last().filter(|_| self.has_more_received).map(|it| it.id);
        let reach = self.sent.next.max(oldest_received);
        if let Some(reach) = reach {
            lines.retain(|(id, _)| *id >= reach);
        }
        let is_cut = lines.len() > limit;
        lines.truncate(limit);
        let next = if is_cut { lines.last().map(|(id, _)| *id) } else { reach };
        let lines = lines.into_iter().map(|(_, line)| line.view(rules, viewer)).collect();
        (lines, next.map(|next| next.to_string()))
    }
}

/// A message of a thread.
enum Line<'a> {
    In(&'a Received),
    Out(&'a Entry),
}

impl<'a> Line<'a> {
    fn view(self, rules: &Rules, viewer: Viewer) -> ThreadLine<'a> {
        match self {
            Self::In(received) => ThreadLine::In(Box::new(ReceivedView::of(received, rules, viewer))),
            Self::Out(entry) => ThreadLine::Out(Box::new(MessageView::of_entry(entry, rules, viewer))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{message, received, rules};
    use postrider_core::account::AccountId;
    use postrider_core::delivery::State as MessageState;

    fn thread(
        received_ids: &[u64],
        sent_ids: &[u64],
        sent_next: Option<u64>,
        limit: usize,
    ) -> (Vec<u64>, Option<String>) {
        let received = received_ids
            .iter()
            .map(|id| Arc::new(Received { id: MessageId::from_number(*id), ..received("in") }));
        let entry = |id: &u64| Entry {
            message: Arc::new(message(MessageId::from_number(*id))),
            state: MessageState::Delivered,
            outcome: None,
            possible_duplicate: false,
        };
        let thread = Thread {
            received: received.collect(),
            sent: Page {
                entries: sent_ids.iter().map(entry).collect(),
                next: sent_next.map(MessageId::from_number),
            },
            has_more_received: received_ids.len() > limit,
        };
        let account = crate::testing::account();
        let (lines, next) = thread.lines(limit, &rules(account), Viewer::Account(AccountId(1)));
        let id = |line: &ThreadLine<'_>| {
            let line = serde_json::to_value(line).unwrap();
            assert!(["in", "out"].contains(&line["direction"].as_str().unwrap()));
            line["id"].as_str().unwrap().parse().unwrap()
        };
        (lines.iter().map(id).collect(), next)
    }

    #[test]
    fn both_directions_are_one_list() {
        assert_eq!(thread(&[9, 5], &[7, 3], None, 9), (vec![9, 7, 5, 3], None));
        assert_eq!(thread(&[9, 5], &[7, 3], None, 3), (vec![9, 7, 5], Some("5".into())));
        assert_eq!(thread(&[], &[], None, 3), (vec![], None));
    }

    #[test]
    fn a_page_ends_where_one_direction_was_not_looked_through() {
        assert_eq!(thread(&[9, 2, 1], &[7], Some(6), 2), (vec![9, 7], Some("6".into())));
        assert_eq!(thread(&[9, 2], &[], Some(6), 9), (vec![9], Some("6".into())));
        assert_eq!(thread(&[9, 8, 7], &[3], None, 2), (vec![9, 8], Some("8".into())));
    }
}
