//! How mail gets from the agenda to the desks, from the desks to the binds, and back if a client doesn't take it.

use super::ReceiptsTo;
use super::desk::Desk;
use super::mail::{Endpoint, Inbound, Mail, letters};
use super::part::UDHI;
use super::world::{Client, World};
use postrider_wire::smpp::Status;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long mail waits that a client has refused for the time being.
const SECOND_TRY: Duration = Duration::from_secs(1);

impl World {
    /// Lays on the desks what is due, and wakes who can carry it away. Returns when the next is due.
    pub(crate) fn lay_out(&mut self, now: Instant) -> Option<Instant> {
        let mut touched: Option<Arc<str>> = None;
        for (system_id, mail) in self.agenda.take_due(now) {
            let desk = match self.desks.get_mut(&system_id) {
                Some(desk) => desk,
                None => self.desks.entry(Arc::clone(&system_id)).or_insert_with(|| Desk::new(now)),
            };
            self.counts.dropped += u64::from(!desk.leave(mail));
            if touched.as_ref() != Some(&system_id)
                && let Some(before) = touched.replace(system_id)
            {
                self.wake_for(&before);
            }
        }
        if let Some(last) = touched {
            self.wake_for(&last);
        }
        self.agenda.next()
    }

    fn wake_for(&mut self, system_id: &str) {
        let anywhere = self.settings().receipts_to == ReceiptsTo::Any;
        match self.desks.get_mut(system_id) {
            Some(desk) if anywhere => desk.wake(),
            // The bind that takes it looks whether it may.
            Some(desk) => desk.wake_all(),
            None => {}
        }
    }

    /// The next mail for a client.
    pub(crate) fn fetch(&mut self, client: &Client) -> Option<Mail> {
        let to = self.settings().receipts_to;
        self.desks.get_mut(&client.system_id)?.take(client.bind, to)
    }

    /// Whether mail waits for a client that must not go on any of the binds that it has.
    pub(crate) fn awaits_later_bind(&self, client: &Client) -> bool {
        self.settings().receipts_to == ReceiptsTo::LaterBind
            && self.desks.get(&client.system_id).is_some_and(|desk| desk.waiting() > 0)
    }

    /// Says how much more mail a bind has room for, once it has fetched what it could.
    pub(crate) fn set_room(&mut self, client: &Client, room: usize) {
        if let Some(desk) = self.desks.get_mut(&client.system_id) {
            desk.set_room(client.bind, room);
        }
    }

    /// Mail that a client hasn't answered in time goes back to where it was.
    pub(crate) fn return_mail(&mut self, client: &Client, mail: Mail) {
        if let Some(desk) = self.desks.get_mut(&client.system_id) {
            desk.put_back(std::iter::once(mail));
        }
    }

    /// A client's answer to mail.
    pub(crate) fn answered(&mut self, client: &Client, mail: Mail, status: Status, now: Instant) {
        let counts = &mut self.counts;
        match (status, &mail) {
            (Status::ROK, Mail::Receipt(_)) => counts.receipts_taken += 1,
            (Status::ROK, Mail::Inbound(_)) => counts.inbound_taken += 1,
            (Status::RX_T_APPN | Status::RMSGQFUL | Status::RTHROTTLED | Status::RSYSERR, _) => {
                self.plan(now + SECOND_TRY, &client.system_id, mail);
            }
            (_, Mail::Receipt(_)) => counts.receipts_refused += 1,
            (_, Mail::Inbound(_)) => counts.inbound_refused += 1,
        }
    }

    /// A handset writes one part with a header to a client.
    pub(crate) fn say_octets(&mut self, system_id: &str, from: &str, to: &str, octets: &[u8], now: Instant) {
        let (handset, client) = (Endpoint::number(from), Endpoint::number(to));
        let octets = octets.to_vec();
        let part = Inbound { handset, client, esm_class: UDHI, data_coding: 0, octets, ussd: None };
        self.plan(now, &system_id.into(), Mail::Inbound(Box::new(part)));
        self.lay_out(now);
    }

    /// A handset writes to a client.
    pub(crate) fn say(&mut self, system_id: &str, from: &str, to: &str, text: &str, now: Instant) {
        let system_id: Arc<str> = system_id.into();
        let reference = self.judge.dice().next();
        for mail in letters(Endpoint::number(from), Endpoint::number(to), text, reference) {
            self.plan(now, &system_id, mail);
        }
        self.lay_out(now);
    }
}
