//! Sessions of UCP and CIMD2 without a door or an engine. Only fuzz targets call this.

use super::conversation::{Conversation, Event, Reading, Reply, Submitted, too_fast};
use super::question::Found;
use super::{Protocol, Settings};
use crate::sessions::login::NotAdmitted;
use crate::{cimd2, ucp};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_text::Alphabet;
use postrider_wire::Endpoint as _;

/// The messages that octets of a client hand in, which come in these pieces. Each of its requests is refused.
pub fn submissions<'a>(
    protocol: Protocol,
    is_logged_in: bool,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Vec<Submission> {
    let (settings, now) = (Settings::default(), postrider_link::now());
    match protocol {
        Protocol::Ucp => {
            let mut conversation = ucp::Conversation::begin(&settings, now);
            if is_logged_in {
                conversation.endpoint().log_in();
            }
            heard(conversation, pieces)
        }
        Protocol::Cimd2 => {
            let mut conversation = cimd2::Conversation::begin(&settings, now);
            if is_logged_in {
                conversation.endpoint().log_in();
            }
            heard(conversation, pieces)
        }
    }
}

fn heard<'a, C: Conversation>(
    mut conversation: C,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Vec<Submission> {
    let reading = Reading { alphabet: Alphabet::Gsm7, offset: 60, now: Time(1_795_941_007_000) };
    let now = postrider_link::now();
    let mut handed_in = Vec::new();
    for piece in pieces {
        if conversation.endpoint().wants_input() {
            conversation.endpoint().input().extend_from_slice(piece);
        }
        while let Some(event) = conversation.next(reading, now) {
            match event {
                Event::Login { ask, .. } => conversation.admit(ask, Err(NotAdmitted::Wrong)),
                Event::Submit { ask, submissions } => {
                    let one = |submission: &Submission| Submitted {
                        to: submission.to.clone(),
                        result: Err(too_fast()),
                    };
                    let reply = Reply::Submitted(submissions.iter().map(one).collect());
                    conversation.answer(ask, &reply, reading, now);
                    handed_in.extend(submissions);
                }
                Event::Question { ask, question } => {
                    conversation.answer(ask, &Reply::Found(question, Found::Missing), reading, now);
                }
                Event::Answered { .. } | Event::Left | Event::Malformed(_) => {}
                Event::Closed { .. } => return handed_in,
            }
        }
    }
    handed_in
}
