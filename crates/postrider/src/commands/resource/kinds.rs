//! The commands for what is declared, a command for each kind.

use super::{
    AccountArgs, CurrencyArgs, LimitArgs, LookupProviderArgs, NumberArgs, PauseArgs, RouteArgs, RuleArgs,
    UpstreamArgs, UserArgs,
};
use crate::failure::Failure;
use clap::Subcommand;

/// A command for a kind of thing that is declared.
#[derive(Debug, Subcommand)]
pub(crate) enum KindCommand {
    /// Manage accounts: who may send, with keys, logins and limits
    Account(AccountArgs),
    /// Manage upstreams: the carriers, and how to connect to them
    Upstream(UpstreamArgs),
    /// Manage routes: which upstream a number's messages go to
    #[command(alias = "routes")]
    Route(RouteArgs),
    /// Manage numbers: whose account gets what handsets write to them
    Number(NumberArgs),
    /// Manage pauses: messages that are held back, and upstreams that are drained
    Pause(PauseArgs),
    /// Manage limits: how many parts are sent in which time
    Limit(LimitArgs),
    /// Manage providers of look-ups: who is asked about numbers
    LookupProvider(LookupProviderArgs),
    /// Manage currencies: the exchange rates by which costs are compared
    Currency(CurrencyArgs),
    /// Manage rules: replies, menus, polls, alerts and what else happens by itself
    Rule(RuleArgs),
    /// Manage users of the console: their roles, and how they sign in
    User(UserArgs),
}

impl KindCommand {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Account(args) => super::account(args).await,
            Self::Upstream(args) => super::upstream(args).await,
            Self::Route(args) => super::route(args).await,
            Self::Number(args) => super::number(args).await,
            Self::Pause(args) => super::pause(args).await,
            Self::Limit(args) => super::limit(args).await,
            Self::LookupProvider(args) => super::lookup_provider(args).await,
            Self::Currency(args) => super::currency(args).await,
            Self::Rule(args) => super::rule(args).await,
            Self::User(args) => super::user(args).await,
        }
    }
}
