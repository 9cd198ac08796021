//! Requests of handsets: to opt out, to opt in, and for help.

use super::page::Page;
use super::remembered::Remembered;
use crate::consent::{Asked, Holdings, notice};
use postrider_core::consent::{Asking, Change, Response, Scope, respond};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use std::sync::Arc;

/// Changes that may be on pages which are not recorded yet.
const RECENT_MAX: usize = 4_096;

/// The ledger's part in requests: what was asked for lately is known before it is recorded.
pub(super) struct Requests {
    holdings: Arc<Holdings>,
    recent: Remembered<bool, (Number, Scope)>,
}

impl Requests {
    pub(super) fn new(holdings: Arc<Holdings>) -> Self {
        Self { holdings, recent: Remembered::new(RECENT_MAX) }
    }

    /// Enters what a message from a handset asks for, if it asks for something.
    pub(super) fn enter(
        &mut self,
        received: &mut Received,
        identify: impl FnMut() -> MessageId,
        rules: &Rules,
        page: &mut Page,
    ) {
        let Received { upstream, id, at, inbound, .. } = &*received;
        let asking = Asking { upstream: *upstream, id: *id, at: *at, inbound };
        let holds = |number: Number, scope: &Scope| {
            let recent = self.recent.get(&(number, scope.clone()));
            recent.copied().unwrap_or_else(|| self.holdings.holds(number, scope))
        };
        let Some(response) = respond(asking, &rules.numbers, holds, identify) else { return };
        let Response { intent, mut changes, answer } = response;
        received.intent = Some(intent);
        metrics::counter!("postrider_consent_requests_total", "asks" => intent.word()).increment(1);
        for change in &mut changes {
            self.recent.insert((change.number, change.scope.clone()), change.holds);
            self.holdings.aim(change);
        }
        let changes: Vec<Arc<Change>> = changes.into_iter().map(Arc::new).collect();
        for change in &changes {
            page.record.notices.extend(notice(change, rules));
        }
        page.asked.extend(answer.map(|answer| Asked {
            inbound: received.id,
            change: changes.first().cloned(),
            answer,
        }));
        page.record.consent.extend(changes);
    }
}
