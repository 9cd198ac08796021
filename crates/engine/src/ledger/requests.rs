//! Requests of handsets: to opt out, to opt in, and for help; and opt-outs that carriers know of.

use super::page::Page;
use super::remembered::Remembered;
use crate::consent::{Asked, Holdings, notice};
use postrider_core::cause::Code;
use postrider_core::consent::{Asking, Change, Reach, Response, Scope, Source, respond};
use postrider_core::delivery::Outcome;
use postrider_core::id::MessageId;
use postrider_core::inbound::{Address, Received};
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use std::sync::Arc;

/// Changes that may be on pages which are not recorded yet.
const RECENT_MAX: usize = 4_096;

/// The ledger's part in requests: what was asked for lately is known before it is recorded.
pub(super) struct Requests {
    holdings: Arc<Holdings>,
    recent: Remembered<bool, (Number, Scope)>,
    /// Messages that carriers refused since their recipients have opted out, which are still to be looked at.
    refused: Vec<(UpstreamId, Arc<Message>)>,
}

impl Requests {
    pub(super) fn new(holdings: Arc<Holdings>) -> Self {
        Self { holdings, recent: Remembered::new(RECENT_MAX), refused: Vec::new() }
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

    /// Takes note of an end: a carrier may have said that the recipient has opted out.
    pub(super) fn note_end(&mut self, message: &Arc<Message>, outcome: &Outcome) {
        if outcome.error.as_ref().is_some_and(|error| error.code == Code::OptedOut) {
            self.refused.push((outcome.upstream, Arc::clone(message)));
        }
    }

    /// Enters opt-outs that carriers know of and the gateway didn't. Only START to the sender could lift one: so the sender must be a
    /// number of the account that takes requests.
    pub(super) fn enter_refused(
        &mut self,
        mut identify: impl FnMut() -> MessageId,
        rules: &Rules,
        page: &mut Page,
    ) {
        for (upstream, message) in std::mem::take(&mut self.refused) {
            let Some(scope) = refused_scope(upstream, &message, rules) else { continue };
            let (to, account, class) = (message.to, message.account, message.class);
            let is_known = self.recent.get(&(to, scope.clone())) == Some(&true)
                || self.holdings.read().forbids(to, account, message.from.as_ref(), class).is_some();
            if is_known {
                continue;
            }
            self.recent.insert((to, scope.clone()), true);
            let change = Arc::new(Change {
                id: identify(),
                at: page.now,
                number: to,
                scope,
                holds: true,
                source: Source::Carrier,
                reason: Some(format!("a carrier refused the message {}", message.id).into()),
                by: None,
                inbound: None,
                obtained: None,
                shown: None,
                proof: None,
            });
            page.record.notices.extend(notice(&change, rules));
            page.record.consent.push(change);
        }
    }
}

/// What the recipient of a refused message has opted out of: messages of the account from its sender.
fn refused_scope(upstream: UpstreamId, message: &Message, rules: &Rules) -> Option<Scope> {
    let from = message.from.as_ref().filter(|from| !matches!(from, Sender::Name(_)))?;
    let address = Address { given: from.to_string().into(), understood: Some(from.clone()) };
    let declared = rules.numbers.declared(upstream, &address)?;
    let is_own = declared.holder.is_some_and(|holder| holder.account == message.account);
    (is_own && declared.consent.reach != Reach::Nothing)
        .then(|| Scope::opt_out(Some(message.account), Some(from)))
}
