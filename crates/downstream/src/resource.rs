//! What people declare: accounts, upstreams and routes, from the configuration file and from the store, checked
//! as a whole and published as the rules in force. How a document is carried (TOML, JSON over HTTP) is not said here.

mod account;
mod declared;
mod dialect;
mod draft;
mod entry;
mod envelope;
mod figures;
mod mint;
mod mistake;
mod parameter;
mod password;
mod read;
mod record;
mod registry;
mod route;
mod secret;
mod span;
mod suggest;
mod upstream;
mod words;

pub use account::{AccountDocument, ClassWord, KeyDocument, ReceiptCommand, SmppDocument, WebhookDocument};
pub use declared::{Declared, DeclaredHost, DeclaredUpstream};
pub use dialect::{
    AddressAlphabet, AddressType, AddressesDocument, Alphabet, Binary, ErrorAction, Flash, IdForm, IdPlace,
    LongText, MessageMode, PortForm, ReceiptParts, ReceiptWord, ReceiptsDocument, SmppVersion,
    UnansweredDocument, ValidityForm, WhenUnanswered,
};
pub use entry::{Entry, Origin, Set};
pub(crate) use figures::hex;
pub(crate) use mint::hash_key;
pub use mistake::{Mistake, Mistakes};
pub use parameter::{ParameterDocument, TypedParameter};
pub(crate) use parameter::{WrongParameter, passes, read as read_parameters, tell as tell_parameters};
pub use password::Passwords;
pub(crate) use read::check_url;
pub(crate) use registry::none;
pub use registry::{Put, Registry, RegistryError};
pub use route::RouteDocument;
pub use secret::{Secret, Secrets};
pub use span::{NotASpan, Span};
pub use suggest::suggest;
pub use upstream::{Mode, Protocol, ReceiverDocument, TlsDocument, UpstreamDocument, Verify};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a file declares, by name: `[accounts.shop]`, `[upstreams.acme]`, `[routes.world]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documents {
    /// Who may send.
    pub accounts: BTreeMap<String, AccountDocument>,
    /// Ways out.
    pub upstreams: BTreeMap<String, UpstreamDocument>,
    /// Which way a message goes.
    pub routes: BTreeMap<String, RouteDocument>,
}

/// A kind of thing that can be declared.
pub trait Document:
    Clone + PartialEq + Serialize + for<'de> Deserialize<'de> + Send + Sync + 'static
{
    /// The kind's name in the store and in recorded changes: `account`.
    const KIND: &'static str;
    /// The kind's name in the file and in URLs: `accounts`.
    const PLURAL: &'static str;

    /// Its name, unique among its kind.
    fn name(&self) -> &str;
    /// Gives it the name under which it was found.
    fn set_name(&mut self, name: &str);
    /// Visits each place where a secret may stand, with its path within the document.
    fn each_secret(&mut self, visit: &mut dyn FnMut(String, &mut Option<Secret>));

    /// All of its kind in a set.
    fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>>;
    /// All of its kind in a set, to change them.
    fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>>;
}
