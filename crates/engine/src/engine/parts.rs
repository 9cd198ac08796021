//! The parts that the engine's tasks work with, each made of what the engine holds.

use super::{Engine, Settings};
use crate::assembling::Assembling;
use crate::automation::Automating;
use crate::automation::acting::Acting;
use crate::automation::clock_events::ClockEvents;
use crate::automation::sending::Sending;
use crate::beat::Beat;
use crate::bookkeeping::Bookkeeping;
use crate::chores::Chores;
use crate::clock::Followed;
use crate::consent::{Changes, Responder};
use crate::inquiries::Inquiries;
use crate::ledger::{Ledger, Settling, Writer};
use crate::news::Listener;
use crate::people::People;
use crate::usage::Telling;
use std::sync::Arc;

impl Engine {
    pub(super) fn ledger(&self, settings: &Settings) -> Ledger {
        let writer = Arc::new(Writer {
            store: Arc::clone(&self.store),
            inbox: Arc::clone(&self.inbox),
            upstreams: Arc::clone(&self.upstreams),
            lanes: Arc::clone(&self.lanes),
            parts: Arc::clone(&self.parts),
            streams: Arc::clone(&self.streams),
            health: Arc::clone(&self.health),
            requests: self.settling(),
            counted: Arc::clone(&self.reception.counted),
        });
        Ledger {
            inbox: Arc::clone(&self.inbox),
            store: Arc::clone(&self.store),
            nodes: Arc::clone(&self.nodes),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            upstreams: Arc::clone(&self.upstreams),
            forms: Arc::clone(&self.forms),
            identifiers: Arc::clone(&self.reception.identifiers),
            peers: Arc::clone(&self.peers),
            patience: settings.patience,
            holdings: Arc::clone(&self.holdings),
            kept: settings.kept,
            writer,
        }
    }

    pub(super) fn beat(&self, settings: &Settings, clock: Arc<Followed>) -> Beat {
        Beat {
            address: settings.address.clone(),
            nodes: Arc::clone(&self.nodes),
            peers: Arc::clone(&self.peers),
            clock,
            rules: Arc::clone(&self.rules),
            upstreams: Arc::clone(&self.upstreams),
            shelves: Arc::clone(&self.shelves),
            lanes: Arc::clone(&self.lanes),
            inbox: Arc::clone(&self.inbox),
            submissions: Arc::clone(&self.reception.submissions),
            draining: Arc::clone(&self.draining),
            following: Arc::clone(&self.following),
            holdings: Arc::clone(&self.holdings),
        }
    }

    /// Follows what holds of numbers. Counters give nothing out before all of it is known.
    pub(super) fn follow_consent(&self) -> impl Future<Output = ()> + use<> {
        let upstreams = Arc::clone(&self.upstreams);
        Arc::clone(&self.following).follow(move || upstreams.all().iter().for_each(|counter| counter.bump()))
    }

    pub(super) fn listener(&self) -> Listener {
        Listener {
            nodes: Arc::clone(&self.nodes),
            upstreams: Arc::clone(&self.upstreams),
            shelves: Arc::clone(&self.shelves),
            lanes: Arc::clone(&self.lanes),
            forms: Arc::clone(&self.forms),
            following: Arc::clone(&self.following),
            inbox: Arc::clone(&self.inbox),
            clock: Arc::clone(&self.clock),
            declared: Arc::clone(&self.declared),
        }
    }

    pub(super) fn assembling(&self) -> Assembling {
        Assembling {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            identifiers: Arc::clone(&self.reception.identifiers),
            lanes: Arc::clone(&self.lanes),
            streams: Arc::clone(&self.streams),
            arrived: Arc::clone(&self.parts),
            holdings: Arc::clone(&self.holdings),
            settling: self.settling(),
        }
    }

    /// The changes that people make of what holds of numbers.
    pub(super) fn changes(&self) -> Changes {
        Changes {
            store: Arc::clone(&self.store),
            lanes: Arc::clone(&self.lanes),
            following: Arc::clone(&self.following),
            holdings: Arc::clone(&self.holdings),
            identifiers: Arc::clone(&self.reception.identifiers),
            streams: Arc::clone(&self.streams),
        }
    }

    pub(super) fn settling(&self) -> Arc<Settling> {
        Arc::new(Settling {
            following: Arc::clone(&self.following),
            responder: Responder {
                store: Arc::clone(&self.store),
                rules: Arc::clone(&self.rules),
                reception: Arc::clone(&self.reception),
            },
        })
    }

    pub(super) fn sending(&self) -> Arc<Sending> {
        Arc::new(Sending {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            reception: Arc::clone(&self.reception),
        })
    }

    pub(super) fn acting(&self) -> Arc<Acting> {
        let (services, records) = (Arc::clone(&self.services), Arc::clone(&self.records));
        Arc::new(Acting { sending: self.sending(), services, records, changes: self.changes() })
    }

    pub(super) fn automating(&self) -> Automating {
        Automating {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            lanes: Arc::clone(&self.lanes),
            acting: self.acting(),
        }
    }

    pub(super) fn clock_events(&self) -> ClockEvents {
        ClockEvents {
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            upstreams: Arc::clone(&self.upstreams),
            peers: Arc::clone(&self.peers),
            acting: self.acting(),
        }
    }

    pub(super) fn telling(&self) -> Telling {
        Telling {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            peers: Arc::clone(&self.peers),
            upstreams: Arc::clone(&self.upstreams),
            submissions: Arc::clone(&self.reception.submissions),
            known_numbers: Arc::clone(&self.reception.known_numbers),
            soon: Arc::clone(&self.upstreams.limiting.changed),
        }
    }

    pub(super) fn inquiries(&self) -> Inquiries {
        Inquiries {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            upstreams: Arc::clone(&self.upstreams),
        }
    }

    pub(super) fn bookkeeping(&self, settings: &Settings) -> Bookkeeping {
        Bookkeeping {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            peers: Arc::clone(&self.peers),
            streams: Arc::clone(&self.streams),
            acting: self.acting(),
            kept: settings.kept.records,
            dead: settings.dead,
        }
    }

    pub(super) fn chores(&self, settings: &Settings) -> Chores {
        Chores {
            store: Arc::clone(&self.store),
            health: Arc::clone(&self.health),
            clock: Arc::clone(&self.clock),
            rules: Arc::clone(&self.rules),
            upstreams: Arc::clone(&self.upstreams),
            peers: Arc::clone(&self.peers),
            inbox: Arc::clone(&self.inbox),
            records: Arc::clone(&self.records),
            arrivals: Arc::clone(&self.reception.arrivals),
            counted: Arc::clone(&self.reception.counted),
            ended_pauses: Arc::clone(&self.ended_pauses),
            every: settings.chores_every,
            receipt_wait: settings.receipt_wait,
            kept: settings.kept,
            audit_kept: settings.audit_kept,
            keep_events: settings.keep_events,
        }
    }

    pub(super) fn people(&self) -> People {
        People {
            store: Arc::clone(&self.store),
            records: Arc::clone(&self.records),
            holdings: Arc::clone(&self.holdings),
            changes: self.changes(),
            rules: self.rules.load_full(),
        }
    }
}
