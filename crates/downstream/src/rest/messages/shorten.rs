//! Short links in messages that ask for them.

use super::request::Item;
use crate::rest::Rest;
use crate::rest::problem::Problem;
use postrider_apps::link::Shortened;
use postrider_core::account::Account;
use postrider_core::contract::{Prepared, StoreError};
use postrider_core::message::Body;
use postrider_core::submission::{Refusal, Submission};

/// A message whose addresses are replaced by links if it asks for that, and these links.
pub(super) async fn shortened(
    rest: &Rest,
    Item { submission, shorten_links }: Item,
) -> Result<(Submission, Option<Shortened>), Problem> {
    let mut submission = submission?;
    let (true, Some(Body::Text(text))) = (shorten_links, &mut submission.body) else {
        return Ok((submission, None));
    };
    let links = rest.apps.links.shorten(text).await?;
    *text = links.text.as_str().into();
    Ok((submission, Some(links)))
}

/// The same, as long as it will be, with links that lead nowhere.
pub(super) fn as_long(rest: &Rest, Item { submission, shorten_links }: Item) -> Result<Submission, Problem> {
    let mut submission = submission?;
    if let (true, Some(Body::Text(text))) = (shorten_links, &mut submission.body) {
        *text = rest.apps.links.as_long(text)?.into();
    }
    Ok(submission)
}

/// Keeps the links of those messages that are to be made durable.
pub(super) async fn keep(
    rest: &Rest,
    account: &Account,
    links: Vec<Option<Shortened>>,
    results: &[Result<Prepared, Refusal>],
) -> Result<(), StoreError> {
    let of_message = |(links, result): (Option<Shortened>, &Result<Prepared, Refusal>)| {
        let message = &result.as_ref().ok()?.message;
        Some((message.id, message.to, message.due, links?))
    };
    let kept: Vec<_> = links.into_iter().zip(results).filter_map(of_message).collect();
    match kept.is_empty() {
        true => Ok(()),
        false => rest.apps.links.keep(account.id, kept).await,
    }
}
