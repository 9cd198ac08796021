//! Declared things, as the store keeps them.

use crate::time::Time;
use std::sync::Arc;

/// A declared thing: an account, an upstream, a route. Only those who declare it can read its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its kind: `account`, `upstream`, `route`.
    pub kind: Box<str>,
    /// Its name, unique among its kind.
    pub name: Box<str>,
    /// Its number, given by the store when the name is first seen and never given again. A retired resource keeps it under the
    /// name `NAME~NUMBER`.
    pub id: u32,
    /// The declaration; `None` when it was deleted or is declared in the file.
    pub document: Option<Box<str>>,
    /// When it changed last.
    pub updated: Time,
}

/// A change of a resource, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// When it was made.
    pub at: Time,
    /// Who made it: a key's name, `file`, `command line`.
    pub who: Box<str>,
    /// The resource's kind.
    pub kind: Box<str>,
    /// The resource's name.
    pub name: Box<str>,
    /// The declaration before, without secrets; `None` if the resource was new.
    pub before: Option<Box<str>>,
    /// The declaration now, without secrets; `None` if the resource was deleted.
    pub after: Option<Box<str>>,
}

/// What the store keeps of a resource after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// This document, and the number.
    Document(Box<str>),
    /// This document, octets that are too many to be read with it, and the number.
    DocumentAndData(Box<str>, Arc<[u8]>),
    /// The number only: declared again, it is the same resource.
    Number,
    /// The number under another name, `NAME~NUMBER`: a resource that is declared again by this name is a new one.
    OldNumber,
}
