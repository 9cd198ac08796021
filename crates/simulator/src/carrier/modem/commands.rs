//! The commands that a simulated modem knows (3GPP TS 27.005 and 27.007), with its chip's quirks.

use super::chip::Tries;
use super::form::Sim;
use super::state::{Modem, pair};
use postrider_text::{gsm, septets};
use postrider_wire::hex;
use postrider_wire::modem::fields::split;
use postrider_wire::modem::{Cme, Cms, Final};
use std::time::Instant;

/// The service centre's number.
pub(super) const CENTRE: &str = "491722270000";
/// The serial number of the modem (IMEI), and of its SIM (ICCID).
pub(crate) const IMEI: &str = "490154203237518";
pub(crate) const ICCID: &str = "8949000000000000019";
const IMSI: &str = "262011234567890";

/// The form of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `AT+NAME`.
    Plain,
    /// `AT+NAME?`.
    Read,
    /// `AT+NAME=?`.
    Test,
    /// `AT+NAME=...`.
    Set,
}

/// The answer to a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Lines, a final result, and lines that follow by themselves.
    Done(Vec<String>, Final, Vec<String>),
    /// What follows the command is prompted for.
    Prompt,
    /// Echo is switched on or off.
    Echo(bool),
    /// It starts anew.
    Restart,
}

impl Reply {
    fn ok(lines: impl IntoIterator<Item = String>) -> Self {
        Self::Done(lines.into_iter().collect(), Final::Ok, Vec::new())
    }

    fn line(line: impl Into<String>) -> Self {
        Self::ok([line.into()])
    }

    const fn failed(result: Final) -> Self {
        Self::Done(Vec::new(), result, Vec::new())
    }

    fn when(is_known: bool) -> Self {
        if is_known { Self::ok([]) } else { Self::failed(Final::Error) }
    }

    const fn cms(number: u16) -> Self {
        Self::failed(Final::Cms(Cms(number)))
    }
}

impl Modem {
    /// Answers a command line, which may have several commands (ITU-T V.250, 5.2.1).
    pub(super) fn line(&mut self, line: &str, sim: &mut Sim, now: Instant) -> Reply {
        let Some(text) = line.get(..2).filter(|at| at.eq_ignore_ascii_case("AT")).and_then(|_| line.get(2..))
        else {
            return Reply::failed(Final::Error);
        };
        let mut commands: Vec<&str> = text.split(';').filter(|command| !command.is_empty()).collect();
        let Some(last) = commands.pop() else { return Reply::ok([]) };
        let mut said = Vec::new();
        for command in commands {
            match self.command(command, sim, now) {
                Reply::Done(lines, Final::Ok, _) => said.extend(lines),
                failed @ Reply::Done(..) => return failed,
                Reply::Prompt | Reply::Echo(_) | Reply::Restart => {}
            }
        }
        match self.command(last, sim, now) {
            Reply::Done(lines, result, afterwards) => {
                said.extend(lines);
                Reply::Done(said, result, afterwards)
            }
            other => other,
        }
    }

    /// Answers a command.
    fn command(&mut self, text: &str, sim: &mut Sim, now: Instant) -> Reply {
        let (name, form, given) = if let Some(name) = text.strip_suffix("=?") {
            (name, Form::Test, "")
        } else if let Some((name, given)) = text.split_once('=') {
            (name, Form::Set, given)
        } else if let Some(name) = text.strip_suffix('?') {
            (name, Form::Read, "")
        } else {
            (text, Form::Plain, "")
        };
        let given = split(given);
        let name = name.to_ascii_uppercase();
        if let Some(reply) = self.basic(&name).or_else(|| self.of_sim(&name, form, &given, sim, now)) {
            return reply;
        }
        if !self.is_open(*sim) {
            let wanted = if self.form.has_sim { Cme::PIN } else { Cme::NO_SIM };
            return Reply::failed(Final::Cme(wanted));
        }
        if self.busy > 0 {
            self.busy -= 1;
            return Reply::failed(Final::Cme(Cme::BUSY));
        }
        let reply = self.of_network(&name, form, &given, *sim, now);
        reply
            .or_else(|| self.of_messages(&name, form, &given, *sim, now))
            .unwrap_or(Reply::failed(Final::Error))
    }

    /// Commands that need no SIM.
    fn basic(&mut self, name: &str) -> Option<Reply> {
        Some(match name {
            "" | "Z" | "&F" | "&D2" | "V1" | "Q0" | "H" | "H0" | "S0" => Reply::ok([]),
            "E0" | "E" => Reply::Echo(false),
            "E1" => Reply::Echo(true),
            "I" => Reply::ok([self.quirks.maker.to_owned(), self.quirks.model.to_owned()]),
            "+CGMI" | "+GMI" => Reply::line(self.quirks.maker),
            "+CGMM" | "+GMM" => Reply::line(self.quirks.model),
            "+CGMR" | "+GMR" => Reply::line("1.0"),
            "+CGSN" | "+GSN" => Reply::line(IMEI),
            "+IFC" | "+IPR" | "^CURC" => Reply::ok([]),
            _ => return None,
        })
    }

    fn of_sim(
        &mut self,
        name: &str,
        form: Form,
        given: &[&str],
        sim: &mut Sim,
        now: Instant,
    ) -> Option<Reply> {
        let word = if sim.tries == 0 { "SIM PUK" } else { "SIM PIN" };
        let tries = |known: Tries, line: String| {
            if self.quirks.tries == known { Reply::line(line) } else { Reply::failed(Final::Error) }
        };
        Some(match (name, form) {
            ("+CMEE", Form::Set) => {
                self.modes.errors = given.first().and_then(|form| form.parse().ok()).unwrap_or_default();
                Reply::ok([])
            }
            ("+CSCS", Form::Test) => Reply::line("+CSCS: (\"GSM\",\"IRA\")"),
            ("+CSCS", Form::Read) => Reply::line("+CSCS: \"GSM\""),
            ("+CSCS", _) => Reply::when(matches!(given, ["GSM" | "IRA"])),
            ("+CFUN", Form::Set) if given == ["1", "1"] => Reply::Restart,
            ("+CFUN", Form::Set) => Reply::ok([]),
            ("+CFUN", Form::Read) => Reply::line("+CFUN: 1"),
            ("+CPIN", Form::Read) if !self.form.has_sim => Reply::failed(Final::Cme(Cme::NO_SIM)),
            ("+CPIN", Form::Read) if self.is_open(*sim) => Reply::line("+CPIN: READY"),
            ("+CPIN", Form::Read) => Reply::line(format!("+CPIN: {word}")),
            ("+CPIN", Form::Set) => self.unlock(given, sim, now),
            ("+CPINR", Form::Plain) => tries(Tries::Standard, format!("+CPINR: SIM PIN,{},3", sim.tries)),
            ("+QPINC", Form::Read) => tries(Tries::Quectel, format!("+QPINC: \"SC\",{},10", sim.tries)),
            ("+SPIC", Form::Plain) => tries(Tries::Simcom, format!("+SPIC: {},10,3,10", sim.tries)),
            ("^CPIN", Form::Read) => {
                tries(Tries::Huawei, format!("^CPIN: {word},{0},10,{0},10,3", sim.tries))
            }
            _ => return None,
        })
    }

    fn unlock(&mut self, given: &[&str], sim: &mut Sim, now: Instant) -> Reply {
        if self.is_open(*sim) || sim.tries == 0 {
            let wrong = if sim.tries == 0 { Cme::PUK } else { Cme(3) };
            return Reply::failed(Final::Cme(wrong));
        }
        if given.first().copied() == self.form.pin.as_deref() {
            *sim = Sim { is_open: true, ..Sim::default() };
            self.search(now);
            return Reply::ok([]);
        }
        sim.tries -= 1;
        Reply::failed(Final::Cme(if sim.tries == 0 { Cme::PUK } else { Cme::WRONG_PASSWORD }))
    }

    fn of_network(
        &mut self,
        name: &str,
        form: Form,
        given: &[&str],
        sim: Sim,
        now: Instant,
    ) -> Option<Reply> {
        let registration = self.registration(sim, now);
        Some(match (name, form) {
            ("+CREG" | "+CEREG" | "+CGREG", Form::Read) => Reply::line(format!("{name}: 0,{registration}")),
            ("+CREG" | "+CEREG" | "+CGREG", _) => Reply::ok([]),
            ("+CSQ", Form::Plain) => {
                Reply::line(if registration == 1 { "+CSQ: 21,99" } else { "+CSQ: 99,99" })
            }
            ("+COPS", Form::Read) if registration == 1 => Reply::line("+COPS: 0,2,\"26201\""),
            ("+COPS", Form::Read) => Reply::line("+COPS: 0"),
            ("+COPS", Form::Set) => Reply::ok([]),
            ("+CGATT", Form::Read) => Reply::line(format!("+CGATT: {}", u8::from(registration == 1))),
            ("+CIMI", Form::Plain) => Reply::line(IMSI),
            ("+CCID" | "+ICCID" | "+QCCID" | "^ICCID", _) => Reply::line(format!("{name}: {ICCID}")),
            ("+CNUM", Form::Plain) => Reply::line(format!("+CNUM: ,\"{}\",145", self.form.number)),
            ("+CBC", Form::Plain) => Reply::line("+CBC: 0,100"),
            ("+CUSD", Form::Set) => self.ussd(given),
            ("+CUSD", _) => Reply::line("+CUSD: 0"),
            _ => return None,
        })
    }

    fn ussd(&mut self, given: &[&str]) -> Reply {
        let Some(written) = given.get(1) else { return Reply::ok([]) };
        let dialled = match (self.quirks.packed_ussd, hex::read(written.as_bytes())) {
            (false, _) => (*written).to_owned(),
            (true, Some(octets)) => gsm::decode(&septets::unpack_all(&octets, 0)),
            (true, None) => return Reply::failed(Final::Error),
        };
        // An answer to the network's own question needs none.
        let is_code = dialled.starts_with(['*', '#']);
        self.dialled.push(dialled);
        if !is_code {
            return Reply::ok([]);
        }
        let text = &self.form.ussd;
        let said = if self.quirks.packed_ussd {
            let (mut units, mut octets) = (Vec::new(), Vec::new());
            // The operator's text is plain.
            let _ = gsm::encode(text, &mut units);
            septets::pack(&units, 0, &mut octets);
            let digits: Vec<u8> = octets.into_iter().flat_map(hex::pair).collect();
            format!("+CUSD: 0,\"{}\",15", String::from_utf8_lossy(&digits))
        } else {
            format!("+CUSD: 0,\"{text}\",15")
        };
        Reply::Done(Vec::new(), Final::Ok, vec![said])
    }

    fn of_messages(
        &mut self,
        name: &str,
        form: Form,
        given: &[&str],
        sim: Sim,
        now: Instant,
    ) -> Option<Reply> {
        self.modes.is_listening |= matches!(name, "+CPMS" | "+CMGL" | "+CMGR" | "+CNMI");
        Some(match (name, form) {
            ("+CMGF", Form::Test) => Reply::line("+CMGF: (0)"),
            ("+CMGF", Form::Read) => Reply::line("+CMGF: 0"),
            ("+CMGF", Form::Set) => Reply::when(given == ["0"]),
            ("+CSMS", _) => self.service(form, given),
            ("+CSCA", Form::Read) => Reply::line(format!("+CSCA: \"+{CENTRE}\",145")),
            ("+CSCA" | "+CMMS" | "+CSMP" | "+CGSMS", _) => Reply::ok([]),
            ("+CPMS", _) => self.storages(form, given),
            ("+CNMI", _) => self.notifications(form, given),
            ("+CMGS", Form::Set) if self.registration(sim, now) != 1 => Reply::cms(331),
            ("+CMGS", Form::Set) => match given.first().and_then(|length| length.parse().ok()) {
                Some(length) => {
                    self.submits = Some(length);
                    Reply::Prompt
                }
                None => Reply::cms(304),
            },
            ("+CMGL", Form::Test) => Reply::line("+CMGL: (0-4)"),
            ("+CMGL", _) => self.list(given),
            ("+CMGR", Form::Set) => self.read(given),
            ("+CMGD", Form::Test) => Reply::line("+CMGD: (1-20),(0-4)"),
            ("+CMGD", Form::Set) => self.delete(given),
            ("+CNMA", _) => self.acknowledge(given),
            _ => return None,
        })
    }

    fn service(&mut self, form: Form, given: &[&str]) -> Reply {
        let knows = self.quirks.acknowledges;
        match form {
            Form::Test => Reply::line(if knows { "+CSMS: (0,1)" } else { "+CSMS: (0)" }),
            Form::Set if given == ["0"] || knows && given == ["1"] => {
                self.modes.acknowledges = given == ["1"];
                Reply::line("+CSMS: 1,1,1")
            }
            Form::Set => Reply::cms(303),
            Form::Read | Form::Plain => {
                Reply::line(format!("+CSMS: {},1,1,1", u8::from(self.modes.acknowledges)))
            }
        }
    }

    fn storages(&self, form: Form, given: &[&str]) -> Reply {
        let (used, most) = (self.stored.len(), self.form.capacity);
        let known = |storage: &&str| matches!(*storage, "SM" | "ME" | "MT" | "SR");
        match form {
            Form::Test => Reply::line("+CPMS: (\"SM\",\"SR\"),(\"SM\"),(\"SM\")"),
            Form::Set if given.iter().all(known) => {
                Reply::line(format!("+CPMS: {used},{most},{used},{most},{used},{most}"))
            }
            Form::Set => Reply::cms(302),
            Form::Read | Form::Plain => {
                let one = format!("\"SM\",{used},{most}");
                Reply::line(format!("+CPMS: {one},{one},{one}"))
            }
        }
    }

    fn notifications(&mut self, form: Form, given: &[&str]) -> Reply {
        let [modes, messages, reports, buffers] = self.quirks.notify;
        if form == Form::Test {
            let list = |numbers: &[u8]| {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                format!("({})", numbers.join(","))
            };
            let lists = [list(modes), list(messages), list(&[0]), list(reports), list(buffers)];
            return Reply::line(format!("+CNMI: {}", lists.join(",")));
        }
        if form != Form::Set {
            let now: Vec<String> = self.modes.notify.iter().map(ToString::to_string).collect();
            return Reply::line(format!("+CNMI: {}", now.join(",")));
        }
        let mut values = self.modes.notify;
        for (value, given) in values.iter_mut().zip(given) {
            *value = given.parse().unwrap_or(u8::MAX);
        }
        let [mode, message, _, report, buffer] = values;
        let is_known = modes.contains(&mode) && messages.contains(&message) && reports.contains(&report);
        if !is_known || given.len() > 4 && !buffers.contains(&buffer) {
            return Reply::cms(302);
        }
        self.modes.notify = values;
        Reply::ok([])
    }

    fn list(&mut self, given: &[&str]) -> Reply {
        let all = given == ["4"];
        let wants_new = matches!(given, ["" | "0"] | []);
        let padding = self.quirks.padding;
        let mut lines = Vec::new();
        for (index, stored) in &mut self.stored {
            if all || stored.is_new == wants_new {
                let state = u8::from(!stored.is_new);
                let head = format!("+CMGL: {index},{state},,{}", stored.letter.length);
                lines.push(pair(&head, &format!("{}{padding}", stored.letter.digits)));
                stored.is_new = false;
            }
        }
        Reply::ok(lines)
    }

    fn read(&mut self, given: &[&str]) -> Reply {
        let index = given.first().and_then(|index| index.parse().ok());
        match index.and_then(|index: u16| self.stored.get_mut(&index)) {
            None => Reply::cms(321),
            Some(stored) => {
                let state = u8::from(!std::mem::take(&mut stored.is_new));
                let head = format!("+CMGR: {state},,{}", stored.letter.length);
                Reply::line(pair(&head, &format!("{}{}", stored.letter.digits, self.quirks.padding)))
            }
        }
    }

    fn delete(&mut self, given: &[&str]) -> Reply {
        let index: Option<u16> = given.first().and_then(|index| index.parse().ok());
        if given.get(1).is_some_and(|flag| *flag != "0") {
            let gone = std::mem::take(&mut self.stored);
            self.taken.extend(gone.into_values().map(|stored| stored.letter.mail));
            return Reply::ok([]);
        }
        match index.and_then(|index| self.stored.remove(&index)) {
            None => Reply::cms(321),
            Some(stored) => {
                self.taken.push(stored.letter.mail);
                Reply::ok([])
            }
        }
    }

    fn acknowledge(&mut self, given: &[&str]) -> Reply {
        let Some((letter, _)) = self.unacknowledged.take() else { return Reply::cms(340) };
        let is_refused = given.first() == Some(&"2");
        if is_refused {
            self.refused.push(letter.mail);
        } else {
            self.taken.push(letter.mail);
        }
        Reply::ok([])
    }
}
