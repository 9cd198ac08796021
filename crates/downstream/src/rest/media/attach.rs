//! Media of messages are held until their messages have gone and their links have expired, and get their page.

use super::named::TOKEN_LENGTH;
use crate::rest::Rest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use postrider_core::account::Account;
use postrider_core::contract::StoreError;
use postrider_core::id::MessageId;
use postrider_core::media::Multimedia;
use postrider_core::message::Body;
use postrider_core::submission::{SCHEDULE_MAX, Submission, VALIDITY_MAX};
use postrider_core::time::Time;
use postrider_declare::hash_key;
use std::collections::HashMap;
use std::time::Duration;

/// How much later than its own clock says a time by a recipient's clock may be.
const ZONES: Duration = Duration::from_hours(24);

/// Holds the media of submissions, and gives each the link of its page: one page for all that have the same media.
///
/// # Errors
/// The store failed.
pub(in crate::rest) async fn hold_all<'s>(
    rest: &Rest,
    account: &Account,
    submissions: impl Iterator<Item = &'s mut Submission>,
) -> Result<(), StoreError> {
    let with_media = submissions.filter(|it| it.body.as_ref().is_some_and(|body| body.media().is_some()));
    let mut submissions: Vec<&mut Submission> = with_media.collect();
    let now = rest.live.now();
    let mut latest: HashMap<Vec<MessageId>, Time> = HashMap::new();
    for submission in &submissions {
        let until = sent_until(submission, account, now);
        let at = latest.entry(ids(submission)).or_insert(until);
        *at = until.max(*at);
    }
    let mut links = HashMap::new();
    for (ids, until) in latest {
        rest.media.desk.hold(account.id, ids.clone(), until).await?;
        let link = make_page(rest, account, &ids, until).await?;
        links.insert(ids, link);
    }
    for submission in &mut submissions {
        let link = links.get(&ids(submission)).cloned().flatten();
        if let Some(Body::Multimedia(media)) = &mut submission.body {
            media.link = link;
        }
    }
    Ok(())
}

/// Holds the media of one submission. `false` if some of them are no more.
///
/// # Errors
/// The store failed.
pub(in crate::rest) async fn hold(
    rest: &Rest,
    account: &Account,
    submission: &mut Submission,
) -> Result<bool, StoreError> {
    let ids = ids(submission);
    let held = rest.media.desk.hold(account.id, ids, rest.live.now()).await?;
    if held.iter().any(Option::is_none) {
        return Ok(false);
    }
    hold_all(rest, account, std::iter::once(submission)).await?;
    Ok(true)
}

fn ids(submission: &Submission) -> Vec<MessageId> {
    let media = submission.body.as_ref().and_then(Body::media);
    let of = |media: &Multimedia| media.items.iter().map(|item| item.id).collect();
    media.map(of).unwrap_or_default()
}

/// When a submission could be sent at the latest. It isn't validated yet.
fn sent_until(submission: &Submission, account: &Account, now: Time) -> Time {
    let local = submission.send_at_local.and_then(|local| {
        let moment = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
        Some(Time(moment) + ZONES)
    });
    let at = local.or(submission.send_at).unwrap_or(now).clamp(now, now + SCHEDULE_MAX + ZONES);
    at + submission.valid_for.unwrap_or(account.default_validity).min(VALIDITY_MAX)
}

/// Makes a page, and returns its link; `None` where there are no links.
async fn make_page(
    rest: &Rest,
    account: &Account,
    ids: &[MessageId],
    until: Time,
) -> Result<Option<Box<str>>, StoreError> {
    let Some(public_url) = &rest.media.desk.limits().public_url else { return Ok(None) };
    let mut secret = [0; 16];
    getrandom::fill(&mut secret)
        .map_err(|error| StoreError::Unavailable(format!("no random numbers: {error}")))?;
    let token = URL_SAFE_NO_PAD.encode(secret);
    debug_assert_eq!(token.len(), TOKEN_LENGTH);
    rest.media.desk.make_page(account.id, hash_key(&token), ids.into(), until).await?;
    Ok(Some(format!("{public_url}/m/{token}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;

    #[test]
    fn media_are_held_until_their_message_could_be_sent_at_the_latest() {
        let (account, now) = (account(), Time(1_800_000_000_000));
        let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
        let base = || Submission { valid_for: Some(hour), ..Submission::default() };
        let until = |submission: Submission| sent_until(&submission, &account, now);
        assert_eq!(until(base()), now + hour);
        assert_eq!(until(Submission { send_at: Some(now + day), ..base() }), now + day + hour);
        assert_eq!(until(Submission { send_at: Some(now - day), ..base() }), now + hour);
        assert_eq!(until(Submission { valid_for: Some(day * 365), ..base() }), now + VALIDITY_MAX);
        // 2027-01-15 08:00:00 UTC is `now`.
        let local = "2027-01-16T08:00:00".parse().unwrap();
        assert_eq!(until(Submission { send_at_local: Some(local), ..base() }), now + day + ZONES + hour);
        let never = Submission { send_at: Some(Time(i64::MAX)), ..base() };
        assert_eq!(until(never), now + SCHEDULE_MAX + ZONES + hour);
    }
}
