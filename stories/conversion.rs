//! Every protocol in to every protocol out: what arrives is what was meant, or the manual's table says that it is lost. The table of
//! the manual is made of the rows here.

mod callers;
mod carriers;

use callers::Caller;
use carriers::{Behind, Seen};

/// A message, as its sender means it.
#[derive(Clone, Copy, Debug)]
struct Meant {
    text: &'static str,
    /// A user data header and octets, in the place of a text.
    data: Option<(&'static [u8], &'static [u8])>,
    from: &'static str,
    flash: bool,
    class: Option<u8>,
    protocol: u8,
    /// A data coding that says more than an alphabet and a class.
    coding: Option<u8>,
    /// The priority in the network.
    priority: u8,
    /// Whether it is worth sending for an hour.
    for_an_hour: bool,
    /// Whether it has an optional parameter of the carrier's own (0x1400).
    has_parameter: bool,
    wants_receipt: bool,
}

const PLAIN: Meant = Meant {
    text: "Hello",
    data: None,
    from: "60006",
    flash: false,
    class: None,
    protocol: 0,
    coding: None,
    priority: 0,
    for_an_hour: false,
    has_parameter: false,
    wants_receipt: false,
};

/// A protocol of applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Rest,
    Smpp,
    Ucp,
    Cimd2,
}

/// A protocol of carriers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Out {
    Smpp,
    Ucp,
    Cimd2,
    Modem,
    Http,
}

const WAYS: [Way; 4] = [Way::Rest, Way::Smpp, Way::Ucp, Way::Cimd2];
const OUTS: [Out; 5] = [Out::Smpp, Out::Ucp, Out::Cimd2, Out::Modem, Out::Http];

/// Whether a protocol has a place for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Yes,
    No,
    /// The provider's preset decides; this story doesn't look.
    Preset,
}
use Cell::{No, Preset, Yes};

/// A row of the manual's table.
struct Row {
    what: &'static str,
    meant: Meant,
    /// By which protocols an application can say it.
    said: [Cell; 4],
    /// By which protocols it goes out.
    carried: [Cell; 5],
    /// What arrives where it is lost.
    lost: Meant,
}

const ALL: [Cell; 4] = [Yes; 4];
const EVERYWHERE: [Cell; 5] = [Yes; 5];
/// HTTP providers take texts; their presets say what else.
const PRESETS: [Cell; 5] = [Yes, Yes, Yes, Yes, Preset];
/// The sender of what a modem sends is always the number of its SIM.
const SENDERS: [Cell; 5] = [Yes, Yes, Yes, No, Yes];
/// The number of the modem's SIM.
const SIM: &str = "+15005550100";

const fn row(what: &'static str, meant: Meant, said: [Cell; 4], carried: [Cell; 5]) -> Row {
    Row { what, meant, said, carried, lost: PLAIN }
}

const LONG: &str = "Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. Franz jagt im komplett verwahrlosten Taxi quer \
                    durch Bayern. Franz jagt im komplett verwahrlosten Taxi quer durch Bayern.";

const ROWS: [Row; 14] = [
    row(
        "text in the GSM alphabet",
        Meant { text: "Gr\u{fc}\u{df}e @_$ [5 \u{20ac}] \u{394}", ..PLAIN },
        ALL,
        EVERYWHERE,
    ),
    row(
        "text in other alphabets",
        Meant { text: "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{263a} \u{1f600}", ..PLAIN },
        ALL,
        EVERYWHERE,
    ),
    row("long text", Meant { text: LONG, ..PLAIN }, ALL, EVERYWHERE),
    row("name as sender", Meant { from: "Postrider", ..PLAIN }, ALL, SENDERS),
    row("number as sender", Meant { from: "+447700900001", ..PLAIN }, ALL, SENDERS),
    row("short code as sender", PLAIN, ALL, SENDERS),
    row(
        "octets with a header, such as ports",
        Meant { data: Some((b"\x05\x04\x23\xF4\x00\x00", b"BEGIN:\x00\xFF")), ..PLAIN },
        ALL,
        PRESETS,
    ),
    row("flash (class 0)", Meant { flash: true, ..PLAIN }, ALL, PRESETS),
    row("message class 1 to 3", Meant { class: Some(2), ..PLAIN }, ALL, PRESETS),
    row("other data coding, such as message waiting", Meant { coding: Some(0xC8), ..PLAIN }, ALL, PRESETS),
    row("protocol identifier", Meant { protocol: 64, ..PLAIN }, ALL, PRESETS),
    row("validity", Meant { for_an_hour: true, ..PLAIN }, ALL, PRESETS),
    row("priority", Meant { priority: 2, ..PLAIN }, [No, Yes, Yes, Yes], [No; 5]),
    row(
        "optional parameters",
        Meant { has_parameter: true, ..PLAIN },
        [Yes, Yes, No, No],
        [Yes, No, No, No, Preset],
    ),
];

/// The end of a message that can't be delivered, by the protocol out, as each protocol in is told it.
const UNDELIVERED: [(Out, [&str; 4]); 5] = [
    (Out::Smpp, ["undelivered 027", "UNDELIV 027", "2 108", "3 "]),
    (Out::Ucp, ["undelivered 108 delivery failed", "UNDELIV 108", "2 108", "3 "]),
    (Out::Cimd2, ["undelivered 1 unknown subscriber", "UNDELIV 001", "2 101", "3 1"]),
    (Out::Modem, ["undelivered 43 not obtainable", "UNDELIV 043", "2 108", "3 "]),
    (Out::Http, ["undelivered 2", "UNDELIV 002", "2 108", "3 "]),
];

#[test]
fn the_manual_has_the_table() {
    let page = include_str!("../docs/src/conversion.md");
    for Row { what, said, carried, .. } in &ROWS {
        let cells = said.iter().chain(carried).map(|cell| match cell {
            Yes => "yes",
            No => "no",
            Preset => "preset",
        });
        let line = format!("| {what} | {} |", cells.collect::<Vec<_>>().join(" | "));
        assert!(page.contains(&line), "the manual lacks the line\n{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_by_smpp_is_what_was_meant() {
    arrives(Out::Smpp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_by_ucp_is_what_was_meant() {
    arrives(Out::Ucp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_by_cimd2_is_what_was_meant() {
    arrives(Out::Cimd2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_by_a_modem_is_what_was_meant() {
    arrives(Out::Modem).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_by_http_is_what_was_meant() {
    arrives(Out::Http).await;
}

async fn arrives(out: Out) {
    let behind = Behind::start(out).await;
    let place_out = OUTS.iter().position(|one| *one == out).unwrap();
    for (place, way) in WAYS.into_iter().enumerate() {
        let mut caller = Caller::start(way, &behind).await;
        for (number, Row { what, meant, said, carried, lost }) in ROWS.iter().enumerate() {
            if said[place] == No || carried[place_out] == Preset {
                continue;
            }
            let to = format!("49151{place}{number:02}00000");
            caller.submit(&to, *meant).await;
            let arrives = if carried[place_out] == Yes { meant } else { lost };
            let from = if out == Out::Modem { SIM } else { arrives.from };
            assert_eq!(
                behind.seen(&to).await,
                Seen::expected(Meant { from, ..*arrives }),
                "{what}, {way:?} to {out:?}"
            );
        }
        let to = format!("49151{place}9900000");
        let (delivered, to) = (caller.submit(&to, Meant { wants_receipt: true, ..PLAIN }).await, to);
        let end = caller.end(&to, &delivered).await;
        let expected = ["delivered", "DELIVRD 000", "0 000", "4 "];
        assert!(end.starts_with(expected[place]), "{end}, {way:?} to {out:?}");
        let failed = caller.submit("15005550002", Meant { wants_receipt: true, ..PLAIN }).await;
        let end = caller.end("15005550002", &failed).await;
        let expected = UNDELIVERED.iter().find(|(one, _)| *one == out).unwrap().1;
        assert_eq!(end, expected[place], "{way:?} to {out:?}");
    }
}
