//! The carrier of a measurement, as the command line describes it.

use crate::commands::simulate::{delay, share, status};
use clap::ValueEnum;
use postrider_simulator::carrier::{Delay, Errors, Protocol, ReceiptsTo, Recording, Settings};
use postrider_wire::smpp::Status;
use std::time::Duration;
use toml::{Table, Value};

/// The login and the password that the gateway's configuration has.
const LOGIN: &str = "carrier";

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The carrier")]
pub(super) struct Carrier {
    /// What the carrier speaks: smpp, ucp or cimd2. With ucp and cimd2 a bind has up to 100 unanswered messages
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value_t = Spoken::Smpp, hide_possible_values = true,
          conflicts_with_all = ["provider", "inbound"])]
    upstream_protocol: Spoken,
    /// How long the carrier takes to deliver a message
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "1s")]
    receipts_after: Delay,
    /// How long the carrier takes to answer a message
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "0ms")]
    answers_after: Delay,
    /// Have the carrier bring each receipt on the bind on which its message came; otherwise any bind may bring it
    #[arg(long)]
    same_bind: bool,
    /// The share of messages that the carrier refuses at random, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0")]
    errors: f64,
    /// The command_status of these refusals, such as 0x58
    #[arg(long, value_name = "STATUS", value_parser = status, default_value = "0x58")]
    error_status: u32,
    /// The most messages a second that the carrier accepts; it refuses more with ESME_RTHROTTLED (0x58)
    #[arg(long, value_name = "RATE")]
    throttle: Option<u32>,
}

/// What a carrier speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Spoken {
    /// SMPP
    Smpp,
    /// EMI/UCP
    Ucp,
    /// CIMD2
    Cimd2,
}

impl Spoken {
    /// Makes an upstream that speaks SMPP one that speaks this.
    pub(super) fn adapt(self, upstream: &mut Table) {
        let (word, name) = match self {
            Self::Smpp => return,
            Self::Ucp => ("ucp", "login"),
            Self::Cimd2 => ("cimd2", "user"),
        };
        upstream.insert("protocol".to_owned(), Value::String(word.to_owned()));
        if let Some(login) = upstream.remove("system_id") {
            upstream.insert(name.to_owned(), login);
        }
    }
}

impl Carrier {
    /// What it speaks.
    pub(super) const fn spoken(&self) -> Spoken {
        self.upstream_protocol
    }

    /// The shortest time that it takes to deliver a message.
    pub(super) const fn receipts_after(&self) -> Duration {
        self.receipts_after.shortest()
    }

    /// The settings of the simulated carrier, with room for the digests of so many messages.
    pub(super) fn settings(&self, expected: usize) -> Settings {
        Settings {
            protocol: match self.upstream_protocol {
                Spoken::Smpp => Protocol::Smpp,
                Spoken::Ucp => Protocol::Ucp,
                Spoken::Cimd2 => Protocol::Cimd2,
            },
            system_id: Some(LOGIN.to_owned()),
            password: Some(LOGIN.to_owned()),
            answer_delay: self.answers_after,
            receipt_delay: self.receipts_after,
            receipts_to: if self.same_bind { ReceiptsTo::SameBind } else { ReceiptsTo::Any },
            errors: Some(Errors { share: self.errors, status: Status(self.error_status) }),
            throttle: self.throttle,
            window: 1_000,
            recording: Recording::Counts(expected),
            ..Settings::default()
        }
    }
}
