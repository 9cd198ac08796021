//! The commands, one file each: the command's `Args` with its help, and `run`, which fails with a `Failure`. Nothing here
//! speaks SMPP or SQL.

pub(crate) mod alert;
pub(crate) mod appointment;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod balance;
pub(crate) mod bench;
mod bubble;
pub(crate) mod cdr;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod clients;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod consent;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod dead_number;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod encryption;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod failed_post;
mod follow;
pub(crate) mod inbound;
pub(crate) mod lock_out;
pub(crate) mod lookup;
pub(crate) mod man_pages;
pub(crate) mod message;
pub(crate) mod nodes;
pub(crate) mod numbering_plan;
mod page;
pub(crate) mod policy;
pub(crate) mod preset;
pub(crate) mod privacy;
pub(crate) mod quality;
pub(crate) mod queue;
pub(crate) mod reconcile;
pub(crate) mod reload;
pub(crate) mod report;
pub(crate) mod resource;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod simulate;
pub(crate) mod snippet;
pub(crate) mod store;
mod table;
pub(crate) mod tariff;
pub(crate) mod template;
pub(crate) mod trace;
pub(crate) mod traffic;
pub(crate) mod unmatched;
pub(crate) mod ussd;
pub(crate) mod verification;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs a command.
pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Conversation(args) => conversation::run(args).await,
        Command::Alert(args) => alert::run(args).await,
        Command::Appointment(args) => appointment::run(args).await,
        Command::Schedule(args) => schedule::run(args).await,
        Command::Snippet(args) => snippet::run(args).await,
        Command::Verification(args) => verification::run(args).await,
        Command::Contact(args) => contact::run(args).await,
        Command::Group(args) => contact::run_group(args).await,
        Command::Campaign(args) => args.run().await,
        Command::Broadcast(args) => args.run().await,
        Command::Batch(args) => args.run().await,
        Command::Template(args) => template::run(args).await,
        Command::Events(args) => events::run(args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Send(args) => send::run(args).await,
        Command::Message(args) => message::run(args).await,
        Command::Queue(args) => queue::run(args).await,
        Command::Kind(command) => command.run().await,
        Command::Session(args) => session::run(args).await,
        Command::LockOut(args) => lock_out::run(args).await,
        Command::FailedPost(args) => failed_post::run(args).await,
        Command::Inbound(args) => inbound::run(args).await,
        Command::OptOut(args) => args.run().await,
        Command::Policy(args) => policy::run(args).await,
        Command::Block(args) => args.run().await,
        Command::TimeZone(args) => args.run().await,
        Command::Consent(args) => args.run().await,
        Command::Explain(args) => explain::run(args).await,
        Command::NumberingPlan(args) => numbering_plan::run(args).await,
        Command::Tariff(args) => tariff::run(args).await,
        Command::Reconcile(args) => reconcile::run(args).await,
        Command::Balance(args) => balance::run(args).await,
        Command::Report(args) => report::run(args).await,
        Command::Cdr(args) => cdr::run(args).await,
        Command::DeadNumber(args) => dead_number::run(args).await,
        Command::Lookup(args) => lookup::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Encryption(args) => encryption::run(args).await,
        Command::Privacy(args) => privacy::run(args).await,
        Command::Changes(args) => changes::run(args).await,
        Command::Clients(args) => clients::run(args).await,
        Command::Nodes(args) => nodes::run(args).await,
        Command::Quality(args) => quality::run(args).await,
        Command::Reload(args) => reload::run(args).await,
        Command::Unmatched(args) => unmatched::run(args).await,
        Command::Trace(args) => trace::run(args).await,
        Command::Traffic(args) => traffic::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Ussd(args) => ussd::run(args).await,
        Command::Backup(args) => backup::back_up(args).await,
        Command::Restore(args) => backup::restore(args).await,
        Command::Store(args) => store::run(args).await,
        Command::Config(args) => config::run(&args),
        Command::Simulate(args) => simulate::run(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Preset(args) => preset::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::ManPages(args) => man_pages::run(&args),
    }
}
