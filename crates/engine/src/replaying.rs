//! Tells applications again what they were told of a time: ends of messages, and messages from handsets.

use crate::outbox::Lanes;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    Filter, InboundFilter, Record, ReplayPlace, ReplayWanted, Replayed, Store, StoreError,
};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::notice::{Lane, Notice};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::Arc;

/// Messages that are looked at together, few enough not to hold up the writer.
const PAGE: usize = 500;

/// Keeps notices anew, in the lanes in which the account hears now. A notice that waits already stays as it is, and each has the
/// identifier that it had, so that receivers know those that they have.
pub(crate) struct Replay {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) now: Time,
}

impl Replay {
    /// A page of it.
    pub(crate) async fn page(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        if wanted.from.is_inbound { self.received(wanted).await } else { self.ended(wanted).await }
    }

    async fn ended(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        let filter = Filter {
            since: Some(wanted.since),
            until: Some(wanted.until),
            before: wanted.from.before,
            ..Filter::all(Viewer::Account(wanted.account), PAGE)
        };
        let page = self.store.list(filter).await?;
        let ends = page.entries.iter().filter_map(|entry| Some((&entry.message, entry.outcome.as_ref()?)));
        let notices = ends.filter_map(|(message, outcome)| Notice::of_end(message, outcome, self.now));
        let ended = self.keep(notices.collect()).await?;
        let is_inbound = page.next.is_none();
        Ok(Replayed { ended, received: 0, next: Some(ReplayPlace { is_inbound, before: page.next }) })
    }

    async fn received(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        let filter = InboundFilter {
            since: Some(wanted.since),
            until: Some(wanted.until),
            before: wanted.from.before,
            ..InboundFilter::all(Viewer::Account(wanted.account), PAGE)
        };
        let found = self.store.inbound(filter).await?;
        let mut notices = Vec::new();
        for received in &found {
            notices.extend(self.of_received(received, wanted.account));
        }
        let received = self.keep(notices).await?;
        let last = found.last().filter(|_| found.len() == PAGE).map(|received| received.id);
        let next = last.map(|last| ReplayPlace { is_inbound: true, before: Some(last) });
        Ok(Replayed { ended: 0, received, next })
    }

    /// Single messages of an account, as its webhook is told of them.
    pub(crate) async fn single(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
    ) -> Result<Replayed, StoreError> {
        let viewer = Viewer::Account(account);
        let (mut ends, mut received) = (Vec::new(), Vec::new());
        for message in messages {
            if let Some(history) = self.store.history(viewer, message).await? {
                let outcome = history.outcome.as_ref();
                ends.extend(outcome.and_then(|end| Notice::of_end(&history.message, end, self.now)));
            } else if let Some((found, _)) = self.store.received(viewer, message).await? {
                received.extend(self.of_received(&found, account));
            }
        }
        let is_of_webhook = |notice: &Notice| notice.lane == Lane::Webhooks;
        ends.retain(is_of_webhook);
        received.retain(is_of_webhook);
        Ok(Replayed { ended: self.keep(ends).await?, received: self.keep(received).await?, next: None })
    }

    /// What an account is told of a message from a handset, if the number is its own.
    fn of_received(&self, received: &Arc<Received>, account: AccountId) -> Vec<Notice> {
        let inbound = &received.inbound;
        let owner = self.rules.numbers.owner(received.upstream, &inbound.to, inbound.text());
        let owner = owner.filter(|owner| owner.account == account);
        let notices = owner.iter().flat_map(|owner| received.notices(owner));
        notices.map(|notice| Notice { due: self.now, ..notice }).collect()
    }

    /// Keeps notices; returns how many.
    async fn keep(&self, notices: Vec<Notice>) -> Result<usize, StoreError> {
        let many = notices.len();
        if many > 0 {
            let record = Record { notices: notices.clone(), ..Record::default() };
            self.store.record(Arc::new(record)).await?;
            self.lanes.offer(notices);
        }
        Ok(many)
    }
}
