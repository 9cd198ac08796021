//! What an adapter takes from its desk goes to the carrier: part by part, one after the other, or several texts in a request.

use super::{Adapter, LinkIs, REPEATS, STOPS, WRITES};
use crate::carrier::Written;
use crate::clock::instant;
use crate::flights::Turn;
use crate::manners::Turns;
use crate::scenario::Plant;
use crate::seen::{Seen, Taken};
use postrider_core::delivery::Delivery;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the dice make of a delivery on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Clear,
    /// The session breaks when so many of its parts are written.
    Breaks(usize),
}

impl Adapter {
    /// Fetches as much work as there is room for, and writes it.
    pub(super) fn fill(&mut self) {
        while !self.dry && !self.stopping {
            let share = self.share();
            let Some(index) = self.links.iter().position(|link| link.room(share) > 0) else { return };
            let mut taken = self.place.desk.take(self.links[index].room(share));
            self.dry = taken.is_empty();
            if self.place.plant == Some(Plant::Reversed) {
                taken.reverse();
            }
            match self.place.manners.turns {
                Turns::Requests(most) => self.request(index, taken, most),
                _ => taken.into_iter().for_each(|delivery| self.send(index, delivery)),
            }
        }
    }

    /// Writes one delivery, or the first of its parts.
    fn send(&mut self, index: usize, delivery: Delivery) {
        let to = delivery.message.to.digits();
        let parts = self.see(&delivery);
        let breaks = self.dice.chance(self.place.odds.carrier / 4);
        let way = if breaks { Way::Breaks(self.dice.between(0, parts as u64) as usize) } else { Way::Clear };
        let writable = match (&self.links[index].state, way) {
            (LinkIs::Up(_), Way::Clear) => parts,
            (LinkIs::Up(_), Way::Breaks(written)) => written,
            _ => 0,
        };
        self.links[index].flights.take_on(delivery, instant() + PATIENCE, writable);
        self.write(index);
        self.hear_handset(to);
        if way != Way::Clear {
            self.lose(index);
        }
    }

    /// Writes deliveries, so many in a request. One that breaks off leaves its own in doubt, and the link goes on.
    fn request(&mut self, index: usize, taken: Vec<Delivery>, most: usize) {
        let mut taken = taken.into_iter().peekable();
        while taken.peek().is_some() {
            let of_one: Vec<Delivery> = taken.by_ref().take(most).collect();
            let numbers: Vec<u64> = of_one.iter().map(|delivery| delivery.message.to.digits()).collect();
            let (breaks, is_written) = (self.dice.chance(self.place.odds.carrier / 2), self.dice.chance(700));
            let is_up = matches!(self.links[index].state, LinkIs::Up(_));
            let writable = usize::from(is_up && (is_written || !breaks));
            for delivery in of_one {
                self.see(&delivery);
                self.links[index].flights.take_on(delivery, instant() + PATIENCE, writable);
            }
            let tokens = self.write(index);
            if breaks {
                self.links[index].flights.lose(tokens);
            }
            numbers.into_iter().for_each(|number| self.hear_handset(number));
        }
    }

    /// Shows the checkers a delivery that was taken. Returns how many of its parts are to be sent.
    fn see(&self, delivery: &Delivery) -> usize {
        let parts = (0..delivery.message.parts).filter(|part| !delivery.taken.has(*part)).count();
        let (upstream, message) = (self.place.upstream.id, Arc::clone(&delivery.message));
        let taken = Taken { upstream, message, marked: delivery.possible_duplicate, parts };
        self.place.witness.saw(self.place.life.node, Seen::Taken(taken));
        parts
    }

    /// Writes the parts whose turn has come, and returns their tokens.
    pub(super) fn write(&mut self, index: usize) -> Vec<u64> {
        let link = &mut self.links[index];
        let LinkIs::Up(session) = &link.state else { return Vec::new() };
        let turns = link.flights.turns(instant() + PATIENCE, &mut self.token);
        let tokens = turns.iter().map(|turn| turn.token).collect();
        let written = turns.into_iter().map(|Turn { token, message, part, marked }| Written {
            token,
            node: session.node,
            message: message.id,
            part,
            to: message.to.digits(),
            marked,
        });
        match self.place.manners.turns {
            Turns::Requests(_) => session.carrier.write(session.number, written.collect()),
            _ => written.for_each(|part| session.carrier.write(session.number, vec![part])),
        }
        tokens
    }

    /// Perhaps the handset says STOP, or writes something else.
    fn hear_handset(&mut self, number: u64) {
        if self.stops.chance(STOPS) {
            self.hear_stop(number);
        }
        if self.stops.chance(WRITES) {
            let text = self.place.handsets.write(number, &self.place.life);
            self.hear_text(text, number);
        }
        if self.stops.chance(REPEATS)
            && let Some((text, from)) = self.place.handsets.repeat(&self.place.life)
        {
            self.hear_text(text, from);
        }
    }
}
