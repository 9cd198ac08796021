//! Messages that ended undelivered, sent again as new messages.

use super::Stretch;
use crate::rest::Rest;
use crate::rest::media::hold;
use crate::rest::problem::Problem;
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, BulkDone, Decided, Filter, Once, Prepared};
use postrider_core::message::{Body, Message};
use postrider_core::rules::Rules;
use postrider_core::selector::Selector;
use postrider_core::submission::Submission;

/// Messages of one page.
const PAGE: usize = 100;

/// Sends messages of a selection again, or counts them.
pub(super) async fn resend(
    rest: &Rest,
    mut filter: Filter,
    selector: &Selector,
    stretch: &Stretch,
    rules: &Rules,
) -> Result<BulkDone, Problem> {
    let mut result = BulkDone::default();
    filter.limit = PAGE;
    for _ in 0..stretch.most.div_ceil(PAGE) {
        let page = rest.archive.list(filter.clone()).await?;
        for entry in &page.entries {
            if !selector.selects(&entry.message, filter.upstream, &rules.numbering, rest.live.now()) {
                continue;
            }
            result.selected += 1;
            if !stretch.dry_run {
                let is_sent = send(rest, &entry.message, rules).await?;
                result.done += usize::from(is_sent);
                result.left += usize::from(!is_sent);
            }
        }
        result.next = page.next;
        filter.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    Ok(result)
}

/// Sends one again, unless it was sent again before, or can't be: its text was removed, or its account is no more or may not.
async fn send(rest: &Rest, message: &Message, rules: &Rules) -> Result<bool, Problem> {
    let Some(account) = rules.account(message.account) else { return Ok(false) };
    let Some(mut submission) = submission(message) else { return Ok(false) };
    if message.body.media().is_some() && !hold(rest, account, &mut submission).await? {
        return Ok(false);
    }
    let Some(prepared) = prepare(rest, account, submission).await? else { return Ok(false) };
    let once = Once {
        account: account.id,
        key: format!("resend {}", message.id).into(),
        request: [0; 32],
        decided: vec![Decided::Accepted(prepared.message.id)],
    };
    let accepted = rest.intake.commit(vec![prepared], Some(once)).await?;
    Ok(matches!(accepted, Accepted::Now { refused } if refused.is_empty()))
}

async fn prepare(
    rest: &Rest,
    account: &Account,
    submission: Submission,
) -> Result<Option<Prepared>, Problem> {
    let mut prepared = rest.intake.prepare(account, vec![submission]).await?;
    Ok(prepared.pop().and_then(Result::ok))
}

/// A message as its client would submit it now; `None` if its content is no more.
fn submission(message: &Message) -> Option<Submission> {
    if matches!(message.body, Body::Redacted | Body::Sealed(_)) {
        return None;
    }
    Some(Submission {
        to: message.to.to_string(),
        from: message.from.as_ref().map(ToString::to_string),
        body: Some(message.body.clone()),
        class: Some(message.class),
        valid_for: Some(message.expires.since(message.due)),
        reference: message.reference.as_deref().map(str::to_owned),
        tags: message.tags().map(str::to_owned).collect(),
        metadata: message.metadata.as_deref().map(str::to_owned),
        callback: message.callback.as_deref().map(str::to_owned),
        receipts: message.receipts,
        via: Some(message.via),
        flash: message.flash,
        parameters: message.parameters.to_vec(),
        is_resent: true,
        ..Submission::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;

    #[test]
    fn a_message_is_submitted_as_it_was() {
        let message = crate::testing::message(MessageId::from_number(1));
        let again = submission(&message).unwrap();
        assert_eq!(again.to, message.to.to_string());
        assert_eq!((again.body, again.class), (Some(message.body.clone()), Some(message.class)));
        assert_eq!(again.valid_for, Some(message.expires.since(message.due)));
        assert!(again.send_at.is_none(), "it is due at once");
        assert!(submission(&Message { body: Body::Redacted, ..message }).is_none());
    }
}
