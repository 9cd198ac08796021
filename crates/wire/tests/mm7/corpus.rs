//! The kept inputs of the fuzz target, as far as they are made of what is written here.

use crate::golden::EXAMPLE;
use postrider_wire::mm7::{
    Address, Content, Deliver, DeliveryReport, Dialect, Envelope, MmStatus, Operation, Packaged, ReadReply,
    Status, Submit, write,
};
use std::fs;
use std::path::Path;

fn envelope(operation: Operation) -> Envelope {
    Envelope { transaction: "t1".into(), dialect: Dialect::default(), operation }
}

fn inputs() -> Vec<(&'static str, Packaged)> {
    let picture =
        [Content { content_type: "image/gif".into(), name: "1.gif".into(), octets: b"GIF89a".to_vec() }];
    let alone = |operation| write(&envelope(operation), None, &[]);
    let to = || Some(Address::number("+447700900123"));
    let submit = Submit {
        to: vec![Address::number("+447700900123")],
        subject: Some("Hi".into()),
        content: Some("c".into()),
        ..Submit::default()
    };
    let deliver = Deliver { sender: to(), content: Some("c".into()), ..Deliver::default() };
    let report = DeliveryReport {
        message: "m1".into(),
        recipient: to(),
        sender: None,
        date: None,
        status: MmStatus::Retrieved,
        text: None,
    };
    let reply =
        ReadReply { message: "m1".into(), recipient: to(), sender: None, time: None, status: MmStatus::Read };
    let example = "multipart/related; boundary=\"NextPart_000_0028_01C19839.84698430\"";
    vec![
        ("example", Packaged { content_type: example.into(), body: EXAMPLE.into() }),
        ("submit", write(&envelope(Operation::SubmitReq(submit)), Some("c"), &picture)),
        ("deliver", write(&envelope(Operation::DeliverReq(deliver)), Some("c"), &picture)),
        ("submitted", alone(Operation::SubmitRsp(Status::success(), Some("m1".into())))),
        ("delivered", alone(Operation::DeliverRsp(Status::success()))),
        ("report", alone(Operation::DeliveryReportReq(report))),
        ("reported", alone(Operation::DeliveryReportRsp(Status::success()))),
        ("read-reply", alone(Operation::ReadReplyReq(reply))),
        ("relay-error", alone(Operation::RelayError(Status::new(4004, "x")))),
        ("vasp-error", alone(Operation::VaspError(Status::new(2007, "x")))),
        ("fault", alone(Operation::Fault("x".into()))),
    ]
}

/// `REWRITE_CORPUS=1` writes them anew.
#[test]
fn kept_inputs_are_what_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/mm7");
    for (name, packaged) in inputs() {
        let octets = [packaged.content_type.as_bytes(), b"\n", &packaged.body].concat();
        let path = folder.join(name);
        if std::env::var_os("REWRITE_CORPUS").is_some() {
            fs::write(&path, &octets).unwrap();
        }
        assert!(fs::read(&path).unwrap_or_default() == octets, "{name}: write it anew with REWRITE_CORPUS=1");
        crate::target::body(&octets);
    }
}
