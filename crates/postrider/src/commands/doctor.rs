//! `postrider doctor`: whether the link to a carrier is well, what to do if it isn't, and which settings it wants.

mod handset;
mod settings;
mod show;

use crate::client::{Client, Connection};
use crate::failure::{Exit, Failure};
use crate::terminal;
use postrider_declare::Span;
use serde_json::{Value, json};
use settings::Setting;
use std::io::IsTerminal;
use std::time::Duration;
use url::Url;

const HELP: &str = "\
The gateway tests the link step by step, with sessions of its own: the host's name, each of its
addresses, TLS, the login, and the carrier's answers. For each step it shows the test, the result,
the meaning, and what to do or to ask the carrier. Existing sessions stay open; where the carrier
allows no further session, disable the upstream first.

With --to it sends texts to a test handset, at the carrier's usual price. It finds the form of
identifiers, the form of receipts, the accepted long and flash texts, the alphabet of data_coding 0,
the window, and with --thorough the rate. The upstream must be disabled meanwhile. Settings that
suit the carrier better than the declared ones are printed; --write applies them.

Examples:
  postrider doctor acme
  postrider doctor acme --json > acme.ndjson
  postrider upstream put acme enabled=false
  postrider doctor acme --to +447700900123 --from Shop
  postrider doctor acme --to +447700900123 --thorough --yes --write

Exit codes:
  0  all is well
  1  something failed
  2  wrong usage or configuration; nothing was done
  3  the gateway refused it (no permission, no such upstream, in use, being examined already)
  4  the gateway can't be reached";

/// The longest examination, as the gateway has it, but for the time that receipts are waited for twice.
const PATIENCE: Duration = Duration::from_mins(5);
/// Parts that are sent at most, as a rule and to be thorough.
const USUAL: u16 = 20;
const THOROUGH: u16 = 200;

/// Diagnose the link to a carrier, and recommend settings.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The upstream, as it is declared
    upstream: String,
    /// Send texts to this handset, in international form
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
    /// The sender of these texts: a number, a code, or a name of up to 11 characters
    #[arg(long, requires = "to")]
    from: Option<String>,
    /// The most parts that the carrier may accept [default: 20]
    #[arg(long, value_name = "NUMBER", requires = "to")]
    messages: Option<u16>,
    /// Send up to 200 parts, and measure how many a second the carrier accepts
    #[arg(long, requires = "to", conflicts_with = "messages")]
    thorough: bool,
    /// Send texts without asking first
    #[arg(long, requires = "to")]
    yes: bool,
    /// How long to wait for receipts, from 1s to 10m
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "30s", requires = "to")]
    receipts_wait: Duration,
    /// Where the texts are that the handset shows: a JSON array of texts, or a text a line. Without it you are asked
    #[arg(long, value_name = "URL", requires = "to")]
    handset_url: Option<Url>,
    /// Apply the recommended settings
    #[arg(long)]
    write: bool,
    /// Print JSON: a line for each finding
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

fn span(text: &str) -> Result<Duration, String> {
    Span::new(text).read().map_err(|error| error.to_string())
}

/// Has the upstream examined, shows what is found, and what to set.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.administrator().await?;
    if let Some(to) = &args.to {
        agree(&args, to)?;
    }
    let Examined { well, mut settings, questions } = examine(&client, &args).await?;
    for question in &questions {
        let answer = match &args.handset_url {
            Some(url) => handset::look(url, question).await?,
            None => handset::ask(question)?,
        };
        settings.extend(answer);
    }
    if !args.json || args.write {
        settings::conclude(&client, &args.upstream, &settings, args.write, args.json).await?;
    }
    if well { Ok(()) } else { Err(Failure::told(Exit::Failed)) }
}

impl Args {
    fn parts(&self) -> u16 {
        self.messages.unwrap_or(if self.thorough { THOROUGH } else { USUAL })
    }
}

/// Says what it will cost, and asks whether it may.
fn agree(args: &Args, to: &str) -> Result<(), Failure> {
    let parts = args.parts();
    terminal::complain(&format!("up to {parts} messages will be sent to {to} by {}", args.upstream));
    if args.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("can't ask for permission to send: there is no terminal")
            .help("`--yes` sends without asking"));
    }
    match handset::answer("Send them? [y/N] ")?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::usage("nothing was sent")),
    }
}

/// What an examination came to.
struct Examined {
    well: bool,
    settings: Vec<Setting>,
    /// What the handset is to say.
    questions: Vec<Value>,
}

async fn examine(client: &Client, args: &Args) -> Result<Examined, Failure> {
    let path = ["upstreams", &args.upstream, "doctor"];
    let mut asked = json!({});
    if let Some(to) = &args.to {
        asked =
            json!({ "to": to, "messages_max": args.parts(), "receipts_wait": args.receipts_wait.as_secs() });
        if let Some(from) = &args.from {
            asked["from"] = from.as_str().into();
        }
    }
    let mut lines = client.work(&path, &asked, PATIENCE + args.receipts_wait * 2).await?;
    let mut examined = Examined { well: false, settings: Vec::new(), questions: Vec::new() };
    while let Some(line) = lines.next().await? {
        if args.json {
            terminal::say(&line.to_string());
        }
        match line.get("event").and_then(Value::as_str) {
            Some("found") => {
                if !args.json {
                    show::finding(&line);
                }
                let settings = line.get("settings").and_then(Value::as_array).into_iter().flatten();
                examined.settings.extend(settings.filter_map(Setting::read));
                examined.questions.extend(line.get("question").cloned().filter(|_| !args.json || args.write));
            }
            Some("ended") => {
                examined.well = line.get("well").and_then(Value::as_bool).unwrap_or(false);
                return Ok(examined);
            }
            _ => {}
        }
    }
    Err(Failure::failed("the examination was interrupted: the gateway stopped, or the connection was lost"))
}
