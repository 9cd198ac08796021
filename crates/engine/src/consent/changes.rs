//! Changes that people make of what holds of numbers.

use super::Following;
use super::holdings::{Holdings, count};
use crate::identifiers::Identifiers;
use crate::outbox::Lanes;
use crate::streams::Streams;
use postrider_core::consent::{Change, Kind, Scope, Source};
use postrider_core::contract::{Store, StoreError};
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::rules::Rules;
use std::sync::Arc;

/// Makes changes.
pub(crate) struct Changes {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) following: Arc<Following>,
    pub(crate) holdings: Arc<Holdings>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) streams: Arc<Streams>,
}

impl Changes {
    /// Makes changes, in order, and returns once all nodes hold to them. Tells of each whether it changed anything.
    ///
    /// # Errors
    /// When the store can't be written.
    pub(crate) async fn make(&self, changes: Vec<Change>, rules: &Rules) -> Result<Vec<bool>, StoreError> {
        let mut asked = Vec::with_capacity(changes.len());
        let mut made: Vec<Arc<Change>> = Vec::with_capacity(changes.len());
        for change in changes {
            made.extend(self.replaced(&change).into_iter().map(Arc::new));
            asked.push(made.len());
            made.push(Arc::new(change));
        }
        let changed = self.make_all(made, rules).await?;
        Ok(asked.into_iter().filter_map(|place| changed.get(place).copied()).collect())
    }

    /// What ends with a change: a number has one time zone for each account.
    fn replaced(&self, change: &Change) -> Vec<Change> {
        let Change { number, scope, .. } = change;
        if !change.holds || scope.kind != Kind::Zone {
            return Vec::new();
        }
        let register = self.holdings.read();
        let others =
            register.only_of(*number, Kind::Zone, scope.account).filter(|name| *name != &*scope.only);
        let lift = |name: &str| Change {
            id: self.identifiers.next(change.id.time()),
            scope: Scope::zone(scope.account, name),
            holds: false,
            ..change.clone()
        };
        others.map(lift).collect()
    }

    async fn make_all(&self, changes: Vec<Arc<Change>>, rules: &Rules) -> Result<Vec<bool>, StoreError> {
        let notices: Vec<Notice> = changes.iter().filter_map(|change| notice(change, rules)).collect();
        let changed = self.store.consent(changes.clone(), notices.clone()).await?;
        let made = || changes.iter().zip(&changed).filter(|(_, changed)| **changed).map(|(change, _)| change);
        count(made().map(|change| &**change));
        self.streams.recorded();
        let is_made = |notice: &Notice| made().any(|change| notice.id == change.id.into());
        let notices: Vec<Notice> = notices.into_iter().filter(is_made).collect();
        if !notices.is_empty() {
            self.lanes.offer(notices);
        }
        let sequence = self.following.catch_up().await?;
        self.following.until_taken_everywhere(sequence).await;
        Ok(changed)
    }
}

/// The notice of a change to the account whose messages it is about: of opt-outs, to its webhook.
pub(crate) fn notice(change: &Arc<Change>, rules: &Rules) -> Option<Notice> {
    let is_told = change.scope.kind == Kind::OptOut && change.source != Source::Erasure;
    let account = change.scope.account.filter(|_| is_told)?;
    rules.account(account)?.webhook.as_ref()?;
    Some(Notice {
        id: change.id.into(),
        lane: Lane::Webhooks,
        what: What::Consent { account, change: Arc::clone(change) },
        failed: 0,
        due: change.at,
        owned: false,
    })
}
