//! Changes that people make of what holds of numbers.

use super::Following;
use super::holdings::count;
use crate::outbox::Lanes;
use postrider_core::consent::{Change, Kind};
use postrider_core::contract::{Store, StoreError};
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::rules::Rules;
use std::sync::Arc;

/// Makes changes.
pub(crate) struct Changes {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) following: Arc<Following>,
}

impl Changes {
    /// Makes changes, in order, and returns once all nodes hold to them. Tells of each whether it changed anything.
    ///
    /// # Errors
    /// When the store can't be written.
    pub(crate) async fn make(&self, changes: Vec<Change>, rules: &Rules) -> Result<Vec<bool>, StoreError> {
        let changes: Vec<Arc<Change>> = changes.into_iter().map(Arc::new).collect();
        let notices: Vec<Notice> = changes.iter().filter_map(|change| notice(change, rules)).collect();
        let changed = self.store.consent(changes.clone(), notices.clone()).await?;
        let made = || changes.iter().zip(&changed).filter(|(_, changed)| **changed).map(|(change, _)| change);
        count(made().map(|change| &**change));
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
    let account = change.scope.account.filter(|_| change.scope.kind == Kind::OptOut)?;
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
