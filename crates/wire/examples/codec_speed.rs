//! How many submit_sm with 140 octets of text and four TLVs one core decodes, encodes, and carries through a session.
//! Run with `cargo run --release -p postrider-wire --example codec_speed`.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement of time, to be read by a person"
)]

use bytes::BytesMut;
use postrider_wire::smpp::pdu::{Bind, BindMode, BindResp, SubmitSm, SubmitSmResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{
    Address, Encode, Event, Frame, Pdu, Role, Session, Settings, Status, TlvBuilder, Tlvs,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const BATCH: u32 = 64;
const BATCHES: u32 = 30_000;

fn main() {
    let mut builder = TlvBuilder::new();
    builder.push_u16(tag::SAR_MSG_REF_NUM, 7).push_u8(tag::SAR_TOTAL_SEGMENTS, 2);
    builder.push_u8(tag::SAR_SEGMENT_SEQNUM, 1);
    assert!(builder.push_string(0x1401, b"1107160000000012345"));
    let text = [b'x'; 140];
    let pdu = message(&text, builder.tlvs());
    println!("decode        {:6.1} million a second", best(|| decode(&pdu)));
    println!("encode        {:6.1} million a second", best(|| encode(&pdu)));
    println!("session       {:6.1} million submit_sm with their answers a second", best(|| session(&pdu)));
}

fn message<'a>(text: &'a [u8], tlvs: Tlvs<'a>) -> SubmitSm<'a> {
    SubmitSm {
        source: Address::alphanumeric(b"Postrider"),
        destination: Address::international(b"31612345678"),
        registered_delivery: 1,
        validity_period: b"000003000000000R",
        short_message: text,
        tlvs,
        ..SubmitSm::default()
    }
}

/// Millions a second in the best of a few rounds.
fn best(mut round: impl FnMut() -> Duration) -> f64 {
    let fastest = (0..ROUNDS).map(|_| round()).min().unwrap();
    f64::from(BATCH * BATCHES) / fastest.as_secs_f64() / 1e6
}

fn decode(pdu: &SubmitSm<'_>) -> Duration {
    let mut stream = BytesMut::new();
    for sequence in 1..=BATCH {
        pdu.encode(Status::ROK, sequence, &mut stream).unwrap();
    }
    let start = Instant::now();
    for _ in 0..BATCHES {
        let mut rest = &stream[..];
        while let Some(frame) = Frame::peek(rest, 70_000).unwrap() {
            let Ok(Pdu::SubmitSm(submit)) = frame.decode() else { panic!("not a submit_sm") };
            black_box((submit, submit.tlvs.iter().count()));
            rest = &rest[frame.octets()..];
        }
    }
    start.elapsed()
}

fn encode(pdu: &SubmitSm<'_>) -> Duration {
    let mut out = BytesMut::new();
    let start = Instant::now();
    for _ in 0..BATCHES {
        out.clear();
        for sequence in 1..=BATCH {
            black_box(pdu).encode(Status::ROK, sequence, &mut out).unwrap();
        }
        black_box(&out);
    }
    start.elapsed()
}

/// A client and a server wired together, each message sent, received, answered and its answer received.
fn session(pdu: &SubmitSm<'_>) -> Duration {
    let now = Instant::now();
    let settings = Settings { window: BATCH as usize, ..Settings::default() };
    let mut client = Session::new(Role::Client, settings.clone(), now);
    let mut server = Session::<()>::new(Role::Server, settings, now);
    client.request(&Bind::new(BindMode::Transceiver, b"a", b"b"), 0, now).unwrap();
    pass(&mut client, &mut server);
    assert!(matches!(server.next(now), Some(Event::Request { .. })));
    server.respond(1, Status::ROK, &BindResp::new(BindMode::Transceiver, b"s"), now).unwrap();
    pass(&mut server, &mut client);
    assert!(matches!(client.next(now), Some(Event::Response { .. })));

    let mut sequences = Vec::new();
    let start = Instant::now();
    for _ in 0..BATCHES {
        for token in 0..BATCH {
            client.request(pdu, token, now).unwrap();
        }
        pass(&mut client, &mut server);
        while let Some(event) = server.next(now) {
            let Event::Request { sequence, .. } = event else { panic!("not a request") };
            sequences.push(sequence);
        }
        let answer = SubmitSmResp { message_id: b"0123456789abcdef", tlvs: Tlvs::EMPTY };
        for sequence in sequences.drain(..) {
            server.respond(sequence, Status::ROK, &answer, now).unwrap();
        }
        pass(&mut server, &mut client);
        while let Some(event) = client.next(now) {
            black_box(event);
        }
        assert_eq!(client.outstanding(), 0);
    }
    start.elapsed()
}

fn pass<A, B>(from: &mut Session<A>, to: &mut Session<B>) {
    to.input().extend_from_slice(from.output());
    from.output().clear();
}
