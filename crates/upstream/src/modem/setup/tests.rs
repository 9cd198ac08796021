//! A modem that is made ready, answer by answer, in virtual time.

use super::*;
use crate::modem::testing::settings;
use postrider_wire::modem::Cms;

/// A modem with the answers that it gives; commands that it doesn't know are refused.
struct Modem {
    setup: Setup,
    now: Instant,
    answers: Vec<(&'static str, Final, &'static str)>,
    asked: Vec<String>,
}

impl Modem {
    fn new(change: impl FnOnce(&mut Settings), answers: &[(&'static str, Final, &'static str)]) -> Self {
        let mut known = answers.to_vec();
        known.extend([
            ("AT+CPIN?", Final::Ok, "+CPIN: READY"),
            ("AT+CREG?", Final::Ok, "+CREG: 0,1"),
            ("AT+CPMS?", Final::Ok, "+CPMS: \"SM\",0,20,\"SM\",0,20,\"SM\",0,20"),
            ("AT+CNMI=?", Final::Ok, "+CNMI: (0-2),(0-3),(0),(0-2),(0,1)"),
            ("AT+CGMM", Final::Ok, "E3372"),
            ("AT+CNUM", Final::Ok, "+CNUM: ,\"+15005550100\",145"),
        ]);
        known.extend(
            ["AT", "ATE0", "AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,1,0,1,0"].map(|plain| (plain, Final::Ok, "")),
        );
        let now = postrider_link::now();
        let setup = Setup::new(&Arc::new(settings(change)), &Shared::default(), now);
        Self { setup, now, answers: known, asked: Vec::new() }
    }

    /// Runs it to its end: what came of it, and what was asked.
    fn run(&mut self) -> Result<Found, Refusal> {
        loop {
            match self.setup.next(self.now) {
                Next::Ask(command) => self.answer(command.text()),
                Next::Wait(until) => self.now = until,
                Next::Ready => return Ok(std::mem::take(&mut self.setup.found)),
                Next::Failed(refusal) => return Err(refusal),
            }
        }
    }

    fn answer(&mut self, command: &str) {
        self.asked.push(command.to_owned());
        let known = self.answers.iter().find(|(known, ..)| *known == command);
        let (result, line) = known.map_or((Final::Error, ""), |(_, result, line)| (result.clone(), *line));
        let lines: Vec<Box<str>> = line.lines().map(Into::into).collect();
        self.setup.answered(&result, &lines, self.now);
    }

    fn pins(&self) -> usize {
        self.asked.iter().filter(|asked| asked.starts_with("AT+CPIN=")).count()
    }
}

fn reason(modem: &mut Modem) -> (Failure, String) {
    let refusal = modem.run().unwrap_err();
    (refusal.failure, refusal.reason)
}

#[test]
fn a_modem_that_knows_little_is_made_ready() {
    let found = Modem::new(|_| (), &[]).run().unwrap();
    assert_eq!((&*found.model, &*found.number, &*found.storage), ("E3372", "+15005550100", "SM"));
    assert_eq!(&*found.notifications.unwrap().command, "AT+CNMI=2,1,0,1,0");
}

#[test]
fn messages_are_given_out_only_where_they_can_be_acknowledged() {
    let direct = |settings: &mut Settings| settings.receive = Receive::Direct;
    let answers = [("AT+CSMS=1", Final::Ok, "+CSMS: 1,1,1"), ("AT+CNMI=2,2,0,1,0", Final::Ok, "")];
    let command = |found: Found| found.notifications.unwrap().command;
    assert_eq!(&*command(Modem::new(direct, &answers).run().unwrap()), "AT+CNMI=2,2,0,1,0");
    assert_eq!(&*command(Modem::new(direct, &answers[1..]).run().unwrap()), "AT+CNMI=2,1,0,1,0");
}

#[test]
fn a_modem_that_announces_nothing_is_of_use() {
    let mut modem = Modem::new(|_| (), &[("AT+CNMI=2,1,0,1,0", Final::Cms(Cms(302)), "")]);
    assert_eq!(modem.run().unwrap().notifications, None);
}

#[test]
fn a_network_may_be_one_of_lte_alone() {
    let answers = [("AT+CREG?", Final::Ok, "+CREG: 0,0"), ("AT+CEREG?", Final::Ok, "+CEREG: 0,5")];
    assert!(Modem::new(|_| (), &answers).run().is_ok());
    let mut lost = Modem::new(|_| (), &[("AT+CREG?", Final::Ok, "+CREG: 0,3")]);
    let begun = lost.now;
    assert_eq!(
        reason(&mut lost),
        (Failure::NotReady, "the modem has found no network in 3m: the network denies it".to_owned())
    );
    assert!(lost.now - begun >= Duration::from_secs(180));
}

#[test]
fn a_busy_sim_is_waited_for() {
    let mut modem = Modem::new(|_| (), &[("AT+CMGF=0", Final::Cme(Cme::BUSY), "")]);
    let begun = modem.now;
    assert_eq!(
        reason(&mut modem),
        (Failure::NotReady, "the modem refuses PDU mode (+CME ERROR: 14)".to_owned())
    );
    assert_eq!(modem.now - begun, SIM_PATIENCE);
}

#[test]
fn the_last_try_of_a_pin_is_never_spent() {
    let asks = ("AT+CPIN?", Final::Ok, "+CPIN: SIM PIN");
    let wrong = ("AT+CPIN=\"1234\"", Final::Cme(Cme::WRONG_PASSWORD), "");
    let tries = |line| ("AT+CPINR", Final::Ok, line);
    for (answers, expected, pins) in [
        (
            vec![asks.clone(), tries("+CPINR: SIM PIN,3,3"), wrong.clone()],
            "the SIM refused the PIN (+CME ERROR: 16)",
            1,
        ),
        (
            vec![asks.clone(), tries("+CPINR: SIM PIN,2,3"), wrong.clone()],
            "the SIM refused the PIN (+CME ERROR: 16)",
            1,
        ),
        (
            vec![asks.clone(), tries("+CPINR: SIM PIN,1,3")],
            "the SIM asks for its PIN and has one try left",
            0,
        ),
        (
            vec![asks.clone()],
            "the SIM asks for its PIN, and the modem doesn't say how many tries are left",
            0,
        ),
        (vec![("AT+CPIN?", Final::Ok, "+CPIN: SIM PUK")], "the SIM is blocked and asks for its PUK", 0),
        (vec![("AT+CPIN?", Final::Cme(Cme::PUK), "")], "the SIM is blocked and asks for its PUK", 0),
        (vec![("AT+CPIN?", Final::Ok, "+CPIN: PH-NET PIN")], "the modem asks for 'PH-NET PIN'", 0),
    ] {
        let mut modem = Modem::new(|_| (), &answers);
        assert_eq!(reason(&mut modem), (Failure::Login, expected.to_owned()));
        assert_eq!(modem.pins(), pins, "{expected}");
        // The next session of the same upstream gives it no more.
        modem.setup = Setup::new(&modem.setup.settings, &modem.setup.memory, modem.now);
        assert!(modem.run().is_err());
        assert_eq!(modem.pins(), pins, "{expected}");
    }
}

#[test]
fn a_pin_opens_the_sim() {
    let blind = |settings: &mut Settings| settings.pin_blind = true;
    let mut modem =
        Modem::new(blind, &[("AT+CPIN?", Final::Ok, "+CPIN: SIM PIN"), ("AT+CPIN=\"1234\"", Final::Ok, "")]);
    while modem.pins() == 0 {
        let Next::Ask(command) = modem.setup.next(modem.now) else { panic!() };
        modem.answer(command.text());
    }
    modem.answers.remove(0);
    assert!(modem.run().is_ok());
}

#[test]
fn a_sim_that_is_not_there_is_looked_for_again() {
    let mut modem = Modem::new(|_| (), &[("AT+CPIN?", Final::Cme(Cme::NO_SIM), "")]);
    assert_eq!(reason(&mut modem), (Failure::NotReady, "there is no SIM in the modem".to_owned()));
    let without = |settings: &mut Settings| settings.pin = None;
    let mut modem = Modem::new(without, &[("AT+CPIN?", Final::Ok, "+CPIN: SIM PIN")]);
    assert_eq!(reason(&mut modem), (Failure::Login, "the SIM asks for its PIN".to_owned()));
}

#[test]
fn a_modem_that_does_not_answer_is_called_a_few_times() {
    let mut modem = Modem::new(|_| (), &[]);
    let mut calls = 0;
    loop {
        match modem.setup.next(modem.now) {
            Next::Ask(command) => {
                assert_eq!(command.text(), "AT");
                calls += 1;
                modem.setup.silent(modem.now);
            }
            Next::Failed(refusal) => {
                assert!(refusal.restart && refusal.failure == Failure::NotReady);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(calls, CALLS);
}
