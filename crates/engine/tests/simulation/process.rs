//! A process: one node's engine with its adapters and its webhooks, from its start to its crash or its stop.

use crate::access::Access;
use crate::adapter::{Adapter, Place};
use crate::client;
use crate::life::Life;
use crate::membership::Company;
use crate::seen::Seen;
use crate::world::World;
use postrider_core::contract::{Store, StoreError};
use postrider_core::node::Nodes;
use postrider_engine::{Clock, Engine, Settings};
use postrider_store::sqlite;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a process that stops in order waits for what is under way.
const CLOSING: Duration = Duration::from_secs(10);

/// A running process.
pub(crate) struct Process {
    pub(crate) life: Arc<Life>,
    /// What it does for others, which ends before it does when it stops in order.
    service: Arc<Life>,
    pub(crate) engine: Arc<Engine>,
    adapters: Mutex<Vec<JoinHandle<()>>>,
    others: Mutex<Vec<JoinHandle<()>>>,
}

impl Process {
    /// Starts one as this node.
    ///
    /// # Errors
    /// When the store can't be reached.
    pub(crate) async fn start(world: &Arc<World>, number: u8) -> Result<Arc<Self>, StoreError> {
        let life = Arc::new(Life::begin(number));
        let settings = sqlite::Settings { node: number, ..sqlite::Settings::default() };
        let store = world.memory.open(settings).unwrap();
        world.witness.saw(number, Seen::Died(number));
        let company = world.registry.as_ref().map(|registry| Company::join(registry, &life));
        let access = Arc::new(Access {
            store,
            life: Arc::clone(&life),
            weather: Arc::clone(&world.weather),
            witness: Arc::clone(&world.witness),
            clock: world.clock,
            company,
            plant: world.scenario.plant,
            in_doubt: Mutex::default(),
        });
        let engine = engine(world, access).await.inspect_err(|_| {
            life.end();
        })?;
        let service = Arc::new(Life::begin(number));
        let process =
            Arc::new(Self { life, service, engine, adapters: Mutex::default(), others: Mutex::default() });
        process.open(world);
        Ok(process)
    }

    fn open(self: &Arc<Self>, world: &Arc<World>) {
        let mut adapters = Vec::new();
        for upstream in &world.scenario.upstreams {
            let place = Place {
                upstream: upstream.clone(),
                manners: world.scenario.manners[&upstream.id],
                desk: self.engine.desk(upstream.id).unwrap(),
                carriers: Arc::clone(&world.carriers),
                witness: Arc::clone(&world.witness),
                handsets: Arc::clone(&world.handsets),
                life: Arc::clone(&self.life),
                odds: world.scenario.odds,
                plant: world.scenario.plant,
                service: Arc::clone(&self.service),
            };
            adapters.push(tokio::spawn(Adapter::new(place, world.fork("adapter")).run()));
        }
        *self.adapters.lock().unwrap_or_else(PoisonError::into_inner) = adapters;
        let webhooks = client::post(Arc::clone(world), Arc::clone(self), world.fork("webhooks"));
        let replaced = end_when_replaced(Arc::clone(world), Arc::clone(self));
        *self.others.lock().unwrap_or_else(PoisonError::into_inner) =
            vec![tokio::spawn(webhooks), tokio::spawn(replaced)];
    }

    /// Whether it takes anything in.
    pub(crate) fn serves(&self) -> bool {
        !self.service.is_over() && !self.life.is_over()
    }

    /// Returns when it takes nothing in any more.
    pub(crate) async fn served(&self) {
        self.service.over().await;
    }

    /// Dies in the middle of everything.
    pub(crate) fn crash(&self, world: &World) {
        if !self.life.end() {
            return;
        }
        self.service.end();
        for tasks in [&self.adapters, &self.others] {
            tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|task| task.abort());
        }
        world.witness.saw(self.life.node, Seen::Died(self.life.node));
    }

    /// Stops in order.
    pub(crate) async fn stop(&self, world: &World) {
        self.engine.drain();
        self.service.end();
        let adapters = std::mem::take(&mut *self.adapters.lock().unwrap_or_else(PoisonError::into_inner));
        for adapter in adapters {
            // It was aborted if the process has crashed meanwhile.
            drop(adapter.await);
        }
        self.engine.close(CLOSING).await;
        self.crash(world);
    }
}

async fn engine(world: &World, access: Arc<Access>) -> Result<Arc<Engine>, StoreError> {
    let settings = Settings { receipt_wait: crate::scenario::RECEIPT_WAIT, ..Settings::default() };
    let off = if world.registry.is_some() { world.fork("clock").between(0, 2_000) as i64 - 1_000 } else { 0 };
    let clock: Arc<dyn Clock> = Arc::new(world.clock.off_by(off));
    let (store, nodes): (Arc<dyn Store>, Arc<dyn Nodes>) = (Arc::clone(&access) as _, access);
    Engine::start(settings, store, nodes, clock, world.scenario.rules()).await
}

/// A process that isn't its node any more ends.
async fn end_when_replaced(world: Arc<World>, process: Arc<Process>) {
    process.engine.superseded().await;
    process.crash(&world);
}
