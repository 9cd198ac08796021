//! `simulate`: a carrier with handsets, for trying a gateway without a carrier; or a client, for trying a server.

mod client;
mod handsets;
mod manners;
mod mmsc;
mod modem;
mod provider;

use super::bubble;
use crate::failure::{Failure, plain};
use crate::operations::signals::Signals;
use crate::terminal::{self, Style, paint, say};
use clap::Parser;
use manners::{Form, Script};
use postrider_declare::Span;
use postrider_simulator::carrier::{
    Answer, Carrier, Chip, Delay, Errors, Fate, Heard, IdForm, MagicNumber, ModemForm, Protocol, Recording,
    Settings, magic_numbers,
};
use postrider_simulator::handset::Handsets;
use postrider_simulator::manner::Chosen;
use postrider_upstream::smpp::usual_reaction;
use postrider_wire::smpp::Status;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The most digests kept to detect texts that come twice.
const EXPECTED: usize = 1_000;

/// Simulate a carrier with handsets, or a client
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  postrider simulate
  postrider simulate --receipts-after 1s..5s --errors 0.05 --throttle 100
  postrider simulate --numbers     numbers that are refused, unreachable, slow...
  postrider simulate --manner receipt-in-data-sm --manner answer-id=hex
  postrider simulate --prompt      handsets write what you type: +447700900123 60006 Hello
                                   or dial, and enter answers: +447700900123 *123# 1 2
  postrider simulate --http 127.0.0.1:22780
  postrider simulate --ucp 127.0.0.1:22776
  postrider simulate --modem /tmp/modem --chip huawei --pin 1234
  postrider simulate --provider 127.0.0.1:22790 --preset twilio
  postrider simulate --mm7 127.0.0.1:22791 --callback 'http://127.0.0.1:8080/v1/callbacks/mmsc?key=...'
  postrider simulate --client 127.0.0.1:2775 --system-id shop --password secret --manner nul-after-text

Everybody may bind unless --system-id or --password say otherwise. Texts that reach a handset are
shown as it would show them.")]
pub(crate) struct Args {
    /// Where to listen for SMPP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:22775")]
    smpp: SocketAddr,
    /// Speak EMI/UCP instead, and listen here. A client logs in with --system-id as its number. Only the manners of timing and
    /// of fates apply
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["smpp", "client"])]
    ucp: Option<SocketAddr>,
    /// Speak CIMD2 instead, and listen here. A client logs in with --system-id as its user identity. Only the manners of timing
    /// and of fates apply
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["smpp", "ucp", "client"])]
    cimd2: Option<SocketAddr>,
    /// Be a GSM modem instead: at this path, a pseudo terminal, or behind this TCP address. Only the manners of timing and of
    /// fates apply
    #[arg(long, value_name = "PATH|ADDRESS", value_parser = modem::Place::read, conflicts_with_all = ["smpp", "ucp", "cimd2", "client"])]
    modem: Option<modem::Place>,
    /// The modem's chip, whose quirks it has: plain, huawei, simcom, quectel, wavecom, zte or cinterion
    #[arg(long, value_name = "NAME", value_parser = modem::chip, default_value = "plain", requires = "modem")]
    chip: Chip,
    /// The PIN that the modem's SIM asks for
    #[arg(long, value_name = "DIGITS", requires = "modem")]
    pin: Option<String>,
    /// The number of the modem's SIM
    #[arg(long, value_name = "NUMBER", default_value = "+15005550100", requires = "modem")]
    sim_number: String,
    /// Be an HTTP provider instead, as --preset describes it, and listen here
    #[arg(long, value_name = "ADDRESS", requires = "preset", conflicts_with_all = ["smpp", "ucp", "cimd2", "client"])]
    provider: Option<SocketAddr>,
    /// Be a centre for multimedia messages (MMSC) instead, which speaks MM7, and listen here. It posts reports to --callback
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["smpp", "ucp", "cimd2", "client", "provider"])]
    mm7: Option<SocketAddr>,
    /// The provider's preset: `postrider preset list`
    #[arg(long, value_name = "NAME", requires = "provider")]
    preset: Option<String>,
    /// A value of the preset, where its example is not the one; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = provider::value, requires = "provider")]
    value: Vec<(String, String)>,
    /// Where the provider or the centre calls back, if the requests don't say it
    #[arg(long, value_name = "URL")]
    callback: Option<String>,
    /// How a bad provider answers
    #[arg(long, value_enum, value_name = "MANNER", requires = "provider")]
    bad: Option<provider::Bad>,
    /// The only system_id that may bind; with --client, the system_id to bind with
    #[arg(long, value_name = "NAME")]
    system_id: Option<String>,
    /// The password of that system_id
    #[arg(long)]
    password: Option<String>,
    /// How long an answer takes: a time such as 20ms, or from one to another, 20ms..2s
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "0ms")]
    latency: Delay,
    /// How long after the answer the receipt comes
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "1s..3s")]
    receipts_after: Delay,
    /// The share of messages that are refused at random, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0")]
    errors: f64,
    /// The command_status of random refusals, such as 0x08
    #[arg(long, value_name = "STATUS", value_parser = status, default_value = "0x08")]
    error_status: u32,
    /// The most messages a second; those beyond are refused with ESME_RTHROTTLED (0x58)
    #[arg(long, value_name = "RATE")]
    throttle: Option<u32>,
    /// Don't answer messages
    #[arg(long)]
    silent: bool,
    /// Accept messages, and send no receipts
    #[arg(long)]
    no_receipts: bool,
    /// How message identifiers are written: decimal, hex or uuid
    #[arg(long, value_name = "FORM", value_parser = ids, default_value = "decimal")]
    ids: IdForm,
    /// How identifiers are written in receipts, if differently
    #[arg(long, value_name = "FORM", value_parser = ids)]
    receipt_ids: Option<IdForm>,
    /// The seed of everything random: the same number repeats a run
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Don't show texts
    #[arg(long, short)]
    quiet: bool,
    /// Have handsets write what lines of the standard input say: FROM TO TEXT; with --mm7 also @FILE for pictures
    #[arg(long, conflicts_with = "client")]
    prompt: bool,
    /// Have handsets write what is posted to this address: POST /handset with a JSON object of from, to and text
    #[arg(long, value_name = "ADDRESS", conflicts_with = "client")]
    http: Option<SocketAddr>,
    /// List the test numbers and exit
    #[arg(long)]
    numbers: bool,
    /// A manner of carriers or clients to imitate, by name; may be given several times
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = Chosen::read)]
    manner: Vec<Chosen>,
    /// A file of habits: `manners = [...]`, and `[[at]]` with `after = "5s"` and `manners` for those that take their
    /// place later; `[[write]]` with `after`, `from`, `to` and `text` for what handsets write
    #[arg(long, value_name = "FILE")]
    manners: Option<PathBuf>,
    /// List the manners and exit
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, default_missing_value = "table")]
    list_manners: Option<Form>,
    /// Be a client of this server instead: hand in a few texts, wait for answers and receipts, and say what came of it
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["smpp", "latency", "receipts_after", "errors", "throttle"])]
    client: Option<String>,
    /// To whom the client writes
    #[arg(long, value_name = "NUMBER", default_value = "+15005550006", requires = "client")]
    to: String,
    /// What it writes: a short text, a long one and one in UCS-2 if nothing is said; may be given several times
    #[arg(long, requires = "client")]
    text: Vec<String>,
}

/// Runs the carrier until Ctrl-C.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if args.numbers {
        list_numbers();
        return Ok(());
    }
    if let Some(form) = args.list_manners {
        manners::list(form);
        return Ok(());
    }
    let mut script = args.manners.as_deref().map_or_else(|| Ok(Script::default()), Script::open)?;
    script.add(&args.manner);
    if let Some(server) = &args.client {
        return client::run(&args, server, &script).await;
    }
    if let Some(address) = args.mm7 {
        return mmsc::run(&args, address).await;
    }
    if let (Some(address), Some(preset)) = (args.provider, &args.preset) {
        return provider::run(&args, address, preset).await;
    }
    script.check()?;
    let mut signals = Signals::listen()?;
    let plain_settings = settings(&args);
    let settings =
        manners::settings(&plain_settings, &script.always).map_err(|error| manners::wrong(&error))?;
    let carrier = start(&args, settings).await?;
    if let Some(address) = args.http {
        handsets::serve(address, Arc::clone(&carrier)).await?;
    }
    let prompted = async {
        if args.prompt {
            handsets::prompt(&carrier).await;
        }
        std::future::pending::<()>().await;
    };
    let plugged_in = async {
        match &args.modem {
            Some(place) => modem::serve(place, &carrier).await,
            None => std::future::pending().await,
        }
    };
    let shown = async {
        if !args.quiet {
            show(carrier.listen()).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = signals.next() => {}
        () = shown => {}
        () = prompted => {}
        () = write(&carrier, &script) => {}
        () = change(&carrier, &plain_settings, &script) => {}
        failure = plugged_in => return Err(failure),
    }
    let counts = carrier.counts();
    say(&format!(
        "\nParts: {} received, {} accepted. Receipts: {} acknowledged, {} waiting for a bound receiver.",
        counts.submitted, counts.accepted, counts.receipts_taken, counts.waiting
    ));
    Ok(())
}

/// Starts the carrier, and says where it is.
async fn start(args: &Args, settings: Settings) -> Result<Arc<Carrier>, Failure> {
    let (address, option) = match (&args.modem, args.ucp, args.cimd2) {
        (Some(place), ..) => (place.address(), "modem"),
        (None, Some(ucp), _) => (ucp, "ucp"),
        (None, None, Some(cimd2)) => (cimd2, "cimd2"),
        (None, None, None) => (args.smpp, "smpp"),
    };
    let carrier = Arc::new(Carrier::start(address, settings).await.map_err(|error| {
        let why = error.to_string();
        Failure::failed(format!("can't listen at {address}: {}", plain(&why))).help(format!(
            "another simulator may be running; choose another address with `--{option} ADDRESS`"
        ))
    })?);
    if !matches!(args.modem, Some(modem::Place::Path(_))) {
        let protocol = option.to_uppercase();
        say(&format!("A carrier listens at {} for {protocol}. Ctrl-C ends it.", carrier.address()));
    }
    Ok(carrier)
}

/// Has the carrier change its ways as the script says, for as long as it is let.
async fn change(carrier: &Carrier, plain: &Settings, script: &Script) {
    let mut before = Duration::ZERO;
    for (after, chosen) in &script.changes {
        tokio::time::sleep(*after - before).await;
        before = *after;
        // They were checked before the carrier was started.
        if let Ok(settings) = manners::settings(plain, chosen) {
            carrier.set(settings);
            let names: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            let names = if names.is_empty() { "good manners".to_owned() } else { names.join(", ") };
            say(&paint(Style::Faint, &format!("From now on: {names}")));
        }
    }
    std::future::pending::<()>().await;
}

/// Has handsets write what the script says, when it says so.
async fn write(carrier: &Carrier, script: &Script) {
    let mut before = Duration::ZERO;
    for (after, written) in &script.writes {
        tokio::time::sleep(*after - before).await;
        before = *after;
        if let Err(why) = written.write(carrier) {
            terminal::complain(why);
        }
    }
    std::future::pending::<()>().await;
}

fn settings(args: &Args) -> Settings {
    let mut settings = Settings {
        protocol: match (&args.modem, args.ucp, args.cimd2) {
            (Some(_), ..) => Protocol::Modem,
            (None, Some(_), _) => Protocol::Ucp,
            (None, None, Some(_)) => Protocol::Cimd2,
            (None, None, None) => Protocol::Smpp,
        },
        modem: ModemForm {
            chip: args.chip,
            pin: args.pin.clone(),
            number: args.sim_number.clone(),
            ..ModemForm::default()
        },
        system_id: args.system_id.clone(),
        password: args.password.clone(),
        answer_delay: args.latency,
        receipt_delay: args.receipts_after,
        errors: Some(Errors { share: args.errors, status: Status(args.error_status) }),
        throttle: args.throttle,
        ids: args.ids,
        fate: match (args.silent, args.no_receipts) {
            (true, _) => Fate::answered(Answer::Never),
            (false, true) => Fate::ends(&[]),
            (false, false) => Fate::delivered(),
        },
        recording: Recording::Counts(EXPECTED),
        seed: args.seed,
        ..Settings::default()
    };
    settings.receipts.ids = args.receipt_ids.unwrap_or(args.ids);
    settings
}

fn list_numbers() {
    for number in magic_numbers() {
        say(&format!("{}  {}", paint(Style::Strong, &format!("+{}", number.digits)), consequence(&number)));
    }
    say(&paint(Style::Faint, "Every other number is delivered."));
}

/// What the carrier does with messages to a number, and what the gateway does then.
fn consequence(number: &MagicNumber) -> String {
    match number.fate.answer {
        Answer::Refuse(status) => format!("{}: {}", number.meaning, usual_reaction(status).reaction()),
        _ => number.meaning.to_owned(),
    }
}

/// Shows what handsets get, for as long as there is a carrier.
async fn show(mut heard: Receiver<Heard>) {
    let mut handsets = Handsets::new();
    loop {
        match heard.recv().await {
            Ok(heard) => {
                if let Some(bubble) = handsets.hear(heard) {
                    bubble::show(&bubble);
                }
            }
            Err(RecvError::Lagged(missed)) => {
                say(&paint(Style::Doubtful, &format!("{missed} parts came too fast to show")));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// A time, or from one to another: `20ms`, `1s..5s`.
pub(super) fn delay(text: &str) -> Result<Delay, String> {
    let read = |text: &str| Span::new(text).read().map_err(|error| error.to_string());
    match text.split_once("..") {
        None => read(text).map(Delay::from),
        Some((least, most)) => {
            let (least, most) = (read(least)?, read(most)?);
            if least <= most {
                Ok(Delay::between(least, most))
            } else {
                Err("the first is longer".to_owned())
            }
        }
    }
}

/// A share, 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "a number from 0 to 1 is needed")?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("it must be from 0 to 1".to_owned()) }
}

/// A command_status other than ESME_ROK, decimal or hexadecimal.
pub(super) fn status(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").map(|digits| u32::from_str_radix(digits, 16));
    match digits.unwrap_or_else(|| text.parse()) {
        Ok(0) => Err("0 is no error".to_owned()),
        Ok(status) => Ok(status),
        Err(_) => Err("a number such as 0x08 or 8 is needed".to_owned()),
    }
}

fn ids(text: &str) -> Result<IdForm, String> {
    match text {
        "decimal" => Ok(IdForm::Decimal),
        "hex" => Ok(IdForm::Hex),
        "uuid" => Ok(IdForm::Uuid),
        _ => Err("decimal, hex or uuid".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_manual_lists_the_test_numbers() {
        let page = include_str!("../../../../docs/src/simulator.md");
        for number in magic_numbers() {
            let row = format!("| `+{}` | {} |\n", number.digits, consequence(&number));
            assert!(page.contains(&row), "docs/src/simulator.md lacks {row}");
        }
    }

    #[test]
    fn reads_times_and_their_ranges() {
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(2));
        assert_eq!(delay("20ms"), Ok(short.into()));
        assert_eq!(delay("20ms..2s"), Ok(Delay::between(short, long)));
        assert!(delay("2s..20ms").is_err() && delay("20").is_err() && delay("..").is_err());
    }

    #[test]
    fn reads_errors() {
        assert_eq!((status("0x58"), status("8")), (Ok(0x58), Ok(8)));
        assert!(status("0").is_err() && status("0xx").is_err());
        assert!(share("0.5").is_ok() && share("1.5").is_err() && share("x").is_err());
    }
}
