//! The command line: which commands there are and what their help says. What they do stands in
//! [`crate::commands`].

#[cfg(test)]
mod examples;
#[cfg(test)]
mod parity;

use crate::commands;
use crate::failure::EXIT_CODES;
use clap::{Parser, Subcommand};

/// The program.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, about = "An SMS gateway that loses nothing and explains itself.")]
#[command(after_help = EXIT_CODES, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try the gateway, with a simulated carrier and handsets
    Demo(commands::demo::Args),
    /// Run the gateway
    Serve(commands::serve::Args),
    /// Read the configuration file again, and show what changed
    Reload(commands::reload::Args),
    /// Check a configuration file, and show what it would run
    Check(commands::check::Args),
    /// Send a message and follow it until it is delivered
    Send(commands::send::Args),
    /// List, inspect and cancel messages
    Message(commands::message::Args),
    /// Cancel, move, reclassify or retry many queued messages at once, or send failed ones again
    Queue(commands::queue::Args),
    #[command(flatten)]
    Kind(commands::resource::KindCommand),
    /// List and inspect messages from handsets
    Inbound(commands::inbound::Args),
    /// Manage opt-outs: recipients who want no more messages
    OptOut(commands::consent::OptOutArgs),
    /// Manage policies for several accounts, and say what the presets for laws enforce
    Policy(commands::policy::Args),
    /// Manage blocked numbers
    Block(commands::consent::BlockArgs),
    /// Manage time zones of numbers, for quiet hours
    TimeZone(commands::consent::TimeZoneArgs),
    /// Manage records of consent
    Consent(commands::consent::ConsentArgs),
    /// List and answer conversations with handsets
    Conversation(commands::conversation::Args),
    /// Manage appointments, whose recipients are reminded and answer
    Appointment(commands::appointment::Args),
    /// Manage schedules of recurring messages
    Schedule(commands::schedule::Args),
    /// Show and acknowledge alerts; manage their sources, and who is on call
    Alert(commands::alert::Args),
    /// Manage snippets: saved views of messages, and canned replies
    Snippet(commands::snippet::Args),
    /// Verify numbers by one-time password
    Verification(commands::verification::Args),
    /// Write, approve, preview and delete templates of messages
    Template(commands::template::Args),
    /// Manage contacts: numbers with names, languages, groups, tags and fields
    Contact(commands::contact::ContactArgs),
    /// Manage groups of contacts
    Group(commands::contact::GroupArgs),
    /// Send one message to groups of contacts: scheduled, paced, once each
    Campaign(commands::run::CampaignArgs),
    /// Send one message to recipients from files
    Batch(commands::run::BatchArgs),
    /// Send an emergency broadcast, which two persons release
    Broadcast(commands::run::BroadcastArgs),
    /// Explain what would be decided of a message: number, route, upstreams, parts and octets
    Explain(commands::explain::Args),
    /// Show events as they happen: messages from handsets, ends of messages, and others
    Events(commands::events::Args),
    /// Manage the numbering plan: which ranges of numbers belong to which network
    NumberingPlan(commands::numbering_plan::Args),
    /// Manage tariffs: what accounts pay for a part, and what upstreams cost
    Tariff(commands::tariff::Args),
    /// Compare a supplier's records with what went by an upstream
    Reconcile(commands::reconcile::Args),
    /// Show and top up balances: what accounts may spend
    Balance(commands::balance::Args),
    /// Report what became of messages: volumes, delivered ratio, latencies, price, cost and margin
    Report(commands::report::Args),
    /// Print records of messages that have ended, or write them to files
    Cdr(commands::cdr::Args),
    /// Show the country, network and kind of a number
    Lookup(commands::lookup::Args),
    /// List, look at and clear dead numbers: messages to them failed for good
    DeadNumber(commands::dead_number::Args),
    /// List and end sessions of users of the console
    Session(commands::session::Args),
    /// List and lift lock-outs of users of the console
    LockOut(commands::lock_out::Args),
    /// List posts to webhooks that failed, and have their events told again
    FailedPost(commands::failed_post::Args),
    /// List changes to accounts, upstreams, routes, numbers, rules and users: who, when, what
    Changes(commands::changes::Args),
    /// Show who saw or changed what, and verify that no line was changed
    Audit(commands::audit::Args),
    /// Show which keys texts and secrets in the store are encrypted with
    Encryption(commands::encryption::Args),
    /// Export or erase what is kept of a person, by number
    Privacy(commands::privacy::Args),
    /// List the sessions that clients have open at a node: SMPP, UCP and CIMD2
    Clients(commands::clients::Args),
    /// List the nodes that share the store, and the work of each
    Nodes(commands::nodes::Args),
    /// Show how surely and how fast upstreams deliver, by network
    Quality(commands::quality::Args),
    /// Show how much passes through, what waits, and what is broken
    Traffic(commands::traffic::Args),
    /// List receipts of carriers that name no message
    Unmatched(commands::unmatched::Args),
    /// Show traffic with carriers and clients, live or recent
    Trace(commands::trace::Args),
    /// Diagnose the link to a carrier, and recommend settings
    Doctor(commands::doctor::Args),
    /// Ask the network of a modem by USSD, or show the balance of its SIM
    Ussd(commands::ussd::Args),
    /// Back up the message store to a file, also while the gateway runs
    Backup(commands::backup::BackupArgs),
    /// Restore a message store from a backup
    Restore(commands::backup::RestoreArgs),
    /// Copy a message store between SQLite and PostgreSQL
    Store(commands::store::Args),
    /// Explain the configuration file
    Config(commands::config::Args),
    /// Simulate a carrier with handsets
    Simulate(commands::simulate::Args),
    /// Measure the gateway on this machine
    Bench(commands::bench::Args),
    /// Show and check presets of HTTP providers
    Preset(commands::preset::Args),
    /// Print a script that completes commands in your shell
    Completions(commands::completions::Args),
    /// Write man pages, for packages
    #[command(hide = true)]
    ManPages(commands::man_pages::Args),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn options_are_well_formed() {
        Cli::command().debug_assert();
    }

    /// An option that all verbs of a command have must be no verb's own: the value of one would be read as that of the other.
    #[test]
    fn no_verb_has_an_option_that_its_command_has_for_all() {
        fn walk(command: &clap::Command, path: &str, known: &[String]) {
            let path = format!("{path} {}", command.get_name());
            let named = |arg: &clap::Arg| arg.get_long().map(str::to_owned);
            for arg in command.get_arguments() {
                let long = named(arg).unwrap_or_default();
                assert!(!known.contains(&long), "{path} has --{long}, which all its siblings have");
            }
            let global = command.get_arguments().filter(|arg| arg.is_global_set()).filter_map(named);
            let known: Vec<String> = known.iter().cloned().chain(global).collect();
            command.get_subcommands().for_each(|verb| walk(verb, &path, &known));
        }
        walk(&Cli::command(), "", &[]);
    }

    /// The commands that do what pages of the console do.
    const COMMANDS: [(&str, &[&str]); 25] = [
        ("live", &["traffic", "nodes"]),
        ("messages", &["message", "snippet"]),
        ("compose", &["send", "explain", "campaign"]),
        ("templates", &["template"]),
        ("campaigns", &["campaign", "batch"]),
        ("contacts", &["contact", "group"]),
        ("broadcasts", &["broadcast"]),
        ("inbox", &["conversation", "inbound"]),
        ("alerts", &["alert"]),
        ("appointments", &["appointment"]),
        ("verifications", &["verification"]),
        ("upstreams", &["upstream", "trace", "doctor"]),
        ("routes", &["route", "explain"]),
        ("numbers", &["number"]),
        ("automation", &["rule"]),
        ("opt-outs", &["opt-out", "block", "consent"]),
        ("held", &["message", "queue"]),
        ("unmatched", &["unmatched"]),
        ("quality", &["quality"]),
        ("reports", &["report"]),
        ("tariffs", &["tariff"]),
        ("accounts", &["account", "failed-post"]),
        ("users", &["user", "session", "lock-out"]),
        ("audit", &["audit", "changes"]),
        ("system", &["nodes", "encryption"]),
    ];

    #[test]
    fn what_the_console_does_commands_do_too() {
        let command = Cli::command();
        for place in postrider_console::places() {
            let (_, names) = COMMANDS.iter().find(|(page, _)| *page == place).expect(place);
            for name in *names {
                assert!(command.find_subcommand(name).is_some(), "{place}: {name}");
            }
        }
    }
}
