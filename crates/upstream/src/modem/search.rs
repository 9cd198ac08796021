//! Looks for the serial device of a modem by the modem's number, its SIM's number, or its place at the USB.

use postrider_declare::upstream::modem::Mark;
use postrider_link::serial::{Mode8N1, Serial};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long each question is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most octets of an answer.
const ANSWER_MAX: usize = 1_024;
/// The questions for the number of a SIM card, of several makers.
const ICCID: [&str; 4] = ["AT+CCID", "AT+ICCID", "AT^ICCID?", "AT+QCCID"];

/// The devices among which a modem is looked for.
pub(super) fn candidates(mark: &Mark) -> Vec<PathBuf> {
    let places = Serial::places();
    match mark {
        Mark::Usb(place) => places.into_iter().filter(|path| is_at(path, place)).collect(),
        Mark::Imei(_) | Mark::Iccid(_) => places,
    }
}

/// Whether a device's name says that it is at this place of the USB: `pci-0000:00:14.0-usb-0:1.4:1.0-port0` is at `1.4`.
fn is_at(path: &Path, place: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split_once("-usb-").is_some_and(|(_, rest)| rest.split(':').nth(1) == Some(place))
}

/// Opens the first of these devices whose modem has the mark. One that is open already is another's.
///
/// # Errors
/// In words, when there is none.
pub(super) async fn find(mark: &Mark, mode: Mode8N1, among: Vec<PathBuf>) -> Result<Serial, String> {
    let count = among.len();
    let mut busy = 0;
    for path in among {
        let Ok(mut line) = Serial::open(&path, mode) else {
            busy += 1;
            continue;
        };
        if has(&mut line, mark).await {
            tracing::info!(device = %path.display(), "the modem was found");
            return Ok(line);
        }
    }
    let what = match mark {
        Mark::Imei(imei) => format!("no modem with the IMEI {imei}"),
        Mark::Iccid(iccid) => format!("no SIM card with the ICCID {iccid}"),
        Mark::Usb(place) => format!("no modem that answers at the USB place {place}"),
    };
    Err(format!(
        "there is {what}: {count} serial devices were looked at, {busy} of them are in use or not permitted"
    ))
}

async fn has(line: &mut Serial, mark: &Mark) -> bool {
    // What was typed before is ended, and the modem woken.
    if ask(line, "AT").await.is_none() {
        return false;
    }
    match mark {
        Mark::Usb(_) => true,
        // Some modems leave the check digit out.
        Mark::Imei(imei) => {
            let beginning = imei.get(..14).unwrap_or(imei);
            ask(line, "AT+CGSN").await.is_some_and(|said| said.contains(beginning))
        }
        Mark::Iccid(iccid) => {
            for question in ICCID {
                if ask(line, question).await.is_some_and(|said| said.contains(&**iccid)) {
                    return true;
                }
            }
            false
        }
    }
}

/// The answer to a question, if it comes in time and is no error.
async fn ask(line: &mut Serial, question: &str) -> Option<String> {
    let asked = async {
        line.write_all(format!("{question}\r").as_bytes()).await.ok()?;
        let mut said = Vec::new();
        while said.len() < ANSWER_MAX && line.read_buf(&mut said).await.ok()? > 0 {
            let text = String::from_utf8_lossy(&said);
            let ends = |word: &str| text.lines().any(|line| line.trim() == word);
            if ends("OK") {
                return Some(text.into_owned());
            }
            if ends("ERROR") || text.contains("+CME ERROR") {
                return None;
            }
        }
        None
    };
    timeout(PATIENCE, asked).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_simulator::carrier::{Carrier, Protocol, Settings};

    const MODE: Mode8N1 = Mode8N1 { baud: 115_200, hardware_flow: false };

    #[test]
    fn a_place_at_the_usb_is_in_the_name() {
        let name = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.4:1.0-port0";
        assert!(is_at(Path::new(name), "1.4"));
        assert!(!is_at(Path::new(name), "1") && !is_at(Path::new(name), "1.4.1"));
        assert!(!is_at(Path::new("/dev/serial/by-path/platform-serial"), "1.4"));
    }

    #[tokio::test]
    async fn a_modem_is_found_by_its_numbers_among_others() {
        let settings = Settings { protocol: Protocol::Modem, ..Settings::default() };
        let carrier = Carrier::start("127.0.0.1:0", settings).await.unwrap();
        // A device that answers nothing, one that is open already, and a modem.
        let (_mute, mute) = Serial::pseudo().unwrap();
        let (_other, other) = Serial::pseudo().unwrap();
        let _taken = Serial::open(&other, MODE).unwrap();
        let (line, modem) = Serial::pseudo().unwrap();
        let _serves = carrier.attach(line);
        let among = || vec![other.clone(), modem.clone()];
        let (imei, iccid) = (carrier.imei(), carrier.iccid());
        for mark in [Mark::Imei(imei.into()), Mark::Iccid(iccid.into())] {
            let found = find(&mark, MODE, among()).await;
            assert!(found.is_ok(), "{mark:?}: {:?}", found.err());
        }
        let among = [vec![mute], among()].concat();
        let none = find(&Mark::Imei("000000000000000".into()), MODE, among).await.unwrap_err();
        assert!(none.contains("3 serial devices were looked at, 1 of them"), "{none}");
    }
}
