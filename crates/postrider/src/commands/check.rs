//! `postrider check`: whether a configuration is right, and what it would run.

use crate::config::{self, Config, Severity, Tls};
use crate::failure::{Exit, Failure};
use crate::terminal::{self, Style, paint};
use postrider_declare::RouteDocument;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Shows every mistake with its line and the correction. It starts nothing and changes nothing. A file
must be complete: its routes lead to upstreams that it declares. Secrets are read from where the
file says, so run it as the user that runs the gateway.

Examples:
  postrider check                                # postrider.toml here
  postrider check /etc/postrider/postrider.toml && systemctl reload postrider

Exit codes:
  0  no mistakes (there may be warnings)
  2  there are mistakes; they were printed";

/// Check a configuration file, and show what it would run.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The file [default: postrider.toml]
    file: Option<PathBuf>,
    /// The same, as `serve` takes it
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Treat warnings as mistakes: exit with 2 if there are any
    #[arg(long)]
    strict: bool,
}

/// Prints what is wrong, or a summary.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let file = args.file.as_deref().or(args.config.as_deref()).unwrap_or(Path::new(config::FILE));
    let mut examined = config::examine(Some(file)).await?;
    examined.doubt_absence();
    examined.complain();
    let warnings = counted(examined.count(Severity::Warning), "warning", "warnings");
    let Some(config) = examined.config() else {
        let mistakes = counted(examined.mistakes().len(), "mistake", "mistakes");
        terminal::complain(&format!("{}: {mistakes}, {warnings}", examined.source.name));
        return Err(Failure::told(Exit::Usage));
    };
    terminal::say(&format!("{} {}, {warnings}. It runs:", paint(Style::Good, "✓"), examined.source.name));
    summary(config).iter().for_each(|line| terminal::say(line));
    if args.strict && examined.count(Severity::Warning) > 0 {
        return Err(Failure::told(Exit::Usage));
    }
    Ok(())
}

/// Which messages a route takes: by prefix, and the settings of its other conditions.
fn taken(route: &RouteDocument) -> String {
    let prefix = if route.prefix.0.is_empty() { "*".to_owned() } else { format!("+{}…", route.prefix) };
    let conditions = [
        ("prefixes", route.prefixes.is_empty()),
        ("countries", route.countries.is_empty()),
        ("networks", route.networks.is_empty()),
        ("types", route.types.is_empty()),
        ("accounts", route.accounts.is_empty()),
        ("senders", route.senders.is_empty()),
        ("classes", route.classes.is_empty()),
        ("tags", route.tags.is_empty()),
        ("text_contains", route.text_contains.is_empty()),
        ("encodings", route.encodings.is_empty()),
        ("hours", route.hours.is_empty()),
        ("days", route.days.is_empty()),
        ("percent", route.percent == 100),
    ];
    let names: Vec<&str> = conditions.iter().filter(|(_, none)| !none).map(|(name, _)| *name).collect();
    if names.is_empty() { prefix } else { format!("{prefix} by {}", names.join(", ")) }
}

/// What would run, a line each.
fn summary(config: &Config) -> Vec<String> {
    let tls = |what: &str, tls: &Option<Tls>| tls.as_ref().map(|tls| row(what, &tls.listen.to_string()));
    let mut lines =
        vec![row("data", &config.data.display().to_string()), row("http", &config.http.to_string())];
    if config.store.is_some() {
        lines.insert(1, row("store", "PostgreSQL, shared with other nodes"));
    }
    lines.extend(tls("http, TLS", &config.http_tls));
    lines.push(row("smpp", &config.smpp.map_or("off".to_owned(), |address| address.to_string())));
    lines.extend(tls("smpp, TLS", &config.smpp_tls));
    for (what, encrypted, door) in [("ucp", "ucp, TLS", &config.ucp), ("cimd2", "cimd2, TLS", &config.cimd2)]
    {
        lines.extend(door.listen.map(|address| row(what, &address.to_string())));
        lines.extend(tls(encrypted, &door.tls));
    }
    let admins: Vec<&str> = config.admin_keys.iter().map(|key| key.name.as_str()).collect();
    let admins =
        if admins.is_empty() { "the key in the data directory".to_owned() } else { admins.join(", ") };
    lines.push(row("admins", &admins));
    let documents = &config.documents;
    lines.push(row("accounts", &names(documents.accounts.keys())));
    lines.push(row("upstreams", &names(documents.upstreams.keys())));
    for (name, route) in &documents.routes {
        lines.push(row(
            "route",
            &format!("{} → {}   ({name})", taken(route), route.upstreams.join(", then ")),
        ));
    }
    if documents.routes.is_empty() {
        lines.push(row("route", "none in this file: every message is refused until one is declared"));
    }
    if !documents.pauses.is_empty() {
        lines.push(row("pauses", &names(documents.pauses.keys())));
    }
    if !documents.currencies.is_empty() {
        lines.push(row("exchange rates", &names(documents.currencies.keys())));
    }
    if !documents.lookups.is_empty() {
        lines.push(row("lookups", &names(documents.lookups.keys())));
    }
    if !documents.limits.is_empty() {
        lines.push(row("limits", &names(documents.limits.keys())));
    }
    if !documents.numbers.is_empty() {
        lines.push(row("numbers", &names(documents.numbers.keys())));
    }
    if !documents.policies.is_empty() {
        lines.push(row("policies", &names(documents.policies.keys())));
    }
    if !documents.rules.is_empty() {
        lines.push(row("rules", &names(documents.rules.keys())));
    }
    lines
}

fn row(what: &str, value: &str) -> String {
    format!("  {} {value}", paint(Style::Faint, &format!("{what:<10}")))
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { "none in this file".to_owned() } else { names.join(", ") }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}
