//! What recording costs: the four PDUs of a message on one side of the gateway, as they are read and written in batches.
//! Run with `cargo run --release -p postrider-trace --example recording_speed`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement of time, to be read by a person"
)]

use bytes::BytesMut;
use postrider_trace::{Direction, Ends, Recorder, Tape};
use postrider_wire::smpp::pdu::{DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp};
use postrider_wire::smpp::{Address, Encode, Status};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

const ROUNDS: usize = 5;
const MESSAGES: u32 = 1_000_000;
/// Connections that take turns, so that their rings don't all stay in the nearest cache.
const CONNECTIONS: usize = 16;

fn main() {
    for batch in [1, 4, 16, 64] {
        println!("{batch:3} PDUs a read: {:6.0} ns a message and side", best(batch));
    }
}

/// Nanoseconds a message in the best of a few rounds.
fn best(batch: u32) -> f64 {
    let recorder = Recorder::new();
    let ends = Ends { local: "10.0.0.1:40000".parse().unwrap(), peer: "10.0.0.2:2775".parse().unwrap() };
    let tapes: Vec<Arc<Tape>> = (0..CONNECTIONS).map(|link| recorder.upstream("acme", link, ends)).collect();
    let pieces = pieces(batch);
    let round = || {
        let started = Instant::now();
        for number in 0..MESSAGES / batch {
            let tape = &tapes[number as usize % CONNECTIONS];
            for (direction, octets) in &pieces {
                tape.record(SystemTime::now(), *direction, black_box(octets));
            }
        }
        started.elapsed().as_secs_f64() * 1e9 / f64::from(MESSAGES)
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

/// What is written and read for so many messages: submit_sm, its answer, the receipt, and its answer.
fn pieces(batch: u32) -> [(Direction, BytesMut); 4] {
    let submit = SubmitSm {
        source: Address::alphanumeric(b"Postrider"),
        destination: Address::international(b"31612345678"),
        short_message: &[b'x'; 140],
        ..SubmitSm::default()
    };
    let receipt = DeliverSm {
        source: submit.destination,
        esm_class: 4,
        short_message: b"id:1234567890 sub:001 dlvrd:001 submit date:2611220000 done date:2611220000 stat:DELIVRD err:000",
        ..DeliverSm::default()
    };
    let answer = SubmitSmResp { message_id: b"1234567890", ..SubmitSmResp::default() };
    [
        (Direction::Out, several(&submit, batch)),
        (Direction::In, several(&answer, batch)),
        (Direction::In, several(&receipt, batch)),
        (Direction::Out, several(&DeliverSmResp::default(), batch)),
    ]
}

fn several(pdu: &impl Encode, count: u32) -> BytesMut {
    let mut octets = BytesMut::new();
    (0..count).for_each(|sequence| pdu.encode(Status::ROK, sequence, &mut octets).unwrap());
    octets
}
