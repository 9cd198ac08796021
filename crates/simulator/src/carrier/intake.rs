//! Submissions are judged, counted and recorded, and their receipts are put on the agenda.

use super::judge::Verdict;
use super::mail::{Endpoint, Mail, Receipt, Short, Snippet, letters};
use super::part::{Answered, Submission};
use super::world::{Client, Heard, World};
use super::{Alphabet, Answer, Delay, Fate, Parts, Reply, State};
use postrider_wire::smpp::Status;
use std::time::{Duration, Instant};

/// How much earlier a receipt is than the answer it comes before.
const HEAD_START: Duration = Duration::from_millis(250);

/// How far the identifiers of messages that nobody sent are from those of others.
const STRANGER: u64 = 1_000_000_000;

/// The bits of registered_delivery that ask for a final receipt (SMPP 3.4 section 5.2.17).
const WANTS_RECEIPT: u8 = 0x03;

/// The time, in both of its kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Instant,
    /// Seconds since 1970.
    pub(crate) clock: u64,
}

/// How and when a submission is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reaction {
    Answer { at: Instant, result: Result<u64, Status> },
    Ignore,
    HangUp,
}

impl World {
    /// A submission, the `nth` on its connection, from 1.
    pub(crate) fn submit(
        &mut self,
        client: &Client,
        submission: &Submission<'_>,
        nth: u64,
        moment: Moment,
    ) -> Reaction {
        let Some(desk) = self.desks.get_mut(&client.system_id) else { return Reaction::Ignore };
        let verdict = self.judge.judge(submission, nth, &mut desk.throttle, moment.now);
        self.count_verdict(&verdict);
        let at = moment.now + self.delay(self.settings().answer_delay);
        match verdict {
            Verdict::Accept(fate) => self.accept(client, submission, &fate, at, moment),
            Verdict::Refuse(status) => {
                if self.settings().receipts_of.refused {
                    let id = self.take_id();
                    let fate = Fate::ends(&[State::Undeliverable]);
                    self.plan_receipts(client, submission, id, &fate, at, moment.clock);
                }
                self.keep(client, submission, || Answered::Refused(status));
                Reaction::Answer { at, result: Err(status) }
            }
            Verdict::Ignore => {
                self.keep(client, submission, || Answered::Never);
                Reaction::Ignore
            }
            Verdict::HangUp => {
                self.keep(client, submission, || Answered::Never);
                Reaction::HangUp
            }
        }
    }

    fn count_verdict(&mut self, verdict: &Verdict) {
        self.counts.submitted += 1;
        match verdict {
            Verdict::Accept(_) => self.counts.accepted += 1,
            Verdict::Refuse(Status::RTHROTTLED) => self.counts.throttled += 1,
            Verdict::Refuse(_) => self.counts.refused += 1,
            Verdict::Ignore | Verdict::HangUp => self.counts.unanswered += 1,
        }
    }

    fn accept(
        &mut self,
        client: &Client,
        submission: &Submission<'_>,
        fate: &Fate,
        at: Instant,
        moment: Moment,
    ) -> Reaction {
        let id = self.take_id();
        let ids = self.settings().ids;
        self.counts.duplicates += u64::from(self.record.is_duplicate(submission));
        self.keep(client, submission, || Answered::Accepted(ids.spell(id)));
        self.tell_listeners(client, submission, id, fate);
        self.show(submission, moment);
        let (at, first) = match fate.answer {
            Answer::AcceptAfterReceipt => (at.max(moment.now + HEAD_START), moment.now),
            // A receipt that is due at the same moment as a delayed answer might overtake it.
            _ if at > moment.now => (at, at + self.receipt_delay(fate).max(HEAD_START)),
            _ => (at, at + self.receipt_delay(fate)),
        };
        let after = self.plan_receipts(client, submission, id, fate, first, moment.clock);
        if let Some(reply) = &fate.reply {
            self.reply(client, submission, reply, after);
        }
        Reaction::Answer { at, result: Ok(id) }
    }

    /// A new identifier.
    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        match self.settings().ids_wrap {
            Some(wrap) => id % wrap.max(1) + 1,
            None => id,
        }
    }

    /// Puts the receipts on the agenda, from `due` on, and returns when the last one was out.
    fn plan_receipts(
        &mut self,
        client: &Client,
        submission: &Submission<'_>,
        id: u64,
        fate: &Fate,
        mut due: Instant,
        submitted: u64,
    ) -> Instant {
        let of = self.settings().receipts_of;
        if submission.registered_delivery & WANTS_RECEIPT == 0 || !is_reported(submission, of.parts) {
            return due;
        }
        let (handset, sender) = (Endpoint::from(&submission.destination), Endpoint::from(&submission.source));
        let snippet = snippet(submission);
        for &state in &fate.receipts {
            let bind = client.bind;
            let receipt = Receipt { id, handset, client: sender, state, submitted, snippet, bind };
            if of.strangers {
                let stranger = Receipt { id: id + STRANGER, ..receipt };
                self.plan(due, &client.system_id, Mail::Receipt(stranger));
            }
            for _ in 0..fate.copies {
                self.plan(due, &client.system_id, Mail::Receipt(receipt));
            }
            if fate.receipts.len() > 1 {
                due += self.receipt_delay(fate);
            }
        }
        due
    }

    fn receipt_delay(&mut self, fate: &Fate) -> Duration {
        match fate.receipt_delay {
            Some(delay) => delay,
            None => self.delay(self.settings().receipt_delay),
        }
    }

    fn delay(&mut self, delay: Delay) -> Duration {
        if delay.least == delay.most {
            delay.least
        } else {
            self.judge.dice().between(delay.least, delay.most)
        }
    }

    fn keep(&mut self, client: &Client, submission: &Submission<'_>, answered: impl Fn() -> Answered) {
        if self.record.keeps_parts() {
            let alphabet = self.settings().alphabet;
            self.record.keep(submission.part(client.bind, &client.system_id, alphabet, answered()));
        }
    }

    fn tell_listeners(&self, client: &Client, submission: &Submission<'_>, id: u64, fate: &Fate) {
        if self.heard.receiver_count() == 0 {
            return;
        }
        let answered = Answered::Accepted(self.settings().ids.spell(id));
        let part = submission.part(client.bind, &client.system_id, self.settings().alphabet, answered);
        // That nobody listens any more is no error.
        let _ = self.heard.send(Heard { part, reaches_handset: fate.reaches_handset() });
    }

    fn reply(&mut self, client: &Client, submission: &Submission<'_>, reply: &Reply, due: Instant) {
        let part = submission.part(client.bind, &client.system_id, self.settings().alphabet, Answered::Never);
        if part.concat().is_some_and(|concat| concat.number != concat.total) {
            return;
        }
        let text = match reply {
            Reply::Echo => part.text(),
            Reply::Text(text) => text.clone(),
        };
        let (handset, sender) = (Endpoint::from(&submission.destination), Endpoint::from(&submission.source));
        for mail in letters(handset, sender, &text, self.judge.dice().next()) {
            self.plan(due, &client.system_id, mail);
        }
    }
}

/// Whether receipts are sent for this part of its message.
fn is_reported(submission: &Submission<'_>, parts: Parts) -> bool {
    // To look for the number costs a copy.
    if parts == Parts::Each {
        return true;
    }
    let part = submission.part(0, &"".into(), Alphabet::default(), Answered::Never);
    part.concat().is_none_or(|concat| match parts {
        Parts::Each => true,
        Parts::First => concat.number == 1,
        Parts::Last => concat.number == concat.total,
    })
}

/// The beginning of a text that a receipt repeats, as far as its characters are plain enough.
fn snippet(submission: &Submission<'_>) -> Snippet {
    let (_, text) = submission.split();
    let plain = |octet: &u8| octet.is_ascii_graphic() || *octet == b' ';
    let end = text.iter().take(Snippet::MOST).position(|octet| !plain(octet)).unwrap_or(text.len());
    Short::of(text.get(..end).unwrap_or_default())
}
