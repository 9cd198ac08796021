//! Actions on many messages that wait. Each message is claimed like one that is canceled by itself, from a shelf or from the
//! store, on whichever node; those of a page together, so that the store writes them in few transactions.

use crate::archive::Records;
use postrider_core::contract::{Action, Bulk, BulkDone, Cancel, Claim, Filter, Record, StoreError, WaitsFor};
use postrider_core::decision;
use postrider_core::delivery::{Change, Delivery, Event, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::Arc;

/// Messages of one page.
const PAGE: usize = 500;

impl Records {
    /// Does it, or counts the messages that it would be done with.
    pub(crate) async fn act(
        self: &Arc<Self>,
        bulk: Bulk,
        rules: &Arc<Rules>,
        now: Time,
    ) -> Result<BulkDone, StoreError> {
        let mut result = BulkDone::default();
        let mut filter = Filter { state: Some(State::Queued), limit: PAGE, ..bulk.filter.clone() };
        if bulk.action == Action::Release && filter.held_by.is_none() {
            filter.held_by = Some(Box::default());
        }
        for _ in 0..bulk.most.div_ceil(PAGE) {
            let page = self.store.list(filter.clone()).await?;
            let selects = |message: &Message| {
                // What rules against fraud hold goes on waiting.
                let goes = bulk.action != Action::RetryNow || message.hold.is_none();
                goes && bulk.selector.selects(message, filter.upstream, &rules.numbering, now)
            };
            let selected: Vec<Arc<Message>> = page
                .entries
                .into_iter()
                .map(|entry| entry.message)
                .filter(|message| selects(message))
                .collect();
            result.selected += selected.len();
            if !bulk.dry_run {
                let done = self.act_on_page(&selected, &bulk, rules).await?;
                result.done += done;
                result.left += selected.len() - done;
            }
            result.next = page.next;
            filter.before = page.next;
            if page.next.is_none() {
                break;
            }
        }
        Ok(result)
    }

    /// Does it with messages of a page; returns with how many it was done.
    async fn act_on_page(
        self: &Arc<Self>,
        messages: &[Arc<Message>],
        bulk: &Bulk,
        rules: &Arc<Rules>,
    ) -> Result<usize, StoreError> {
        let one = |message: &Arc<Message>| {
            let (records, rules, message) = (Arc::clone(self), Arc::clone(rules), Arc::clone(message));
            let (viewer, action, reason) = (bulk.filter.viewer, bulk.action.clone(), bulk.reason.clone());
            // It is carried through even when the caller goes away: what was claimed would stay in nobody's hands.
            tokio::spawn(async move { records.act_on(viewer, &message, action, reason, &rules).await })
        };
        let tasks: Vec<_> = messages.iter().map(one).collect();
        let mut done = 0;
        for task in tasks {
            let ended = task.await;
            let ended =
                ended.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())));
            done += usize::from(ended?);
        }
        Ok(done)
    }

    /// Does it with one message; tells whether it was done.
    async fn act_on(
        &self,
        viewer: Viewer,
        message: &Message,
        action: Action,
        reason: Option<Box<str>>,
        rules: &Rules,
    ) -> Result<bool, StoreError> {
        let changed = |message: &Message| self.changed(message, &action, rules);
        // What can't be done isn't claimed.
        if action.changes_messages() && changed(message).is_none() {
            return Ok(false);
        }
        let Claim::Taken(delivery) = self.shelves.claim(viewer, message.id).await? else { return Ok(false) };
        match &action {
            Action::Cancel => Ok(self.cancel_claimed(*delivery, reason).await? == Cancel::Done),
            Action::Fail => {
                let upstream = delivery.upstream;
                self.happen(*delivery, Event::Failed(reason), upstream).await
            }
            Action::RetryNow => {
                let upstream = delivery.upstream;
                self.happen(*delivery, Event::Resumed, upstream).await
            }
            Action::Release => self.let_go(*delivery, reason, rules).await,
            Action::Move(_)
            | Action::Reroute
            | Action::SetSender(_)
            | Action::Reschedule(_)
            | Action::Reclassify(_) => {
                let changed = may_change(&delivery, &action).then(|| changed(&delivery.message)).flatten();
                let Some(changed) = changed else {
                    self.shelves.return_to_queue(vec![message.id]);
                    return Ok(false);
                };
                self.put_back_changed(&delivery, changed, &action, reason).await
            }
        }
    }

    /// A message as an action has it; `None` if the action can't be done with it.
    fn changed(&self, message: &Message, action: &Action, rules: &Rules) -> Option<Message> {
        let now = self.collecting.reception.clock.now();
        match action {
            Action::Move(upstream) => decision::moved(message, *upstream, rules),
            Action::Reroute => decision::rerouted(message, rules, &*self.upstreams, now),
            Action::SetSender(sender) => {
                let account = rules.account(message.account)?;
                decision::sent_as(message, sender, account, rules)
            }
            Action::Reschedule(at) => {
                let expires = *at + message.expires.since(message.due);
                Some(Message { due: *at, expires, ..message.clone() })
            }
            Action::Reclassify(class) => Some(Message { class: *class, ..message.clone() }),
            Action::Cancel | Action::Fail | Action::RetryNow | Action::Release => None,
        }
    }

    /// Writes a message in this node's hands anew, as an action has it, and returns it to the queue. The timeline says so.
    async fn put_back_changed(
        &self,
        delivery: &Delivery,
        changed: Message,
        action: &Action,
        reason: Option<Box<str>>,
    ) -> Result<bool, StoreError> {
        let id = changed.id;
        if let Some(what) = told(action) {
            let why = reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}"));
            self.remark(delivery, why).await?;
        }
        let upstream = match action {
            Action::Move(upstream) => *upstream,
            Action::Reroute => {
                let up = |upstream| self.upstreams.is_up(upstream);
                changed.plan.choose(0, up).map_or(delivery.upstream, |(upstream, _)| upstream)
            }
            _ => delivery.upstream,
        };
        let moves = matches!(action, Action::Move(_) | Action::Reroute | Action::Reschedule(_));
        let place = moves.then(|| WaitsFor { upstream, due: changed.leaves_from() });
        self.rewrite(id, changed, upstream, place).await.map(|()| true)
    }

    /// Writes a remark into the timeline of a message in this node's hands. If that fails, the message goes back to the queue.
    async fn remark(&self, delivery: &Delivery, why: String) -> Result<(), StoreError> {
        let now = self.collecting.reception.clock.now();
        let change = Change { remark: Some(why.into()), ..Change::none(delivery, now) };
        let noted = self.store.record(Arc::new(Record { changes: vec![change], ..Record::default() })).await;
        if noted.is_err() {
            self.shelves.return_to_queue(vec![delivery.message.id]);
        }
        noted.map(drop)
    }

    /// Releases a message in this node's hands that a rule against fraud holds; tells whether it was held.
    async fn let_go(
        &self,
        delivery: Delivery,
        reason: Option<Box<str>>,
        rules: &Rules,
    ) -> Result<bool, StoreError> {
        let Delivery { message, upstream, .. } = &delivery;
        if message.hold.is_none() {
            self.shelves.return_to_queue(vec![message.id]);
            return Ok(false);
        }
        let reception = &self.collecting.reception;
        let why = reason.map_or_else(|| "released".to_owned(), |reason| format!("released: {reason}"));
        self.remark(&delivery, why).await?;
        let released = Message { hold: None, ..(**message).clone() };
        self.rewrite(message.id, released, *upstream, None).await?;
        let account = rules.account(message.account);
        if account.is_some_and(|account| account.policy.fraud.iter().any(|rule| rule.new_countries)) {
            reception.fraud.approve(&*self.store, message, reception.clock.now()).await?;
        }
        Ok(true)
    }

    /// Has it happen to a message in this node's hands, which goes back to the queue of an upstream.
    async fn happen(
        &self,
        delivery: Delivery,
        event: Event,
        upstream: UpstreamId,
    ) -> Result<bool, StoreError> {
        self.inbox.happen(vec![(delivery, event)]).await?;
        if let Some(counter) = self.upstreams.get(upstream) {
            counter.look_again();
        }
        Ok(true)
    }

    /// Writes a message in this node's hands anew, and returns it to the queue.
    pub(crate) async fn rewrite(
        &self,
        id: MessageId,
        message: Message,
        upstream: UpstreamId,
        place: Option<WaitsFor>,
    ) -> Result<(), StoreError> {
        if let Err(error) = self.store.replace(Arc::new(message), place).await {
            // Nobody else looks for what stays in this node's hands.
            self.shelves.return_to_queue(vec![id]);
            return Err(error);
        }
        if let Some(counter) = self.upstreams.get(upstream) {
            counter.look_again();
        }
        Ok(())
    }
}

/// Whether an action may be done with a message. One of which a carrier holds parts keeps its way and its sender.
fn may_change(delivery: &Delivery, action: &Action) -> bool {
    match action {
        Action::Move(upstream) => delivery.taken.count() == 0 && delivery.upstream != *upstream,
        Action::Reroute | Action::SetSender(_) => delivery.taken.count() == 0,
        _ => true,
    }
}

/// What an action has done, for the timelines of messages.
const fn told(action: &Action) -> Option<&'static str> {
    match action {
        Action::Move(_) => Some("moved"),
        Action::Reroute => Some("routed anew"),
        Action::SetSender(_) => Some("sender changed"),
        Action::Reschedule(_) => Some("rescheduled"),
        Action::Cancel | Action::Fail | Action::RetryNow | Action::Release | Action::Reclassify(_) => None,
    }
}
