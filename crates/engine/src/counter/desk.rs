//! The adapter's side of the counter.

use super::Counter;
use crate::clock::instant;
use crate::consent::{Leaving, count_held, leaving};
use crate::limiting::count_put_off;
use async_trait::async_trait;
use postrider_core::contract::{Answer, Desk, Heard, Late, LinkState, RemoteLinks, StoreError, Unheard};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::node::News;
use postrider_core::receipt::Report;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

#[async_trait]
impl Desk for Counter {
    fn take(&self, parts: usize) -> Vec<Delivery> {
        self.take_for(0, parts)
    }

    fn take_for(&self, bind: usize, parts: usize) -> Vec<Delivery> {
        let now = self.clock.now();
        let mut taken = Vec::new();
        let mut ended = Vec::new();
        let mut state = self.state();
        if !state.is_open(instant(), now) || !self.holdings.are_known() {
            return taken;
        }
        let register = self.holdings.read();
        let mut meters = self.limiting.meters();
        let window = state.window();
        let share = state.share();
        let permitted = state.pace.permits(now).min(state.limited.room(share, now));
        let mut room = parts.min(permitted).min(state.flow.room(window));
        let mut spent = 0;
        while room > 0
            && let Some(delivery) = state.next_for(bind, window, now)
        {
            if state.is_in_doubt(&delivery) {
                ended.push((delivery, Event::InDoubt));
                continue;
            }
            if delivery.message.expires <= now {
                ended.push((delivery, Event::Expired));
                continue;
            }
            if let Some((until, why)) = state.paused(&delivery, now) {
                ended.push((delivery, Event::Paused(until, why)));
                continue;
            }
            match leaving(&register, &delivery, now) {
                Leaving::Now => {}
                Leaving::Later(held) => {
                    count_held(&held);
                    ended.push((delivery, Event::Held(held)));
                    continue;
                }
                Leaving::Never(why) => {
                    ended.push((delivery, Event::Forbidden(why)));
                    continue;
                }
            }
            if let Some(meters) = meters.as_deref_mut()
                && let Some(put_off) = state.limited(&delivery, meters, now)
            {
                count_put_off(&put_off);
                ended.push((delivery, Event::Limited(put_off.until, put_off.which)));
                continue;
            }
            let parts = usize::from(delivery.message.parts);
            room = room.saturating_sub(parts);
            spent += parts;
            state.flow.give(parts);
            taken.push(delivery);
        }
        drop(register);
        drop(meters);
        state.pace.spend(spent, now);
        state.limited.spend(spent, now);
        let is_short = state.shelf.is_short();
        drop(state);
        if is_short {
            self.refill.notify_one();
        }
        if !ended.is_empty() {
            self.inbox.put(|post| post.events.extend(ended));
        }
        self.backlog.given(taken.len(), spent);
        self.limiting.queues.given(&taken);
        self.meters.taken(&taken, now);
        taken
    }

    fn waits(&self, bind: usize, waits: bool) {
        if self.binds_differ.load(Ordering::Relaxed) {
            self.state().choice.waits(bind, waits);
        }
    }

    fn room_of_bind(&self, bind: usize) -> Result<usize, Duration> {
        self.bind_room(bind)
    }

    fn spent_by_bind(&self, bind: usize, parts: usize) {
        self.spend_of_bind(bind, parts);
    }

    async fn work(&self, seen: u64) -> u64 {
        let mut version = self.version.subscribe();
        let turn = self.turn();
        let timer = async {
            match turn {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            now = version.wait_for(|version| *version > seen) => now.map_or(seen, |version| *version),
            () = timer => seen,
        }
    }

    fn answered(&self, answers: Vec<Answer>) {
        let parts = answers.iter().map(|answer| usize::from(answer.delivery.message.parts)).sum();
        let now = self.clock.now();
        let mut state = self.state();
        let said = state.full_queues.read(&answers, now);
        state.pace.answered(said, now);
        let window = state.window();
        let waited = !state.takes_next();
        state.flow.answer(parts);
        let is_held_up = state.flow.is_held_up(window);
        let goes_on = waited && state.takes_next();
        drop(state);
        self.inbox.put(|post| post.answers.entry(self.id).or_default().extend(answers));
        if is_held_up {
            // Nothing more is sent before these are recorded.
            self.inbox.stop_gathering();
        } else if goes_on {
            self.bump();
        }
    }

    fn named_late(&self, late: Vec<Late>) {
        let event =
            |Late { delivery, part, parts, reference }| (delivery, Event::Named { part, parts, reference });
        self.inbox.put(|post| post.events.extend(late.into_iter().map(event)));
    }

    async fn heard(&self, heard: Vec<Heard>) -> Result<(), StoreError> {
        let (mut reports, mut inbound, mut told) = (Vec::with_capacity(heard.len()), Vec::new(), Vec::new());
        for heard in heard {
            match heard {
                Heard::Report(report) => reports.push(report),
                Heard::Inbound(message) => inbound.push((self.id, *message)),
                Heard::Event(event) => told.push(event),
            }
        }
        self.meters.heard(&reports, inbound.len());
        let (ack, acked) = oneshot::channel();
        self.inbox.put(|post| {
            if !reports.is_empty() {
                post.reports.push((self.id, reports));
            }
            post.inbound.extend(inbound);
            post.told.extend(told);
            post.acks.push(ack);
        });
        acked.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())))
    }

    fn ask(&self, most: usize) -> Vec<Unheard> {
        let mut asks = self.asks();
        let count = most.min(asks.len());
        asks.drain(..count).collect()
    }

    fn replied(&self, replies: Vec<Report>) {
        self.inbox.put(|post| post.replies.extend(replies.into_iter().map(|report| (self.id, report))));
    }

    fn link(&self, link: usize, state: LinkState) {
        let mut inside = self.state();
        inside.choice.stands(link, state == LinkState::Up);
        let turn = inside.links.set(link, state, self.clock.now());
        drop(inside);
        let was_up = self.up.swap(turn.is_up, Ordering::Relaxed);
        if was_up != turn.is_up {
            self.refill.notify_one();
        }
        if turn.lost {
            self.inbox.put(|post| post.lost.push(self.id));
        }
        self.tell_of_link(turn.bound, was_up && !turn.is_up);
        self.bump();
    }

    fn remote_links(&self) -> RemoteLinks {
        self.peer_links.heard()
    }

    fn loaded(&self, per_cent: u8) {
        self.state().pace.loaded(per_cent, self.clock.now());
    }

    fn round_trip(&self, mean: Duration) {
        self.state().smooth_round_trip(mean);
    }

    async fn admitted(&self, bind: usize) {
        self.until_kept(bind, true).await;
    }

    async fn dismissed(&self, bind: usize) -> Duration {
        self.until_kept(bind, false).await;
        self.state().binds.grace()
    }
}

impl Counter {
    async fn until_kept(&self, bind: usize, wanted: bool) {
        let mut version = self.binds_version.subscribe();
        while self.state().binds.keeps(bind) != wanted {
            // The sender lives as long as this counter does.
            let _ = version.changed().await;
        }
    }

    /// Tells the other nodes of a link that was bound, or of the end of the last one.
    fn tell_of_link(&self, bound: bool, ended: bool) {
        let me = self.nodes.number();
        let news = match (bound, ended) {
            (true, _) => News::Bound(me, self.id),
            (false, true) => News::Unbound(me, self.id),
            (false, false) => return,
        };
        if !self.nodes.is_alone() {
            self.nodes.tell(vec![news]);
        }
    }
}
