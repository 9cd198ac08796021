//! The kinds of things that can be declared. Adding a kind is a line here, its document, and what it means in
//! `rules`.

use crate::account::AccountDocument;
use crate::currency::CurrencyDocument;
use crate::describe::Field;
use crate::json::Table;
use crate::lookup::LookupDocument;
use crate::mistake::{Found, Mistake, Mistakes, Notes};
use crate::number::NumberDocument;
use crate::part_limit::LimitDocument;
use crate::pause::PauseDocument;
use crate::policy::SharedPolicyDocument;
use crate::route::RouteDocument;
use crate::rule::RuleDocument;
use crate::secret::Secret;
use crate::set::Entry;
use crate::setting::{Setting, Settings, read_table};
use crate::tree::{Node, Step};
use crate::upstream::UpstreamDocument;
use crate::user::UserDocument;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A document: what somebody declared of one thing.
pub trait Document: Kind + Setting + Settings + Serialize + DeserializeOwned + std::fmt::Debug {
    /// Whether what is declared again after a deletion is the same thing, with the same number.
    const KEEPS_NUMBER: bool = true;

    /// Whether nothing can be sent without any of the kind.
    const IS_NEEDED: bool = true;

    /// Its name, unique among its kind.
    fn name(&self) -> &str;

    /// Gives it the name under which it was found.
    fn set_name(&mut self, name: &str);

    /// Visits each place that a secret may have.
    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>));

    /// Notes files that can't be what they are named for. It is done when something is declared, not whenever it is read.
    fn check_files(&self, _notes: &Notes<'_>) {}

    /// Visits each path of a file that the document names, secrets aside.
    fn each_file(&mut self, _visit: &mut dyn FnMut(&mut String)) {}
}

/// A place that a secret has in its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPlace {
    /// The name that the secret is kept under: `smpp.password`, `keys.live`.
    pub name: String,
    /// The way to it: `keys`, 0, `key`.
    pub path: Vec<Step>,
}

impl SecretPlace {
    /// The place at the end of these keys.
    #[must_use]
    pub fn at(keys: &[&str]) -> Self {
        let path = keys.iter().map(|key| Step::Key((*key).to_owned())).collect();
        Self { name: keys.join("."), path }
    }
}

/// A kind of document.
pub trait Kind: Send + Sync + Sized + 'static {
    /// The kind's name in the store and in recorded changes: `account`.
    const KIND: &'static str;
    /// The kind's name in files and URLs: `accounts`.
    const PLURAL: &'static str;

    /// All of the kind in a set.
    fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>>;
    /// All of the kind in a set, to change them.
    fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>>;
    /// All of the kind that a file declares.
    fn declared(documents: &Documents) -> &BTreeMap<String, Self>;
    /// All of the kind that a file declares, to change them.
    fn declared_mut(documents: &mut Documents) -> &mut BTreeMap<String, Self>;
}

/// The work for each kind.
pub trait EachKind {
    /// Does it for one.
    fn kind<D: Document>(&mut self);
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $plural:ident, $kind:literal: $document:ty;)+) => {
        /// Everything that a file declares, by name: `[accounts.shop]`, `[upstreams.acme]`, `[routes.world]`,
        /// `[numbers.60006]`.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Documents {
            $($(#[doc = $doc])+ pub $plural: BTreeMap<String, $document>,)+
        }

        /// All that is declared, by name.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Set {
            $($(#[doc = $doc])+ pub $plural: BTreeMap<String, Arc<Entry<$document>>>,)+
        }

        $(impl Kind for $document {
            const KIND: &'static str = $kind;
            const PLURAL: &'static str = stringify!($plural);

            fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>> {
                &set.$plural
            }

            fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>> {
                &mut set.$plural
            }

            fn declared(documents: &Documents) -> &BTreeMap<String, Self> {
                &documents.$plural
            }

            fn declared_mut(documents: &mut Documents) -> &mut BTreeMap<String, Self> {
                &mut documents.$plural
            }
        }

        impl Serialize for $document {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.write().serialize(to)
            }
        }

        impl<'de> Deserialize<'de> for $document {
            /// Reads a document; all that is wrong with it becomes one error.
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                of_read(read::<Self>(&Node::deserialize(from)?))
            }
        })+

        impl Documents {
            /// No documents.
            #[must_use]
            pub fn defaults() -> Option<Self> {
                Some(Self::default())
            }
        }

        impl Settings for Documents {
            fn keys(_node: &Node) -> Vec<&'static str> {
                vec![$(stringify!($plural)),+]
            }

            fn read_fields(node: &Node, notes: &Notes<'_>) -> Self {
                Self {
                    $($plural: crate::setting::read_field(node, stringify!($plural), notes, |_, _| ())
                        .unwrap_or_default(),)+
                }
            }

            fn write_fields(&self, to: &mut Table) {
                $(crate::setting::write_field(stringify!($plural), &self.$plural, || None, to);)+
            }

            fn describe() -> Vec<Field> {
                vec![$(Field {
                    name: stringify!($plural),
                    text: concat!($($doc),+),
                    kind: <BTreeMap<String, $document>>::kind(),
                    bounds: crate::describe::Bounds::All,
                    default: crate::describe::Default::Value(serde_json::Value::Null),
                    only: Vec::new(),
                }),+]
            }
        }

        /// Does something for each kind, in the order in which kinds are told.
        pub fn each_kind(each: &mut impl EachKind) {
            $(each.kind::<$document>();)+
        }

        /// The kinds' names in files and URLs.
        pub const PLURALS: &[&str] = &[$(stringify!($plural)),+];
    };
}

kinds! {
    /// An account: who may send messages.
    accounts, "account": AccountDocument;
    /// Ways out.
    upstreams, "upstream": UpstreamDocument;
    /// Which way a message goes.
    routes, "route": RouteDocument;
    /// Numbers that handsets write to.
    numbers, "number": NumberDocument;
    /// Pauses: what is held back for a while.
    pauses, "pause": PauseDocument;
    /// Limits: how many parts are sent in which time.
    limits, "limit": LimitDocument;
    /// Look-ups: who is asked about numbers.
    lookups, "lookup": LookupDocument;
    /// Exchange rates: what upstreams cost in other currencies than accounts pay in.
    currencies, "currency": CurrencyDocument;
    /// Policies towards recipients that hold for several accounts.
    policies, "policy": SharedPolicyDocument;
    /// Rules of automation: when this happens, do that.
    rules, "rule": RuleDocument;
    /// Users: people who sign in to the console.
    users, "user": UserDocument;
}

impl<'de> Deserialize<'de> for Documents {
    /// Reads documents; all that is wrong with them becomes one error.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let found = Found::default();
        let documents = read_table(&Node::deserialize(from)?, &found.notes());
        of_read((documents, found.into_mistakes()))
    }
}

fn of_read<T, E: Error>((value, mistakes): (Option<T>, Vec<Mistake>)) -> Result<T, E> {
    value.filter(|_| mistakes.is_empty()).ok_or_else(|| E::custom(Mistakes(mistakes)))
}

/// Reads a document; mistakes have paths within it. What is read beside mistakes has defaults in their places: it is good
/// for finding more mistakes.
#[must_use]
pub fn read<D: Document>(node: &Node) -> (Option<D>, Vec<Mistake>) {
    let found = Found::default();
    let document = D::read(node, &found.notes());
    (document, found.into_mistakes())
}

#[cfg(test)]
mod tests;
