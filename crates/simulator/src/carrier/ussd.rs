//! Handsets' USSD dialogues over SMPP: a handset dials a code, and answers page after page with what it was told to enter.

use super::intake::Moment;
use super::mail::{Endpoint, Inbound, Mail};
use super::part::Submission;
use super::world::World;
use postrider_text::{Encoding, coding, segment};
use postrider_wire::smpp::tlv::tag;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// Values of `ussd_service_op` (SMPP 3.4, 5.3.2.44): a handset begins, is asked, and answers.
const BEGINS: u8 = 1;
const ASKED: u8 = 2;
const ANSWERS: u8 = 18;

/// A dialogue of a handset.
#[derive(Clone, Debug)]
struct Dialogue {
    system_id: Arc<str>,
    handset: Endpoint,
    service: Endpoint,
    /// What is still to be entered.
    entries: VecDeque<Box<str>>,
    screens: Vec<String>,
    is_over: bool,
}

/// The dialogues of a carrier's handsets, by the number in `its_session_info`.
#[derive(Debug, Default)]
pub(crate) struct Dialogues {
    last: u8,
    all: BTreeMap<u8, Dialogue>,
}

impl World {
    /// A handset dials a code, and enters these answers when it is asked. Returns the dialogue's number.
    pub(crate) fn dial(
        &mut self,
        system_id: &str,
        from: &str,
        code: &str,
        entries: &[&str],
        now: Instant,
    ) -> u8 {
        self.dialogues.last = self.dialogues.last.wrapping_add(1);
        let number = self.dialogues.last;
        let dialogue = Dialogue {
            system_id: system_id.into(),
            handset: Endpoint::number(from),
            service: Endpoint::number(code.trim_matches(['*', '#'])),
            entries: entries.iter().map(|entry| (*entry).into()).collect(),
            screens: Vec::new(),
            is_over: false,
        };
        let begins = letter(&dialogue, code, BEGINS, [number, 0]);
        self.plan(now, &Arc::clone(&dialogue.system_id), begins);
        self.dialogues.all.insert(number, dialogue);
        self.lay_out(now);
        number
    }

    /// The pages that a handset was shown, and whether the dialogue is over.
    pub(crate) fn screens(&self, number: u8) -> (Vec<String>, bool) {
        let dialogue = self.dialogues.all.get(&number);
        dialogue.map_or((Vec::new(), true), |dialogue| (dialogue.screens.clone(), dialogue.is_over))
    }

    /// Shows a page to its handset, if a submission is one; the handset's answer follows.
    pub(crate) fn show(&mut self, submission: &Submission<'_>, moment: Moment) {
        let Some(operation) = submission.tlvs.number::<u8>(tag::USSD_SERVICE_OP) else { return };
        let Some(&[number, sequence]) = submission.tlvs.get(tag::ITS_SESSION_INFO) else { return };
        let alphabet = self.settings().alphabet;
        let Some(dialogue) = self.dialogues.all.get_mut(&number) else { return };
        let (encoding, octets) = match coding::of_data_coding(submission.data_coding).encoding {
            Encoding::Gsm7 => alphabet.read(0, submission.user_data),
            encoding => (encoding, submission.user_data.to_vec()),
        };
        dialogue.screens.push(segment::decode(encoding, &[], &octets));
        dialogue.is_over = operation != ASKED;
        let Some(entry) = dialogue.entries.pop_front().filter(|_| operation == ASKED) else { return };
        let answer = letter(dialogue, &entry, ANSWERS, [number, (sequence | 1).wrapping_add(1)]);
        let system_id = Arc::clone(&dialogue.system_id);
        self.plan(moment.now, &system_id, answer);
    }
}

/// What a handset enters.
fn letter(dialogue: &Dialogue, text: &str, operation: u8, info: [u8; 2]) -> Mail {
    Mail::Inbound(Box::new(Inbound {
        handset: dialogue.handset,
        client: dialogue.service,
        esm_class: 0,
        data_coding: 0,
        octets: text.as_bytes().to_vec(),
        ussd: Some((operation, info)),
    }))
}
