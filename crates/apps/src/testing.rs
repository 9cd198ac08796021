//! An engine on a store in memory, in a time that tests set, with two upstreams whose carriers tests play.

mod faults;

use crate::events::{self, AppEvent, EventPoster};
use crate::link::LinkSettings;
use crate::{Apps, Parts};
use async_trait::async_trait;
use faults::{Faults, Faulty};
use postrider_core::account::{Account, AccountId};
use postrider_core::consent::{Change, Scope, Source};
use postrider_core::contract::{
    Accepted, Answer, AppFilter, AppKind, Archive, AudienceKey, Busy, ConsentDesk, EventsWanted, Explained,
    Filter, Heard, History, Intake, LinkState, Live, Once, Prepared, Store, StoreError, WantedRecipients,
};
use postrider_core::delivery::PartOutcome;
use postrider_core::id::MessageId;
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Encoding, Message};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use postrider_core::stream::{EventFilter, EventPosition, OtherEvent, StreamEvent};
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use postrider_declare::{Documents, Registry};
use postrider_engine::{Clock, Engine, Settings};
use postrider_store::sqlite::{self, Memory};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DECLARED: &str = r#"
    [accounts.shop]
    [accounts.shop.webhook]
    url = "https://shop.example/hook"
    secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
    [accounts.bank]
    [upstreams.first]
    host = "first.example"
    system_id = "postrider"
    [upstreams.second]
    host = "second.example"
    system_id = "postrider"
    [routes.world]
    upstreams = ["first", "second"]
    [numbers.60006]
    account = "shop"
"#;

/// A clock that stands until it is moved.
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

/// An intake that is full for as many commits as tests want.
struct Door {
    engine: Arc<Engine>,
    full: AtomicU32,
}

#[async_trait]
impl Intake for Door {
    async fn prepare(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Prepared, Refusal>>, StoreError> {
        self.engine.prepare(account, submissions).await
    }

    async fn explain(&self, account: &Account, submission: Submission) -> Result<Explained, StoreError> {
        self.engine.explain(account, submission).await
    }

    async fn decide(
        &self,
        account: &Account,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Result<Arc<Message>, Refusal>>, StoreError> {
        self.engine.decide(account, submissions).await
    }

    async fn commit(&self, prepared: Vec<Prepared>, once: Option<Once>) -> Result<Accepted, Busy> {
        let full = self.full.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full| full.checked_sub(1));
        if full.is_ok() { Err(Busy::Full) } else { self.engine.commit(prepared, once).await }
    }

    async fn converted(&self, account: &Account, message: MessageId) -> Result<bool, StoreError> {
        self.engine.converted(account, message).await
    }
}

/// The gateway that applications work with in tests.
pub(crate) struct Gateway {
    engine: Arc<Engine>,
    store: Arc<dyn Store>,
    clock: Arc<Hands>,
    door: Arc<Door>,
    parts: Parts,
    posted: Arc<Posted>,
    /// What fails by the dice: nothing, until a test says so.
    pub(crate) faults: Arc<Faults>,
}

/// A webhook's endpoint, which refuses the first post of each event.
#[derive(Default)]
struct Posted(Mutex<Vec<AppEvent>>);

#[async_trait]
impl EventPoster for Posted {
    async fn post(&self, _: AccountId, event: &AppEvent) -> bool {
        let mut posted = self.0.lock().unwrap();
        let is_known = posted.iter().any(|known| known.id == event.id);
        posted.push(event.clone());
        is_known
    }
}

impl Gateway {
    pub(crate) async fn new() -> (Self, Apps) {
        let kept = Memory::new().unwrap().open(sqlite::Settings::default()).unwrap();
        let store: Arc<dyn Store> = Arc::clone(&kept) as _;
        let documents: Documents = toml::from_str(DECLARED).unwrap();
        let registry = Registry::open(Arc::clone(&store), documents).await.unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let rules = Arc::clone(&registry.declared().rules);
        let (settings, shared) = (Settings::default(), Arc::clone(&clock) as _);
        let engine = Engine::start(settings, Arc::clone(&store), kept, shared, rules).await.unwrap();
        let door = Arc::new(Door { engine: Arc::clone(&engine), full: AtomicU32::new(0) });
        let posted = Arc::new(Posted::default());
        let faults = Arc::new(Faults::default());
        let faulty = Arc::new(Faulty { store: Arc::clone(&store), faults: Arc::clone(&faults) });
        let parts = Parts {
            store: Arc::clone(&faulty) as _,
            recipients: faulty,
            intake: Arc::clone(&door) as _,
            archive: Arc::clone(&engine) as _,
            live: Arc::clone(&engine) as _,
            consent: Arc::clone(&engine) as _,
            events: Arc::clone(&posted) as _,
            links: LinkSettings { base: Some("https://go.example/l".into()), ..LinkSettings::default() },
        };
        let apps = Apps::new(parts.clone());
        (Self { engine, store, clock, door, parts, faults, posted }, apps)
    }

    /// The types of the events that the endpoint took, in order.
    pub(crate) async fn posted(&self) -> Vec<String> {
        for _ in 0..3 {
            events::post_what_is_due(&self.parts).await.unwrap();
            self.pass(Duration::from_secs(10));
        }
        let posted = self.posted.0.lock().unwrap();
        let (refused, taken) = posted.split_at(posted.len() / 2);
        assert_eq!(refused.len(), taken.len(), "each is posted until it is taken, and no more");
        taken.iter().map(|event| event.kind.to_string()).collect()
    }

    /// The events of a type that applications have told whoever follows the stream.
    pub(crate) async fn told(&self, kind: &str) -> Vec<OtherEvent> {
        let filter = EventFilter { viewer: Viewer::Everything, types: Some([kind.into()].into()) };
        let wanted = EventsWanted { filter, after: Some(EventPosition::START), most: 100 };
        let found = self.engine.events(wanted, Duration::ZERO).await.unwrap().events;
        let other = |(_, event)| match event {
            StreamEvent::Other(event) => event,
            other => panic!("{other:?}"),
        };
        found.into_iter().map(other).collect()
    }

    pub(crate) fn parts(&self) -> Parts {
        self.parts.clone()
    }

    /// The applications as another node has them, on the same store.
    pub(crate) fn second_node(&self) -> Apps {
        Apps::new(self.parts.clone())
    }

    /// A number opts out of an account's messages.
    pub(crate) async fn opt_out(&self, account: AccountId, number: Number) {
        self.opt_out_by(Source::Api, account, number).await;
    }

    /// The same, from this source.
    pub(crate) async fn opt_out_by(&self, source: Source, account: AccountId, number: Number) {
        let change = Change {
            id: self.engine.identify(),
            at: self.now(),
            number,
            scope: Scope::opt_out(Some(account), None),
            holds: true,
            source,
            reason: None,
            by: None,
            inbound: None,
            obtained: None,
            shown: None,
            proof: None,
        };
        self.engine.change(vec![change]).await.unwrap();
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Lets so many commits fail.
    pub(crate) fn fail(&self, commits: u32) {
        self.door.full.store(commits, Ordering::Relaxed);
    }

    pub(crate) fn account(&self, id: AccountId) -> Arc<Account> {
        Arc::clone(self.engine.rules().account(id).unwrap())
    }

    /// What was accepted, in order, with its texts.
    pub(crate) async fn messages(&self) -> Vec<Arc<Message>> {
        let page = self.store.list(Filter::all(Viewer::Everything, 500)).await.unwrap();
        page.entries.into_iter().rev().map(|entry| entry.message).collect()
    }

    pub(crate) async fn texts(&self) -> Vec<String> {
        let text = |message: Arc<Message>| match &message.body {
            Body::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        };
        self.messages().await.into_iter().map(text).collect()
    }

    /// The upstream that comes first in the plan of each message.
    pub(crate) async fn ways(&self) -> Vec<UpstreamId> {
        self.messages().await.iter().map(|message| message.plan.upstreams[0]).collect()
    }

    pub(crate) async fn history(&self, id: MessageId) -> History {
        self.engine.history(Viewer::Everything, id).await.unwrap().unwrap()
    }

    /// Delivers what waits at the first upstream.
    pub(crate) async fn deliver(&self, upstream: UpstreamId) {
        self.report(upstream, |_| Reported::Delivered).await;
    }

    /// Delivers what waits at the first upstream, but what is to this number.
    pub(crate) async fn fail_delivery_of(&self, number: Number) {
        let reported = |to: Number| if to == number { Reported::Undelivered } else { Reported::Delivered };
        self.report(UpstreamId(self.ways().await[0].0), reported).await;
    }

    /// Has what waits at an upstream reported so.
    pub(crate) async fn report(&self, upstream: UpstreamId, reported: impl Fn(Number) -> Reported) {
        let desk = self.engine.desk(upstream).unwrap();
        desk.link(0, LinkState::Up);
        let mut seen = 0;
        let taken = loop {
            let taken = desk.take(10);
            if !taken.is_empty() {
                break taken;
            }
            seen = desk.work(seen).await;
        };
        let mut heard = Vec::new();
        let answers = taken.into_iter().map(|delivery| {
            let reference = delivery.message.id.to_string();
            heard.push(Heard::Report(Report::new(&*reference, reported(delivery.message.to))));
            let outcomes = vec![(0, PartOutcome::Accepted(Some(reference.into())))];
            Answer { delivery, parts: 1, outcomes }
        });
        desk.answered(answers.collect());
        desk.heard(heard).await.unwrap();
    }

    /// A handset writes to the number of the account `shop`.
    pub(crate) async fn say(&self, from: &str, text: &str) {
        let address = |given: &str| Address { given: given.into(), understood: Sender::parse(given).ok() };
        let inbound = Inbound {
            from: address(from),
            to: address("60006"),
            body: Body::Text(text.into()),
            encoding: Encoding::Gsm7,
            flash: false,
            reference: None,
            parameters: Box::default(),
        };
        let desk = self.engine.desk(UpstreamId(3)).unwrap();
        desk.heard(vec![Heard::Inbound(Box::new(inbound))]).await.unwrap();
    }

    /// How many rows of a run or an import there are.
    pub(crate) async fn staged(&self, account: AccountId, run: u64) -> usize {
        let key = AudienceKey { account, run };
        self.parts.recipients.recipients(key, WantedRecipients::All, 0, 500).await.unwrap().len()
    }

    /// All that applications keep, as text.
    pub(crate) async fn stored(&self) -> String {
        let mut all = String::new();
        for kind in AppKind::ALL {
            for record in self.store.list_app_records(AppFilter::all(kind, None, 500)).await.unwrap() {
                all.push_str(&record.document);
            }
        }
        all
    }
}
