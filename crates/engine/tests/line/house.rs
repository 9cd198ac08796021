//! An engine on a real store: a hand at the counter plays the carrier, a hand at the outbox the client.

use crate::limit::Limit;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{
    Accepted, Answer, Archive, Desk, Heard, Intake, LinkState, Outbox, Prepared, Told,
};
use postrider_core::delivery::{Delivery, Fault, FaultKind, Outcome, PartOutcome, State, Unanswered};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Via};
use postrider_core::notice::{Lane, What};
use postrider_core::policy::Policy;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::reference::ReferenceForm;
use postrider_core::retention::Retention;
use postrider_core::route::{Route, Table, UpstreamId};
use postrider_core::rules::{Ask, Rules, Upstream};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_engine::{Clock, Engine, Settings};
use postrider_store::sqlite::Sqlite;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const ACCOUNT: AccountId = AccountId(1);
/// What the account sees.
pub(crate) const OWN: Viewer = Viewer::Account(ACCOUNT);
/// The lane of its sessions.
pub(crate) const LANE: Lane = Lane::Sessions(ACCOUNT);
pub(crate) const FIRST: UpstreamId = UpstreamId(1);
pub(crate) const SECOND: UpstreamId = UpstreamId(2);
pub(crate) const WINDOW: usize = 10;
/// How long after a part was sent the first upstream is asked about it.
pub(crate) const ASK_AFTER: Duration = Duration::from_hours(1);

/// A clock that stands until it is moved.
pub(crate) struct Hands(pub(crate) AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct House {
    directory: TempDir,
    pub(crate) store: Arc<Sqlite>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) engine: Arc<Engine>,
    limit: Limit,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_at(TempDir::new().unwrap(), 1_800_000_000_000).await
    }

    pub(crate) async fn open_at(directory: TempDir, now: i64) -> Self {
        let limit = Limit::set();
        let clock = Arc::new(Hands(AtomicI64::new(now)));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let store = store(directory.path());
        let settings = Settings { chores_every: Duration::from_millis(100), ..Settings::default() };
        let (kept, nodes) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
        let engine = Engine::start(settings, kept, nodes, shared, rules()).await.unwrap();
        Self { directory, store, clock, engine, limit }
    }

    /// Stops in order and starts again on the same store.
    pub(crate) async fn restart(self) -> Self {
        let Self { directory, store, clock, engine, limit } = self;
        engine.close(Duration::from_secs(5)).await;
        drop((engine, store, limit));
        Self::open_at(directory, clock.now().0).await
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn desk(&self, upstream: UpstreamId) -> Arc<dyn Desk> {
        self.engine.desk(upstream).unwrap()
    }

    /// The desk of an upstream with one link up.
    pub(crate) fn up(&self, upstream: UpstreamId) -> Arc<dyn Desk> {
        let desk = self.desk(upstream);
        desk.link(0, LinkState::Up);
        desk
    }

    pub(crate) async fn prepare(&self, submission: Submission) -> Prepared {
        let prepared = self.engine.prepare(&account(), vec![submission]).await;
        prepared.unwrap().remove(0).unwrap()
    }

    pub(crate) async fn submit(&self, submission: Submission) -> MessageId {
        let prepared = self.prepare(submission).await;
        let id = prepared.message.id;
        assert_eq!(self.engine.commit(vec![prepared], None).await.unwrap(), Accepted::ALL);
        id
    }

    pub(crate) async fn state(&self, id: MessageId) -> State {
        self.engine.history(OWN, id).await.unwrap().unwrap().state
    }

    /// The next end that the account's sessions are told of: the message, and how it ended.
    pub(crate) async fn end(&self) -> (MessageId, Outcome) {
        let take = self.engine.take(LANE, 1);
        let notice =
            tokio::time::timeout(Duration::from_secs(60), take).await.expect("no notice came").remove(0);
        let told = Told { notice: notice.id, again: None, failed: 0, attempt: None };
        self.engine.told(LANE, vec![told]);
        match notice.what {
            What::Ended { message, outcome } => (message.id, outcome),
            What::Received { .. } | What::Consent { .. } => unreachable!("no handset writes"),
        }
    }
}

/// Brings receipts.
pub(crate) async fn hear(desk: &Arc<dyn Desk>, reports: Vec<Report>) {
    desk.heard(reports.into_iter().map(Heard::Report).collect()).await.unwrap();
}

pub(crate) fn store(directory: &Path) -> Arc<Sqlite> {
    Sqlite::open(directory, postrider_store::sqlite::Settings::default()).unwrap()
}

pub(crate) fn account() -> Account {
    Account {
        id: ACCOUNT,
        name: "shop".into(),
        enabled: true,
        keys: Vec::new(),
        login: None,
        webhook: None,
        country: None,
        default_sender: None,
        default_class: Class::Transactional,
        default_validity: Duration::from_hours(24),
        rate: None,
        request_rate: postrider_core::account::REQUEST_RATE,
        queue_max: None,
        quota: postrider_core::budget::PartLimits::default(),
        policy: Policy::default(),
        billing: None,
        retention: Retention::default(),
        conversations: Default::default(),
    }
}

/// Two upstreams, and one route that has both.
pub(crate) fn rules() -> Arc<Rules> {
    rules_with(ReferenceForm::Auto)
}

/// The same, when the first upstream is known to spell names so.
pub(crate) fn rules_with(first: ReferenceForm) -> Arc<Rules> {
    rules_of(first, false)
}

/// The same, when the first upstream also reports messages of several parts by one receipt or doesn't.
pub(crate) fn rules_of(first: ReferenceForm, one_receipt: bool) -> Arc<Rules> {
    rules_made(first, one_receipt, Unanswered::USUAL)
}

/// The same, when nothing that was never answered is sent again, and what may be heard of it is waited for.
pub(crate) fn rules_that_hold() -> Arc<Rules> {
    rules_made(ReferenceForm::Auto, false, [Unanswered::Hold; Class::COUNT])
}

/// The same, when only these of the upstreams are left, and these routes.
pub(crate) fn rules_left(generation: u64, left: &[UpstreamId], routes: Vec<Route>) -> Arc<Rules> {
    let rules = rules();
    let upstreams = rules.upstreams().filter(|upstream| left.contains(&upstream.id));
    let upstreams = upstreams.map(|upstream| (**upstream).clone()).collect();
    Arc::new(Rules::new(generation, vec![account()], upstreams, Table::new(routes)))
}

/// The same, when both upstreams lead to this place.
pub(crate) fn rules_at(place: &str) -> Arc<Rules> {
    let rules = rules();
    let upstreams =
        rules.upstreams().map(|upstream| Upstream { place: place.into(), ..(**upstream).clone() });
    Arc::new(Rules::new(2, vec![account()], upstreams.collect(), rules.table.clone()))
}

fn rules_made(first: ReferenceForm, one_receipt: bool, unanswered: [Unanswered; Class::COUNT]) -> Arc<Rules> {
    let upstream = |id, name: &str| Upstream {
        id,
        name: name.into(),
        enabled: true,
        rate: None,
        window: WINDOW,
        binds: 1,
        reference_form: if id == FIRST { first } else { ReferenceForm::Auto },
        parts_wait: postrider_core::inbound::parts::PARTS_WAIT,
        one_receipt,
        unanswered,
        retries: postrider_core::retry::Retries::default(),
        reserved: postrider_core::rules::RESERVED_USUAL,
        full_at: None,
        limits: postrider_core::budget::PartLimits::default(),
        bind_limits: postrider_core::budget::PartLimits::default(),
        each_bind: Vec::new(),
        not_from: Vec::new(),
        ask: (id == FIRST).then_some(Ask { after: ASK_AFTER, rate: 2 }),
        carrier: Some("world".into()),
        carriage: postrider_core::carriage::Carriage::default(),
        place: "carrier.example:2775".into(),
    };
    let route = Route::by_prefix("world", "", &[FIRST, SECOND]);
    let upstreams = vec![upstream(FIRST, "first"), upstream(SECOND, "second")];
    Arc::new(Rules::new(1, vec![account()], upstreams, Table::new(vec![route])))
}

pub(crate) fn text(text: &str) -> Submission {
    Submission {
        to: "+447700900123".into(),
        body: Some(Body::Text(text.into())),
        via: Some(Via::Session),
        ..Submission::default()
    }
}

/// A message to this number.
pub(crate) fn to_number(digits: u64) -> Submission {
    Submission { to: format!("+{digits}"), ..text("hello") }
}

/// Takes one delivery, waiting for it.
pub(crate) async fn take_one(desk: &Arc<dyn Desk>) -> Delivery {
    let waiting = async {
        let mut seen = 0;
        loop {
            if let Some(delivery) = desk.take(1).pop() {
                return delivery;
            }
            seen = desk.work(seen).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("nothing to send")
}

/// Takes until it has so many.
pub(crate) async fn take_many(desk: &Arc<dyn Desk>, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(take_one(desk).await);
    }
    taken
}

/// Asks for work for ever, and gets none.
pub(crate) async fn takes_nothing(desk: &Arc<dyn Desk>) {
    let mut seen = 0;
    loop {
        assert!(desk.take(10).is_empty());
        seen = desk.work(seen).await;
    }
}

pub(crate) fn answer(desk: &Arc<dyn Desk>, delivery: Delivery, outcomes: Vec<PartOutcome>) {
    let parts = u8::try_from(outcomes.len()).unwrap();
    let outcomes = (0..).zip(outcomes).filter(|(part, _)| !delivery.taken.has(*part)).collect();
    desk.answered(vec![Answer { delivery, parts, outcomes }]);
}

pub(crate) fn accepted(reference: &str) -> PartOutcome {
    PartOutcome::Accepted(Some(reference.into()))
}

pub(crate) fn refused(kind: FaultKind) -> PartOutcome {
    PartOutcome::Refused(Fault { kind, cause: "throttled 0x00000058 ESME_RTHROTTLED".into() })
}

pub(crate) fn report(reference: &str, reported: Reported) -> Report {
    Report::new(reference, reported)
}
