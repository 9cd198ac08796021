//! Clients: they hand messages in, change their minds, ask, and are told; and they hang up, repeat themselves and don't
//! answer, as the dice say.

use crate::clock::instant;
use crate::dice::Dice;
use crate::process::Process;
use crate::scenario::VALIDITY_MAX;
use crate::seen::{Offered, Seen};
use crate::world::World;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{Accepted, Archive, Cancel, Decided, Intake, Live, Once, Outbox, Told};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class, Receipts, Via};
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::principal::Viewer;
use postrider_core::retry;
use postrider_core::submission::Submission;
use postrider_engine::Clock;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, sleep_until};

/// How long a client waits for the answer to a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a client repeats a request that came to nothing.
const TRIES: u32 = 3;
/// Messages that a client remembers.
const RECENT: usize = 30;

/// A client that hands messages in.
pub(crate) struct Sender {
    world: Arc<World>,
    account: Account,
    dice: Dice,
    recent: VecDeque<MessageId>,
}

impl Sender {
    pub(crate) fn new(world: Arc<World>, account: Account, dice: Dice) -> Self {
        Self { world, account, dice, recent: VecDeque::new() }
    }

    /// Sends for as long as the run is busy.
    pub(crate) async fn run(mut self) {
        while !self.world.is_calm() {
            sleep(self.dice.span(Duration::ZERO, self.world.scenario.pause * 3)).await;
            match self.dice.between(0, 9) {
                0 => self.change().await,
                1 | 2 => self.ask().await,
                _ => self.request().await,
            }
        }
    }

    async fn request(&mut self) {
        let count = match self.dice.between(0, 99) {
            0 => self.dice.between(50, 150),
            1..=9 => self.dice.between(2, 20),
            _ => 1,
        };
        let key = self.dice.chance(200).then(|| format!("key-{}", self.dice.throw()).into_boxed_str());
        let submissions: Vec<Submission> = (0..count).map(|_| self.submission()).collect();
        for _ in 0..TRIES {
            let Some(process) = self.world.node(&mut self.dice) else { return };
            if self.hand_in(&process, submissions.clone(), key.clone()).await {
                // A client that lost the answer asks again.
                let odds = self.world.odds().client;
                if key.is_none() || !self.dice.chance(odds) {
                    return;
                }
            }
            sleep(self.dice.span(Duration::from_millis(10), Duration::from_secs(5))).await;
        }
    }

    /// Hands a batch in; says whether it was accepted.
    async fn hand_in(
        &mut self,
        process: &Process,
        submissions: Vec<Submission>,
        key: Option<Box<str>>,
    ) -> bool {
        let world = Arc::clone(&self.world);
        let node = process.life.node;
        let prepared = tokio::select! {
            biased;
            () = process.life.over() => return false,
            prepared = process.engine.prepare(&self.account, submissions) => prepared,
        };
        let Ok(prepared) = prepared else { return false };
        let prepared: Vec<_> = prepared.into_iter().filter_map(Result::ok).collect();
        if prepared.is_empty() {
            return true;
        }
        let batch = world.next_number();
        let ids: Vec<MessageId> = prepared.iter().map(|prepared| prepared.message.id).collect();
        let messages = prepared
            .iter()
            .map(|it| Offered { message: Arc::clone(&it.message), upstream: it.upstream })
            .collect();
        world.witness.saw(node, Seen::Offered { batch, messages, key: key.clone() });
        let account = self.account.id;
        let decided = || ids.iter().map(|id| Decided::Accepted(*id)).collect();
        let once = key.clone().map(|key| Once { account, request: request(&key), key, decided: decided() });
        let odds = world.odds().client;
        let patience = if self.dice.chance(odds) { Duration::from_millis(2) } else { PATIENCE };
        let accepted = tokio::select! {
            biased;
            () = process.life.over() => return false,
            accepted = process.engine.commit(prepared, once) => accepted,
            () = sleep(patience) => return false,
        };
        match (accepted, key) {
            (Ok(Accepted::Now { .. }), _) => {
                let durable = world.witness.are_stored(&ids).await;
                world.witness.saw(node, Seen::Accepted { batch, durable });
                self.recent.extend(ids);
                while self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
                true
            }
            (Ok(Accepted::Before(_)), Some(_)) => true,
            (Ok(_), _) => panic!("a key was used once and conflicts"),
            (Err(_), _) => false,
        }
    }

    fn submission(&mut self) -> Submission {
        let dice = &mut self.dice;
        let prefix = *dice.pick(&["+447700900", "+491512000"]);
        let text =
            if dice.chance(150) { "long ".repeat(dice.between(33, 120) as usize) } else { "short".into() };
        let now = self.world.clock.now();
        let later = dice.chance(50);
        let number = dice.between(0, 999);
        Submission {
            to: format!("{prefix}{number:03}"),
            // Without dice: what is drawn else stays as it was.
            ordering_key: (number < 80).then(|| format!("key-{}", number % 3)),
            body: Some(Body::Text(text.into())),
            class: Some(*dice.pick(&Class::ALL)),
            send_at: later.then(|| now + dice.span(Duration::from_secs(1), Duration::from_mins(20))),
            valid_for: dice.chance(300).then(|| dice.span(Duration::from_secs(5), VALIDITY_MAX)),
            receipts: *dice.pick(&[
                Receipts::All,
                Receipts::All,
                Receipts::None,
                Receipts::Failures,
                Receipts::Successes,
            ]),
            via: Some(*dice.pick(&[Via::Session, Via::Session, Via::Webhook, Via::Asking])),
            ..Submission::default()
        }
    }

    /// Cancels a message, or gives it another body, once.
    async fn change(&mut self) {
        let Some(process) = self.world.node(&mut self.dice) else { return };
        if self.recent.is_empty() {
            return;
        }
        let place = self.dice.throw() as usize % self.recent.len();
        let Some(message) = self.recent.remove(place) else { return };
        let (node, account, engine) = (process.life.node, self.account.id, &process.engine);
        self.world.witness.saw(node, Seen::Disturbed(message));
        let body = Body::Text(format!("changed {}", self.dice.throw()).into());
        let cancels = self.dice.chance(500);
        let changing = async {
            if cancels {
                engine.cancel(Viewer::Account(account), message).await
            } else {
                engine.replace(account, message, body.clone()).await
            }
        };
        let changed = tokio::select! {
            biased;
            () = process.life.over() => return,
            changed = changing => changed,
        };
        if matches!(changed, Ok(Cancel::Done)) {
            let seen = if cancels { Seen::Canceled(message) } else { Seen::Replaced { message, body } };
            self.world.witness.saw(node, seen);
        }
    }

    async fn ask(&mut self) {
        let Some(process) = self.world.node(&mut self.dice) else { return };
        let Some(message) = self.recent.get(self.dice.throw() as usize % RECENT).copied() else { return };
        let history = tokio::select! {
            biased;
            () = process.life.over() => return,
            history = process.engine.history(Viewer::Account(self.account.id), message) => history,
        };
        if let Ok(Some(history)) = history {
            let seen = Seen::Asked { message, state: history.state, outcome: history.outcome };
            self.world.witness.saw(process.life.node, seen);
        }
    }
}

/// What tells the request of a key from others.
fn request(key: &str) -> [u8; 32] {
    let mut request = [0; 32];
    request.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
    request
}

/// A session of an account, which is told; it goes from node to node.
pub(crate) async fn listen(world: Arc<World>, account: AccountId, mut dice: Dice) {
    let lane = Lane::Sessions(account);
    loop {
        let Some(process) = world.node(&mut dice) else {
            sleep(Duration::from_secs(1)).await;
            continue;
        };
        process.engine.session(account, true);
        let ends = instant() + dice.span(Duration::from_secs(30), Duration::from_mins(30));
        loop {
            let most = dice.between(1, 20) as usize;
            let notices = tokio::select! {
                biased;
                () = process.served() => break,
                () = sleep_until(ends) => break,
                notices = process.engine.take(lane, most) => notices,
            };
            tell(&world, &process, lane, notices, &mut dice).await;
        }
        process.engine.session(account, false);
        let away = if world.is_calm() { 2 } else { 120 };
        sleep(dice.span(Duration::from_millis(100), Duration::from_secs(away))).await;
    }
}

/// Posts the webhooks of a process.
pub(crate) async fn post(world: Arc<World>, process: Arc<Process>, mut dice: Dice) {
    loop {
        let notices = tokio::select! {
            biased;
            () = process.served() => return,
            notices = process.engine.take(Lane::Webhooks, 20) => notices,
        };
        tell(&world, &process, Lane::Webhooks, notices, &mut dice).await;
    }
}

/// What is seen where a notice is told.
fn told(lane: Lane, what: &What) -> Seen {
    match what {
        What::Ended { message, outcome } => {
            Seen::Told { lane, message: Arc::clone(message), outcome: outcome.clone() }
        }
        What::Received { received, .. } => {
            let text = received.inbound.text().and_then(|text| text.strip_prefix("hello ")?.parse().ok());
            Seen::ToldText { lane, message: received.id, text: text.unwrap_or(0) }
        }
        What::Consent { .. } => unreachable!("no account has a webhook"),
    }
}

/// Tells notices, and says what came of it.
async fn tell(world: &World, process: &Process, lane: Lane, notices: Vec<Notice>, dice: &mut Dice) {
    let mut notices = VecDeque::from(notices);
    while let Some(notice) = notices.pop_front() {
        let odds = world.odds().client;
        let slow = dice.chance(odds);
        sleep(dice.span(Duration::ZERO, Duration::from_millis(if slow { 20_000 } else { 50 }))).await;
        if process.life.is_over() {
            return;
        }
        if !process.serves() || dice.chance(odds / 4) {
            notices.push_front(notice);
            process.engine.give_back(lane, notices.into());
            return;
        }
        let (node, message) = (process.life.node, MessageId::from_number(notice.id.number()));
        // Who is taken for dead tells what others tell too.
        let doubted = || process.life.is_doubted().then(|| world.witness.saw(node, Seen::NotTold(message)));
        doubted();
        world.witness.saw(node, told(lane, &notice.what));
        doubted();
        let fails = dice.chance(odds);
        let failed = notice.failed + u16::from(fails);
        let again = fails.then(|| retry::notice(failed, message.number(), world.clock.now())).flatten();
        if fails {
            world.witness.saw(node, Seen::NotTold(message));
        }
        process.engine.told(lane, vec![Told { notice: notice.id, again, failed, attempt: None }]);
    }
}
