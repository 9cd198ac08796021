//! Posts to webhooks that failed, as nodes keep them for all to see: so many of an account, for a week.

use crate::apps::Parts;
use crate::kept::{Document, find, keep, read};
use crate::random::octets;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most that are kept of an account.
pub const FAILED_POSTS_KEPT: u64 = if cfg!(test) { 20 } else { 10_000 };
/// How long they are kept.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// The oldest that are forgotten at once for newer ones.
const FORGOTTEN: usize = 1_000;
/// Records that are looked at together, and how often one page of a list does so.
const PAGE: usize = 500;
const PAGES: usize = 20;
/// The gateway itself, which keeps them: so they are in one order over all accounts.
const GATEWAY: AccountId = AccountId(0);

/// A post to a webhook that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPost {
    /// Its number.
    pub id: u64,
    /// The account's number.
    pub account: u32,
    /// When it was over, in milliseconds of Unix time.
    pub at: i64,
    /// The URL, without what may be secret.
    pub endpoint: Box<str>,
    /// The identifier of its event, or of the first of several.
    pub event: Box<str>,
    /// How many events it had.
    pub events: usize,
    /// How many posts of it there had been, with this one.
    pub number: u16,
    /// The outcome in words.
    pub result: Box<str>,
    /// When it is posted again, in milliseconds of Unix time; `None` if it was given up.
    pub again: Option<i64>,
    /// The messages that can be told of again, by their numbers.
    pub messages: Vec<u64>,
}

impl Document for FailedPost {
    const KIND: AppKind = AppKind::FailedPost;

    fn id(&self) -> Box<str> {
        id(self.id)
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.at) + KEPT)
    }

    fn labels(&self) -> Option<Vec<Box<str>>> {
        Some(vec![label(AccountId(self.account))])
    }
}

/// They are in the order of time.
fn id(id: u64) -> Box<str> {
    format!("{id:020}").into()
}

fn label(account: AccountId) -> Box<str> {
    format!("account:{}", account.0).into()
}

impl FailedPost {
    /// When it was over.
    #[must_use]
    pub const fn at(&self) -> Time {
        Time(self.at)
    }

    /// Its messages.
    #[must_use]
    pub fn message_ids(&self) -> Vec<MessageId> {
        self.messages.iter().copied().map(MessageId::from_number).collect()
    }
}

/// Which failed posts are meant.
#[derive(Clone, Debug, Default)]
pub struct FailedPostFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// To a URL that has this text.
    pub endpoint: Option<String>,
    /// At or after this.
    pub since: Option<Time>,
    /// Before this.
    pub until: Option<Time>,
    /// Whether they were given up, or are posted again.
    pub given_up: Option<bool>,
}

impl FailedPostFilter {
    fn takes(&self, post: &FailedPost) -> bool {
        self.until.is_none_or(|until| post.at() < until)
            && self.given_up.is_none_or(|given_up| post.again.is_none() == given_up)
            && self.endpoint.as_ref().is_none_or(|part| post.endpoint.contains(part.as_str()))
    }
}

/// Posts that failed.
pub struct FailedPosts {
    parts: Parts,
}

impl FailedPosts {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Keeps posts that failed, whose numbers it makes. The oldest of an account go for them.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn note(&self, posts: Vec<FailedPost>) -> Result<(), StoreError> {
        let mut of_accounts: BTreeMap<u32, u64> = BTreeMap::new();
        let mut writes = Vec::new();
        for mut post in posts {
            let [one, two, three, ..] =
                octets::<4>().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let random = u64::from(one) << 12 | u64::from(two) << 4 | u64::from(three & 0xF);
            post.id = post.at.cast_unsigned() << 20 | random;
            *of_accounts.entry(post.account).or_default() += 1;
            writes.push(keep(GATEWAY, &post, 0)?);
        }
        for (account, more) in of_accounts {
            self.make_room(AccountId(account), more).await?;
        }
        // Two of a millisecond with the same number are as good as none.
        if self.parts.store.write_app_records(writes, Vec::new()).await? != AppWritten::Done {
            tracing::debug!("failed posts were not kept: their numbers are taken");
        }
        Ok(())
    }

    async fn make_room(&self, account: AccountId, more: u64) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let many = store.count_app_records(GATEWAY, AppKind::FailedPost, label(account)).await?;
        let over = usize::try_from((many + more).saturating_sub(FAILED_POSTS_KEPT)).unwrap_or(FORGOTTEN);
        if over == 0 {
            return Ok(());
        }
        let all = AppFilter::all(AppKind::FailedPost, Some(GATEWAY), over.min(FORGOTTEN));
        let oldest = store.list_app_records(AppFilter { label: Some(label(account)), ..all }).await?;
        let forget = oldest.into_iter().map(|record| AppWrite::Forget(record.key, record.version));
        // Another node may do the same: then there is room.
        store.write_app_records(forget.collect(), Vec::new()).await.map(drop)
    }

    /// Posts that failed, the newest first, older than `before`; and where the next page goes on, if there is one. A page may have
    /// less than `most` and not be the last one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        filter: &FailedPostFilter,
        before: Option<u64>,
        most: usize,
    ) -> Result<(Vec<FailedPost>, Option<u64>), StoreError> {
        let mut found: Vec<FailedPost> = Vec::new();
        let newest = filter.until.map_or(u64::MAX, |until| until.0.max(0).cast_unsigned() << 20);
        let mut before = before.unwrap_or(u64::MAX).min(newest);
        for _ in 0..PAGES {
            let all = AppFilter::all(AppKind::FailedPost, Some(GATEWAY), PAGE);
            let after = Some((GATEWAY, id(before)));
            let wanted = AppFilter { after, backwards: true, label: filter.account.map(label), ..all };
            let page = self.parts.store.list_app_records(wanted).await?;
            let is_last = page.len() < PAGE;
            for record in page {
                let post = read::<FailedPost>(record)?.value;
                if filter.since.is_some_and(|since| post.at() < since) {
                    return Ok((found, None));
                }
                if filter.takes(&post) {
                    if found.len() == most {
                        return Ok((found, Some(before)));
                    }
                    before = post.id;
                    found.push(post);
                } else {
                    before = post.id;
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, Some(before)))
    }

    /// A post that failed.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, number: u64) -> Result<Option<FailedPost>, StoreError> {
        Ok(find::<FailedPost>(&*self.parts.store, GATEWAY, &id(number)).await?.map(|kept| kept.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Gateway;

    fn post(account: u32, at: i64, again: Option<i64>) -> FailedPost {
        FailedPost {
            id: 0,
            account,
            at,
            endpoint: format!("https://{account}.example/hook").into(),
            event: "7".into(),
            events: 1,
            number: 1,
            result: "500 in 3 ms".into(),
            again,
            messages: vec![7],
        }
    }

    fn times(posts: &[FailedPost]) -> Vec<i64> {
        posts.iter().map(|post| post.at).collect()
    }

    #[tokio::test]
    async fn failed_posts_are_listed_over_all_accounts() {
        let (_gateway, apps) = Gateway::new().await;
        let posts = (1..=6).map(|n| post(u32::try_from(n % 2).unwrap(), n * 1_000, (n < 3).then_some(9_000)));
        apps.failed_posts.note(posts.collect()).await.unwrap();
        let list = async |filter: FailedPostFilter, before, most| {
            apps.failed_posts.list(&filter, before, most).await.unwrap()
        };
        let all = FailedPostFilter::default;
        let (first, next) = list(all(), None, 4).await;
        assert_eq!(times(&first), [6_000, 5_000, 4_000, 3_000]);
        let (rest, end) = list(all(), next, 4).await;
        assert_eq!((times(&rest), end), (vec![2_000, 1_000], None));
        let of = async |filter| times(&list(filter, None, 10).await.0);
        assert_eq!(
            of(FailedPostFilter { account: Some(AccountId(1)), ..all() }).await,
            [5_000, 3_000, 1_000]
        );
        assert_eq!(
            of(FailedPostFilter { endpoint: Some("0.example".into()), ..all() }).await,
            [6_000, 4_000, 2_000]
        );
        assert_eq!(of(FailedPostFilter { given_up: Some(false), ..all() }).await, [2_000, 1_000]);
        let span = FailedPostFilter { since: Some(Time(2_000)), until: Some(Time(4_000)), ..all() };
        assert_eq!(of(span).await, [3_000, 2_000]);
        let one = apps.failed_posts.show(first[0].id).await.unwrap().unwrap();
        assert_eq!((one.message_ids(), one.at), (vec![MessageId::from_number(7)], 6_000));
        assert_eq!(apps.failed_posts.show(7).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_oldest_of_an_account_go_for_newer_ones() {
        let (_gateway, apps) = Gateway::new().await;
        apps.failed_posts.note(vec![post(2, 1, None)]).await.unwrap();
        for n in 0..5 {
            let some = (0..10).map(|m| post(1, 1_000 + n * 10 + m, None)).collect();
            apps.failed_posts.note(some).await.unwrap();
        }
        let of = FailedPostFilter { account: Some(AccountId(1)), ..FailedPostFilter::default() };
        let (kept, _) = apps.failed_posts.list(&of, None, 100).await.unwrap();
        assert_eq!((kept.len(), kept[0].at, kept[19].at), (20, 1_049, 1_030));
        assert!(apps.failed_posts.show(kept[19].id).await.unwrap().is_some());
        let other = FailedPostFilter { account: Some(AccountId(2)), ..FailedPostFilter::default() };
        assert_eq!(apps.failed_posts.list(&other, None, 100).await.unwrap().0.len(), 1);
    }
}
