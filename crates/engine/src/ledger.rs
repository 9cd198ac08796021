//! The ledger: the one place where what happened to deliveries is stepped and recorded.
//!
//! It takes everything that arrived since its last page, steps each delivery, and hands the store one transaction. Only
//! then are carriers acknowledged, shelves refilled and clients told. Pages are written one after another, so that the
//! store is always complete up to some moment. While one is being written the next is filled, from memory alone; what
//! memory doesn't know is looked up when the page before is durable.

mod book;
pub(crate) mod measured;
mod page;
mod receipts;
mod remembered;
mod repeats;
mod requests;
mod writer;

pub(crate) use writer::{Settling, Writer};

use crate::clock::Clock;
use crate::consent::Holdings;
use crate::identifiers::Identifiers;
use crate::inbound_notices::awaited_replies;
use crate::inbox::{Inbox, Post};
use crate::learned_forms::{self, LearnedForms};
use crate::peers::Peers;
use crate::store_health::tell;
use crate::upstreams::{Upstreams, View};
use arc_swap::ArcSwap;
use book::{Book, PARKED_MAX};
use page::{Aside, Page, Unknown};
use postrider_core::contract::{InboundFilter, Parked, Store, StoreError};
use postrider_core::id::MessageId;
use postrider_core::node::Nodes;
use postrider_core::patience::Patience;
use postrider_core::principal::Viewer;
use postrider_core::retention::Kept;
use postrider_core::rules::Rules;
use repeats::{LEARNT, REMEMBERED_MAX, REPEATED_WITHIN};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the next page takes in what arrived while the last one is being written: less often where writing takes long.
const FILL_EVERY: Duration = Duration::from_millis(1);

/// The ledger's task, and the parts that it works with.
pub(crate) struct Ledger {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) nodes: Arc<dyn Nodes>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) forms: Arc<LearnedForms>,
    pub(crate) identifiers: Arc<Identifiers>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) patience: Patience,
    pub(crate) holdings: Arc<Holdings>,
    /// How long this node keeps what accounts say nothing about.
    pub(crate) kept: Kept,
    pub(crate) writer: Arc<Writer>,
}

/// The page that is being written, if there is one.
type Writing = Option<JoinHandle<Vec<MessageId>>>;

impl Ledger {
    /// Learns how carriers spell their references, and which receipts were early when the gateway stopped. Each of these is
    /// looked at again: its message may have become known in the last moment.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn open(self) -> Result<impl Future<Output = ()>, StoreError> {
        let mut book = Book::new(Arc::clone(&self.forms), Arc::clone(&self.holdings), self.kept);
        self.forms.take_in(self.store.learnt().await?);
        let rules = self.rules.load_full();
        for Parked { upstream, report, at, .. } in self.store.parked(PARKED_MAX).await? {
            book.recall(upstream, report.clone(), at, self.view(&rules));
            self.inbox.put(|post| post.reports.push((upstream, vec![report])));
        }
        let now = self.clock.now();
        let recent = InboundFilter {
            since: Some(now - REPEATED_WITHIN),
            ..InboundFilter::all(Viewer::Everything, REMEMBERED_MAX)
        };
        book.repeats.recall(self.store.inbound(recent).await?.iter().map(|received| &**received));
        Ok(self.keep(book))
    }

    /// Keeps the book for as long as the gateway runs.
    async fn keep(self, mut book: Book) {
        let mut writing: Writing = None;
        loop {
            let patience = self.patience.among(self.peers.count());
            let mut page = Page::default();
            let post = self.inbox.take(patience).await;
            self.learn_of_others(&post, &mut book).await;
            self.enter(post, &mut book, &mut page);
            while let Some(post) = self.more(&mut writing, &mut book, &mut page).await {
                self.learn_of_others(&post, &mut book).await;
                self.enter(post, &mut book, &mut page);
            }
            self.look_up(&mut book, &mut page).await;
            if page.is_empty() {
                self.inbox.done();
            } else {
                writing = Some(tokio::spawn(Arc::clone(&self.writer).write(page)));
            }
        }
    }

    /// Reads what handsets wrote to nodes that have lost their links: the network may bring it to this one.
    async fn learn_of_others(&self, post: &Post, book: &mut Book) {
        if post.lost_elsewhere.is_empty() {
            return;
        }
        let lately = InboundFilter {
            since: Some(self.clock.now() - LEARNT),
            ..InboundFilter::all(Viewer::Everything, REMEMBERED_MAX)
        };
        match self.store.inbound(lately).await {
            Ok(received) => book.repeats.learn(received.iter().map(|received| &**received)),
            Err(error) => tell(&error, "can't read what handsets wrote to other nodes; it may be told twice"),
        }
    }

    fn view<'a>(&'a self, rules: &'a Rules) -> View<'a> {
        View { rules, upstreams: &self.upstreams }
    }

    fn enter(&self, post: Post, book: &mut Book, page: &mut Page) {
        let rules = self.rules.load();
        page.now = self.clock.now();
        let identify = || self.identifiers.next(self.clock.now());
        book.enter(post, identify, self.view(&rules), page);
        self.do_aside(std::mem::take(&mut page.aside), &rules);
    }

    /// Everything that arrived while the page before is being written; `None` when that one is durable.
    async fn more(&self, writing: &mut Writing, book: &mut Book, page: &mut Page) -> Option<Post> {
        let under_way = writing.as_mut()?;
        tokio::select! {
            biased;
            taken_over = under_way => {
                *writing = None;
                book.give_up(&taken_over.unwrap_or_default(), page);
                self.inbox.take_now()
            }
            post = self.inbox.take_after(FILL_EVERY.max(self.patience.lull)) => Some(post),
        }
    }

    /// Looks up in the store what memory doesn't know.
    async fn look_up(&self, book: &mut Book, page: &mut Page) {
        if !page.record.inbound.is_empty() {
            let (inbound, notices) = (&page.record.inbound, &page.record.notices);
            let awaited = self.writer.insist(|| awaited_replies(&*self.store, inbound, notices.iter())).await;
            page.record.notices.extend(awaited);
        }
        let unknown = std::mem::take(&mut page.unknown);
        if unknown.is_empty() {
            return;
        }
        let keys: Vec<_> = unknown.iter().flat_map(Unknown::keys).collect();
        let found = self.writer.insist(|| self.store.find(keys.clone())).await;
        let rules = self.rules.load();
        book.enter_found(unknown, found, self.view(&rules), page);
        self.do_aside(std::mem::take(&mut page.aside), &rules);
    }

    /// Does what needs no record.
    fn do_aside(&self, aside: Aside, rules: &Rules) {
        for upstream in aside.throttled {
            let upstream = self.view(rules).name(upstream);
            metrics::counter!("postrider_throttled_total", "upstream" => upstream).increment(1);
        }
        for (upstream, why) in aside.retried {
            if let Some(counter) = self.upstreams.get(upstream) {
                counter.meters.retried(why);
            }
        }
        for (upstream, delivery) in aside.unsent {
            if let Some(counter) = self.upstreams.get(upstream) {
                counter.put_back(delivery);
            }
        }
        for learnt in aside.learnt {
            tokio::spawn(learned_forms::keep(learnt, Arc::clone(&self.store), Arc::clone(&self.nodes)));
        }
    }
}
