//! A terminal and what modems answer it, line by line.

use postrider_wire::Endpoint;
use postrider_wire::modem::{
    Cms, Command, Device, Event, Final, Input, Reason, Session, Settings, Unsolicited, Wrong,
};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

struct Line {
    session: Session<u8>,
    now: Instant,
}

impl Line {
    #[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
    fn open() -> Self {
        let now = Instant::now();
        let mut line = Self { session: Session::new(Settings::default(), now), now };
        assert_eq!(line.written(), "\u{1B}\r");
        line
    }

    fn ask(&mut self, command: Command) {
        assert!(self.session.request(command, 7, self.now).is_some());
    }

    fn written(&mut self) -> String {
        String::from_utf8(self.session.output().split().to_vec()).unwrap()
    }

    fn hear(&mut self, octets: &str) -> Option<Event<u8>> {
        self.session.input().extend_from_slice(octets.as_bytes());
        self.session.next(self.now)
    }

    fn wait(&mut self, time: Duration) -> Option<Event<u8>> {
        self.now += time;
        self.session.tick(self.now);
        self.session.next(self.now)
    }
}

fn done(result: Final, lines: &[&str]) -> Option<Event<u8>> {
    Some(Event::Done { token: 7, result, lines: lines.iter().map(|line| (*line).into()).collect() })
}

fn submit() -> Command {
    Command::new("AT+CMGS=18").with_payload("0001").expecting("+CMGS")
}

#[test]
fn a_command_is_answered_with_or_without_its_echo() {
    for answer in ["\r\nOK\r\n", "AT\r\r\nOK\r\n", "AT\r\nOK\r\n", "\n\nOK\n"] {
        let mut line = Line::open();
        line.ask(Command::new("AT"));
        assert_eq!(line.written(), "AT\r");
        assert_eq!(line.hear(answer), done(Final::Ok, &[]), "{answer:?}");
        assert!(line.session.is_idle());
    }
}

#[test]
fn one_command_at_a_time() {
    let mut line = Line::open();
    line.ask(Command::new("AT+CGSN"));
    assert_eq!(line.session.request(Command::new("AT"), 8, line.now), None);
    assert_eq!(line.hear("\r\n490154203237518\r\n\r\nOK\r\n"), done(Final::Ok, &["490154203237518"]));
}

#[test]
fn a_text_follows_the_prompt() {
    for prompt in ["\r\n> ", "> ", "\r\n>"] {
        let mut line = Line::open();
        line.ask(submit());
        assert_eq!(line.written(), "AT+CMGS=18\r");
        assert_eq!(line.hear(prompt), None);
        assert_eq!(line.written(), "0001\u{1A}", "{prompt:?}");
        assert_eq!(line.hear("0001\u{1A}\r\n+CMGS: 42\r\n\r\nOK\r\n"), done(Final::Ok, &["+CMGS: 42"]));
    }
}

#[test]
fn a_refusal_may_come_in_the_place_of_the_prompt() {
    let mut line = Line::open();
    line.ask(submit());
    assert_eq!(line.hear("\r\n+CMS ERROR: 310\r\n"), done(Final::Cms(Cms(310)), &[]));
    // A prompt that comes late has nothing to be answered with.
    assert_eq!(line.hear("\r\n> "), None);
    line.ask(Command::new("AT"));
    assert_eq!(line.written(), "AT+CMGS=18\rAT\r");
    assert_eq!(line.hear("\r\nOK\r\n"), done(Final::Ok, &[]));
}

#[test]
fn what_the_modem_says_by_itself_is_no_answer() {
    let mut line = Line::open();
    line.ask(Command::new("AT+CSQ").expecting("+CSQ"));
    let stored = Unsolicited::Stored { storage: "SM".into(), index: 3 };
    assert_eq!(line.hear("\r\n+CMTI: \"SM\",3\r\n"), Some(Event::Unsolicited(stored)));
    assert_eq!(line.hear("\r\n^RSSI: 17\r\nRING\r\n"), None);
    let message = Unsolicited::Message("07AB".into(), Some(24));
    assert_eq!(line.hear("\r\n+CMT: ,24\r\n07AB\r\n"), Some(Event::Unsolicited(message)));
    let report = Unsolicited::Report("0006".into(), Some(25));
    assert_eq!(line.hear("\r\n+CDS: 25\r\n0006\r\n"), Some(Event::Unsolicited(report)));
    assert_eq!(line.hear("\r\n+CBM: 88\r\n00AA\r\n"), None);
    let menu = Unsolicited::Ussd { state: 0, text: "Balance: 5,00".into(), coding: Some(15) };
    assert_eq!(line.hear("\r\n+CUSD: 0,\"Balance: 5,00\",15\r\n"), Some(Event::Unsolicited(menu)));
    assert_eq!(line.hear("\r\nRDY\r\n"), Some(Event::Unsolicited(Unsolicited::Restarted("RDY".into()))));
    assert_eq!(line.hear("\r\n+CSQ: 23,99\r\n\r\nOK\r\n"), done(Final::Ok, &["+CSQ: 23,99"]));
}

#[test]
fn an_answer_without_its_ok_counts_when_its_time_is_up() {
    let mut line = Line::open();
    line.ask(Command::new("AT+CPIN?").expecting("+CPIN").within(SECOND * 5));
    assert_eq!(line.hear("\r\n+CPIN: READY\r\n"), None);
    assert_eq!(line.wait(SECOND * 5), done(Final::Ok, &["+CPIN: READY"]));
}

#[test]
fn a_message_that_is_announced_and_does_not_come_is_told() {
    let mut line = Line::open();
    assert_eq!(line.hear("\r\n+CMT: ,24\r\nsomething else\r\n"), Some(Event::Malformed(Wrong::Incomplete)));
    assert_eq!(line.hear("\r\n+CMT: ,24\r\n"), None);
    assert_eq!(line.wait(SECOND), None);
    line.ask(Command::new("AT+CGSN"));
    assert_eq!(line.hear("\r\n490154203237518\r\nOK\r\n"), done(Final::Ok, &["490154203237518"]));
}

#[test]
fn a_message_that_is_not_answered_is_given_up_and_its_late_answer_known() {
    let mut line = Line::open();
    line.ask(submit().within(SECOND * 60));
    line.hear("\r\n> ");
    line.written();
    let Some(Event::TimedOut { token: 7, serial, written: true }) = line.wait(SECOND * 60) else { panic!() };
    assert_eq!(line.written(), "\u{1B}");
    line.ask(Command::new("AT+CSQ").expecting("+CSQ"));
    assert_eq!(line.hear("\r\n+CMGS: 9\r\n"), Some(Event::Late { serial, reference: 9 }));
    // The OK of the late answer isn't the next command's.
    assert_eq!(line.hear("\r\nOK\r\n"), None);
    assert_eq!(line.hear("\r\n+CSQ: 23,99\r\nOK\r\n"), done(Final::Ok, &["+CSQ: 23,99"]));
}

#[test]
fn a_message_whose_prompt_does_not_come_was_not_written() {
    let mut line = Line::open();
    line.ask(submit().within(SECOND));
    let Some(Event::TimedOut { written: false, .. }) = line.wait(SECOND) else { panic!() };
    assert_eq!(line.written(), "AT+CMGS=18\r\u{1B}");
}

#[test]
fn endless_lines_are_dropped() {
    let mut line = Line::open();
    assert_eq!(line.hear(&"x".repeat(3_000)), Some(Event::Malformed(Wrong::TooLong)));
    assert_eq!(line.hear(&"x".repeat(3_000)), None);
    line.ask(Command::new("AT"));
    assert_eq!(line.hear("x\r\nOK\r\n"), done(Final::Ok, &[]));
}

#[test]
fn the_end_is_told_once() {
    let mut line = Line::open();
    line.session.close(Reason::GivenUp("no answer".into()));
    line.session.close(Reason::Left);
    assert_eq!(line.session.next(line.now), Some(Event::Closed(Reason::GivenUp("no answer".into()))));
    assert_eq!(line.session.next(line.now), None);
    assert!(!line.session.wants_input());
}

#[test]
fn a_device_reads_commands_and_texts() {
    let mut device = Device::new();
    device.input().extend_from_slice(b"\x1B\rAT\rAT+CMGS=18\r0001\x1A");
    assert_eq!(device.read(), Some(Input::Command("AT".into())));
    assert_eq!(device.read(), Some(Input::Command("AT+CMGS=18".into())));
    device.prompt();
    assert_eq!(device.read(), Some(Input::Text("0001".into())));
    device.prompt();
    device.input().extend_from_slice(b"00\rAT\r");
    assert_eq!(device.read(), None, "it waits for the end of the text");
    device.input().extend_from_slice(b"\x1BAT\r");
    assert_eq!(device.read(), Some(Input::Escaped));
    assert_eq!(device.read(), Some(Input::Command("AT".into())));
}
