//! What people declare: accounts, upstreams, routes, numbers, rules of automation and users, from the configuration file and from the store, checked as a whole
//! and published as the rules in force.
//!
//! A setting is written once, in a table of [`settings!`]: its text, type, default and bounds. Reading documents (with all
//! mistakes at once), writing them, the reference and the API's schemas follow from that, and what runs uses the tables as
//! they are.

pub mod account;
pub mod base32;
mod billing;
mod currency;
pub mod describe;
pub mod document;
mod endpoint;
mod figures;
mod fraud;
pub mod json;
mod limit;
pub mod lookup;
mod mint;
mod mistake;
mod number;
#[cfg(feature = "openapi")]
mod openapi;
mod parameter;
mod part_limit;
mod password;
mod pause;
mod pem_files;
mod policy;
mod quiet_day;
pub mod registry;
pub mod route;
mod rule;
mod rules;
mod secret;
mod selector;
mod set;
mod setting;
mod settings;
mod span;
mod suggest;
pub mod tree;
pub mod upstream;
mod url_form;
mod user;
mod words;
mod written;

pub use account::{AccountDocument, ClassWord, KeyDocument, WebhookDocument};
pub use billing::{BillingDocument, CreditWord, Money, RefundWord};
pub use currency::CurrencyDocument;
pub use document::{Document, Documents, EachKind, Kind, PLURALS, Set, each_kind, read};
pub use endpoint::Endpoints;
pub use figures::hex;
pub use limit::{Above, Ascii, AtMost, Limit, Name};
pub use lookup::LookupDocument;
pub use mint::hash_key;
pub use mistake::{Found, Kind as MistakeKind, Mistake, Mistakes, Notes};
pub use number::{AnswersDocument, DestinationWord, NumberDocument, OwnAddress, StopWord};
pub use parameter::{
    ParameterDocument, Parameters, TypedParameter, WrongParameter, field, passes, read_parameters,
    tell_parameters,
};
pub use part_limit::LimitDocument;
pub use password::Passwords;
pub use pause::PauseDocument;
pub use policy::{BeyondWord, CapDocument, SharedPolicyDocument};
pub use registry::{
    Condition, ImportedPlan, ImportedTariff, ImportedTariffs, PlanSummary, Put, Read, Registry,
    RegistryError, TariffSummary, new_code_key, new_token, none,
};
pub use route::RouteDocument;
pub use rule::{ClockSpan, DayWord, EventWord, RuleDocument, ThenDocument, WhenDocument, Zone};
pub use rules::{Declared, DeclaredUpstream, check_password, check_url};
pub use secret::{Secret, Secrets};
pub use selector::SelectorDocument;
#[doc(hidden)]
pub use serde;
pub use set::{Entry, Origin};
pub use setting::{Setting, Settings, read_field, read_required, read_table, to_json, write_field};
pub use span::{NotASpan, Span};
pub use suggest::suggest;
pub use upstream::UpstreamDocument;
pub use user::{PASSWORD_LENGTHS, RoleWord, UserDocument};
pub use words::read_word;
pub use written::{Expiry, FromText, HostAndPort, HostName, Prefix, Tag, Written};
