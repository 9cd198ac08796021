//! The fuzz targets, run by every compiler: on all kept inputs, on each beginning of them, and on changed ones.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod mutation;
mod targets;

use mutation::Mutator;
use postrider::fuzzing::mistakes;
use postrider_declare::{AccountDocument, RouteDocument, UpstreamDocument};
use postrider_downstream::rest::fuzzing::{messages, resource};
use std::fs;
use std::path::Path;

/// How far beginnings of a kept input are tried, in octets.
const BEGINNINGS_MAX: usize = 400;

/// Runs `target` on all that is kept for it, and on `changed` inputs that are made of these, the same at each run.
fn replay(name: &str, changed: usize, target: fn(&[u8])) {
    let kept = kept(name);
    for input in &kept {
        target(input);
        for end in 0..input.len().min(BEGINNINGS_MAX) {
            target(&input[..end]);
        }
    }
    let mut mutator = Mutator::new(&kept);
    for _ in 0..changed {
        target(&mutator.next());
    }
}

/// The inputs kept for a target, by the names of their files.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "only {} inputs are kept in {}", paths.len(), folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn answers() {
    replay("answer", 200_000, targets::answer::octets);
}

#[test]
fn applications() {
    replay("application", 50_000, targets::application::stream);
}

#[test]
fn cimd2_frames() {
    replay("cimd2", 100_000, targets::cimd2::stream);
}

#[test]
fn configurations() {
    replay("configuration", 20_000, targets::configuration::file);
}

#[test]
fn message_bodies() {
    replay("message", 100_000, targets::message::body);
}

#[test]
fn mm7_bodies() {
    replay("mm7", 50_000, targets::mm7::body);
}

#[test]
fn modems() {
    replay("modem", 100_000, targets::modem::stream);
}

#[test]
fn numbers() {
    replay("number", 300_000, targets::number::text);
}

#[test]
fn pdus() {
    replay("pdu", 200_000, targets::pdu::stream);
}

#[test]
fn resource_bodies() {
    replay("resource", 50_000, targets::resource::body);
}

#[test]
fn sessions() {
    replay("session", 100_000, targets::session::script);
}

#[test]
fn ucp_frames() {
    replay("ucp", 100_000, targets::ucp::stream);
}

/// Inputs that are right say more than others, as long as they are: changes reach deeper into what reads them.
#[test]
fn kept_inputs_that_are_meant_to_be_right_are_right() {
    let input = |path: &str| {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(path)).unwrap()
    };
    let shown = mistakes(&String::from_utf8(input("configuration/usual")).unwrap());
    assert!(shown.iter().all(|mistake| mistake.starts_with("warning: ")), "{shown:?}");
    resource::<AccountDocument>(&input("resource/account")).unwrap();
    resource::<UpstreamDocument>(&input("resource/upstream-every-table")).unwrap();
    resource::<RouteDocument>(&input("resource/route")).unwrap();
    for path in ["message/every-field", "message/parameters", "message/ports"] {
        assert!(messages(&input(path)).unwrap().iter().all(Result::is_ok), "{path}");
    }
}
