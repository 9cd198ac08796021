//! `postrider send`: one message, followed to its end.

use super::follow;
use super::template::Filling;
use crate::client::{Client, Connection};
use crate::failure::{EXIT_CODES, Failure, plain};
use crate::terminal::{self, Style, paint};
use serde_json::{Map, Value, json};
use std::io::Read;
use std::time::Duration;

const HELP: &str = "\
Prints the message's identifier, then each step until the message has a final state.

Examples:
  postrider account put shop
  export POSTRIDER_KEY=$(postrider account key add shop laptop)
  postrider send +447700900123 \"Hello\"
  postrider send --from Shop --class otp --valid-for 5m +447700900123 \"Your code is 123456\"
  postrider send --media photo.jpg +447700900123 \"Look\"
  postrider send --template welcome --variable name=Ann +447700900123
  echo \"Disk is full\" | postrider send +447700900123 -
  id=$(postrider send --no-wait +447700900123 \"Hello\")";

/// Send a message and follow it until it is delivered.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The recipient in international form, such as +447700900123
    to: String,
    /// The text; `-` reads it from standard input
    #[arg(required_unless_present_any = ["template", "media"], conflicts_with = "template")]
    text: Option<String>,
    /// The template whose text is sent, instead of a text
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    #[command(flatten)]
    filling: Filling,
    /// A picture, a video or a sound that goes with the text: a file, or a URL that the gateway fetches; may be given several
    /// times
    #[arg(long, value_name = "FILE|URL")]
    media: Vec<String>,
    /// The subject of a message with media
    #[arg(long, requires = "media")]
    subject: Option<String>,
    /// The sender that the recipient sees: a number, a code, or a name of up to 11 characters
    #[arg(long)]
    from: Option<String>,
    /// The class of the message: emergency, otp, transactional or marketing
    #[arg(long)]
    class: Option<String>,
    /// How long the message may wait before it expires, such as 5m
    #[arg(long, value_name = "TIME")]
    valid_for: Option<String>,
    /// Your own reference, to find the message by
    #[arg(long)]
    reference: Option<String>,
    /// A key: messages of the account with the same one leave in their order
    #[arg(long, value_name = "KEY")]
    ordering_key: Option<String>,
    /// A tag, which routes and selections look at; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The route that it asks for: the account's setting routes must name it
    #[arg(long)]
    route: Option<String>,
    /// When to send it, up to a year ahead, such as 2030-01-31T09:00:00Z
    #[arg(long, value_name = "TIME")]
    send_at: Option<String>,
    /// The time zone of a --send-at without an offset, such as Europe/Berlin; `recipient` is the recipient's own
    #[arg(long, value_name = "ZONE", requires = "send_at")]
    send_zone: Option<String>,
    /// Cancel it if its recipient writes before it leaves
    #[arg(long)]
    cancel_on_reply: bool,
    /// Send it as a flash message: the handset shows it at once and doesn't keep it
    #[arg(long)]
    flash: bool,
    /// Print the identifier and exit, without following the message
    #[arg(long)]
    no_wait: bool,
    /// How many seconds to follow the message
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    follow: u64,
    #[command(flatten)]
    connection: Connection,
}

/// Sends it.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let client = args.connection.client().await?;
    let mut document = document(&args)?;
    if !args.media.is_empty() {
        document["media"] = media(&client, &args.media).await?.into();
    }
    let accepted = client.post(&["messages"], &document).await?;
    let text = |name: &str| accepted.get(name).and_then(Value::as_str).unwrap_or("?");
    let id = text("id").to_owned();
    if args.no_wait {
        terminal::say(&id);
        return Ok(());
    }
    let parts = accepted.get("parts").and_then(Value::as_u64).unwrap_or(1);
    let parts = if parts == 1 { "1 part".to_owned() } else { format!("{parts} parts") };
    let about = paint(Style::Faint, &format!("{parts}, {}", text("encoding")));
    terminal::say(&format!("{} {about}", paint(Style::Strong, &id)));
    follow::to_its_end(&client, &id, Duration::from_secs(args.follow)).await
}

fn document(args: &Args) -> Result<Value, Failure> {
    let mut document = Map::new();
    let mut set = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            document.insert(name.to_owned(), value.as_str().into());
        }
    };
    set("to", Some(&args.to));
    set("text", args.text.as_deref().map(text).transpose()?.as_ref());
    set("subject", args.subject.as_ref());
    set("from", args.from.as_ref());
    set("class", args.class.as_ref());
    set("valid_for", args.valid_for.as_ref());
    set("reference", args.reference.as_ref());
    set("ordering_key", args.ordering_key.as_ref());
    set("route", args.route.as_ref());
    set("send_at", args.send_at.as_ref());
    set("send_zone", args.send_zone.as_ref());
    if let Some(name) = &args.template {
        let mut template = Map::new();
        template.insert("name".to_owned(), name.as_str().into());
        args.filling.fill(&mut template)?;
        document.insert("template".to_owned(), template.into());
    }
    if args.cancel_on_reply {
        document.insert("cancel_on_reply".to_owned(), true.into());
    }
    if !args.tags.is_empty() {
        document.insert("tags".to_owned(), args.tags.clone().into());
    }
    if args.flash {
        document.insert("flash".to_owned(), true.into());
    }
    Ok(document.into())
}

/// Media as a message names them: files are uploaded, URLs stay as they are.
async fn media(client: &Client, given: &[String]) -> Result<Vec<Value>, Failure> {
    let mut media = Vec::with_capacity(given.len());
    for one in given {
        if one.starts_with("https://") || one.starts_with("http://") {
            media.push(json!({ "url": one }));
            continue;
        }
        let octets = std::fs::read(one)
            .map_err(|error| Failure::usage(format!("can't read {one}: {}", plain(&error.to_string()))))?;
        let uploaded = client.post_octets(&["media"], &octets).await?;
        media.push(json!({ "id": uploaded.get("id") }));
    }
    Ok(media)
}

/// The text, or what standard input holds without its last line break.
fn text(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("can't read the text from standard input: {error}")))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
