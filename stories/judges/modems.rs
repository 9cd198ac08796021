//! Gammu, Gammu's daemon, SMSTools3 and Kannel drive our simulated modem: so it is a modem to others before our own upstream meets it. Our
//! upstream drives the recorded modems of python-gsmmodem.

use super::boxes::{self, Sent};
use super::older_protocols::called;
use super::tools;
use crate::harness::{Plan, Webhook, carrier_with, eventually, free_port, within};
use postrider_link::serial::Serial;
use postrider_simulator::carrier::{Carrier, ModemForm, Part, Protocol, Settings};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

const HANDSET: &str = "+447700900123";
const OURS: &str = "+15005550100";
const LONG: &str = "Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. Franz jagt im komplett verwahrlosten Taxi \
                    quer durch Bayern. Franz jagt im komplett verwahrlosten Taxi quer durch Bayern.";

/// A simulated modem on a pseudo terminal.
struct Modem {
    carrier: Carrier,
    terminal: PathBuf,
    folder: TempDir,
}

impl Modem {
    async fn start() -> Self {
        // Others look for what is stored in the SIM.
        let modem = ModemForm { capacity: 50, ..ModemForm::default() };
        let carrier =
            carrier_with(Settings { protocol: Protocol::Modem, modem, ..Settings::default() }).await;
        let (line, terminal) = Serial::pseudo().unwrap();
        drop(carrier.attach(line));
        Self { carrier, terminal, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A configuration, with folders that are made.
    fn configure(&self, name: &str, folders: &[&str], text: &str) -> PathBuf {
        for folder in folders {
            std::fs::create_dir_all(self.file(folder)).unwrap();
        }
        let text = text
            .replace("DEVICE", &self.terminal.display().to_string())
            .replace("FOLDER", &self.folder.path().display().to_string());
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }

    /// Waits until this text has been sent, in whatever parts.
    async fn sent(&self, text: &str) {
        let sent = eventually("the text to be sent", async || {
            let mut parts: Vec<Part> = self.carrier.accepted();
            parts.retain(|part| format!("+{}", part.destination) == HANDSET);
            parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
            let whole: String = parts.iter().map(Part::text).collect();
            (whole.len() >= text.len()).then_some(whole)
        })
        .await;
        assert_eq!(sent, text);
        self.carrier.forget();
    }
}

/// The first file of a folder whose name begins so, with what is in it.
async fn file_in(folder: &Path, beginning: &str) -> String {
    eventually("a file to come", async || {
        let mut entries = std::fs::read_dir(folder).unwrap().flatten();
        let found = entries.find(|entry| entry.file_name().to_string_lossy().starts_with(beginning))?;
        std::fs::read_to_string(found.path()).ok().filter(|text| !text.is_empty())
    })
    .await
}

fn daemon(program: &str, arguments: &[&str]) -> Child {
    Command::new(program).args(arguments).kill_on_drop(true).spawn().unwrap()
}

#[tokio::test]
async fn gammu_identifies_sends_reads_and_deletes() {
    let modem = Modem::start().await;
    let config = modem.configure("gammurc", &[], "[gammu]\ndevice = DEVICE\nconnection = at115200\n");
    let gammu = async |arguments: &[&str]| {
        let mut command = Command::new("gammu");
        command.arg("-c").arg(&config).args(arguments);
        tools::run(command, &serde_json::Value::Null).await
    };
    let said = gammu(&["identify"]).await;
    assert!(said.contains("Simulated modem") && said.contains("490154203237518"), "{said}");
    assert!(gammu(&["getsecuritystatus"]).await.contains("Nothing to enter"));
    let network = gammu(&["networkinfo"]).await;
    assert!(network.contains("home network"), "{network}");
    for text in ["Hello @ {you}", LONG] {
        gammu(&["sendsms", "TEXT", HANDSET, "-autolen", "500", "-report", "-text", text]).await;
        modem.sent(text).await;
    }
    modem.carrier.say("modem", HANDSET, OURS, "Hi @ {you}, 5 \u{20ac}");
    modem.carrier.say("modem", HANDSET, OURS, LONG);
    let all = eventually("the texts to be stored", async || {
        let all = gammu(&["getallsms"]).await;
        all.contains("Bayern. Franz").then_some(all)
    })
    .await;
    assert!(all.contains("Hi @ {you}, 5 \u{20ac}") && all.contains(HANDSET), "{all}");
    gammu(&["deleteallsms", "1"]).await;
    within("the texts to be taken", modem.carrier.until(|counts| counts.inbound_taken >= 1)).await;
}

#[tokio::test]
async fn gammus_daemon_sends_and_receives() {
    let modem = Modem::start().await;
    let config = modem.configure(
        "smsdrc",
        &["inbox", "outbox", "sent", "error"],
        "[gammu]\ndevice = DEVICE\nconnection = at115200\n\
         [smsd]\nservice = files\nlogfile = FOLDER/log\ndeliveryreport = log\ncommtimeout = 1\nsendtimeout = 10\n\
         receivefrequency = 1\nstatusfrequency = 5\ninboxpath = FOLDER/inbox/\noutboxpath = FOLDER/outbox/\n\
         sentsmspath = FOLDER/sent/\nerrorsmspath = FOLDER/error/\n",
    );
    std::fs::write(modem.file(&format!("outbox/OUT{HANDSET}.txt")), LONG).unwrap();
    let _daemon = daemon("gammu-smsd", &["-c", config.to_str().unwrap()]);
    modem.sent(LONG).await;
    modem.carrier.say("modem", HANDSET, OURS, "Hi @ {you}");
    assert_eq!(file_in(&modem.file("inbox"), "IN").await, "Hi @ {you}");
    within("the text to be deleted", modem.carrier.until(|counts| counts.inbound_taken == 1)).await;
}

#[tokio::test]
async fn smstools_sends_with_a_status_report_and_receives() {
    let modem = Modem::start().await;
    let config = modem.configure(
        "smsd.conf",
        &["outgoing", "checked", "incoming", "report", "sent", "failed"],
        "devices = GSM1\nlogfile = FOLDER/log\nloglevel = 5\ninfofile = FOLDER/info\npidfile = FOLDER/pid\n\
         outgoing = FOLDER/outgoing\nchecked = FOLDER/checked\nincoming = FOLDER/incoming\nreport = FOLDER/report\n\
         sent = FOLDER/sent\nfailed = FOLDER/failed\ndelaytime = 1\nreceive_before_send = no\nautosplit = 3\n\
         [GSM1]\ndevice = DEVICE\nincoming = yes\nreport = yes\nbaudrate = 115200\nrtscts = no\n\
         init = AT+CNMI=2,1,0,2,0\ncheck_memory_method = 1\ndetect_message_routing = no\n",
    );
    let _daemon = daemon("smsd", &["-t", "-c", config.to_str().unwrap()]);
    let to = HANDSET.trim_start_matches('+');
    std::fs::write(modem.file("outgoing/one"), format!("To: {to}\nReport: yes\n\n{LONG}")).unwrap();
    modem.sent(LONG).await;
    assert!(file_in(&modem.file("report"), "GSM1").await.contains("Status: 0,Ok"));
    modem.carrier.say("modem", HANDSET, OURS, "Hi @ {you}");
    let incoming = file_in(&modem.file("incoming"), "GSM1").await;
    assert!(incoming.contains(&format!("From: {to}")) && incoming.ends_with("Hi @ {you}"), "{incoming}");
    within("the text to be deleted", modem.carrier.until(|counts| counts.inbound_taken == 1)).await;
}

#[tokio::test]
async fn kannels_driver_sends_with_a_status_report_and_receives() {
    let form = ModemForm { pin: Some("1234".to_owned()), capacity: 50, ..ModemForm::default() };
    let settings = Settings { protocol: Protocol::Modem, modem: form, ..Settings::default() };
    let modem = Modem { carrier: carrier_with(settings).await, ..Modem::start().await };
    let mut callbacks = Webhook::listen().await;
    let folder = modem.folder.path();
    let [admin, send, inner] = [free_port(), free_port(), free_port()];
    let words = [
        ("ADMIN", admin.to_string()),
        ("BOX", inner.to_string()),
        ("SEND", send.to_string()),
        ("PORT", modem.carrier.address().port().to_string()),
        ("INBOUND", callbacks.url().to_owned()),
    ];
    boxes::configure("kannel_modem.conf", folder, &words);
    let _bearerbox = boxes::start("bearerbox", "kannel_modem.conf", folder);
    boxes::bound(admin).await;
    let _smsbox = boxes::start("smsbox", "kannel_modem.conf", folder);
    let http = boxes::listening(send).await;
    for text in ["Gr\u{fc}\u{df}e @ {Kannel}", LONG] {
        let sent = Sent { from: OURS, to: HANDSET, coding: "0", text, callback: callbacks.url() };
        boxes::send(&http, &sent).await;
        called(&mut callbacks, |target| target.contains("type=1&")).await;
        modem.sent(text).await;
    }
    modem.carrier.say("modem", HANDSET, OURS, "Hi @ {you}");
    let target = called(&mut callbacks, |target| target.contains("type=inbound")).await;
    // It acknowledges no text with +CNMA: whether it was taken, its application says.
    assert!(target.contains("Hi+%40+%7Byou%7D"), "{target}");
}

/// The recorded modems, in their order: Huawei K3715 and E1752, Wavecom, Qualcomm M6280, ZTE K3565-Z, Nokia N79.
const RECORDED: usize = 6;

#[tokio::test]
async fn our_driver_sends_by_every_recorded_modem() {
    let source = tools::installed("gsmmodem/fakemodems.py").with_file_name("");
    for modem in 0..RECORDED {
        let mut script = tools::python("recorded_modem.py");
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut script = script.spawn().unwrap();
        let given = serde_json::json!({ "modem": modem, "source": source });
        script.stdin.take().unwrap().write_all(format!("{given}\n").as_bytes()).await.unwrap();
        let mut said = BufReader::new(script.stdout.take().unwrap()).lines();
        let port = within("the port", said.next_line()).await.unwrap().unwrap();
        let gateway = Plan::new()
            .with(&format!("[upstreams.acme]\nprotocol = 'modem'\ndevice = 'tcp://127.0.0.1:{port}'"))
            .route("world", "", &["acme"])
            .account("shop")
            .start()
            .await;
        let shop = gateway.http("shop");
        let id = shop.send(HANDSET, "Hello").await;
        shop.message_in(&id, "sent").await;
        let digits = within("the message", said.next_line()).await.unwrap().unwrap();
        assert!(digits.contains("C8329BFD06"), "modem {modem} was given {digits}");
    }
}
