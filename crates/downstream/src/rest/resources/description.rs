//! Types that only describe what is declared, for the API's description.
#![cfg_attr(not(test), expect(dead_code, reason = "the program doesn't describe its API: tests do"))]

use super::Declaration;
use postrider_declare::{
    AccountDocument, CurrencyDocument, LimitDocument, LookupDocument, NumberDocument, PauseDocument,
    RouteDocument, RuleDocument, SharedPolicyDocument, UpstreamDocument, UserDocument,
};
use std::collections::BTreeMap;
#[cfg(test)]
use utoipa::PartialSchema;
use utoipa::ToSchema;
#[cfg(test)]
use utoipa::openapi::schema::{AllOf, Schema};
#[cfg(test)]
use utoipa::openapi::{Ref, RefOr};

/// Where something is declared, for descriptions.
#[derive(ToSchema)]
#[schema(as = Origin, rename_all = "snake_case")]
#[cfg_attr(test, expect(dead_code, reason = "it only describes answers"))]
pub(super) enum OriginWord {
    /// In the configuration file: it can only be read.
    File,
    /// In the store.
    Store,
}

/// A JSON merge patch (RFC 7386), for descriptions.
#[derive(ToSchema)]
#[schema(as = MergePatch, value_type = Object)]
pub(super) struct Patch(
    #[cfg_attr(test, expect(dead_code, reason = "it only describes the body"))] BTreeMap<String, String>,
);

/// Defines types that describe what is declared as one object: the document's fields, and what answers say about it.
macro_rules! described_as {
    ($($(#[doc = $doc:literal])+ $name:ident: $document:ty;)+) => {$(
        $(#[doc = $doc])+
        pub(super) struct $name;

        #[cfg(test)]
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let document = Ref::from_schema_name(<$document as ToSchema>::name());
                let whole = AllOf::builder().item(document).item(Declaration::schema());
                whole.description(Some(concat!($($doc),+).trim())).into()
            }
        }

        #[cfg(test)]
        impl ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push((<$document as ToSchema>::name().into_owned(), <$document>::schema()));
                <$document>::schemas(schemas);
                Declaration::schemas(schemas);
            }
        }
    )+};
}

described_as! {
    /// An account that is declared, without the last uses of its keys.
    DeclaredAccount: AccountDocument;
    /// An upstream that is declared, without the state of its links.
    DeclaredUpstream: UpstreamDocument;
    /// A route that is declared.
    Route: RouteDocument;
    /// A number that handsets write to, and that is declared.
    Number: NumberDocument;
    /// A pause that is declared.
    Pause: PauseDocument;
    /// A limit of parts in a time that is declared.
    Limit: LimitDocument;
    /// A provider of look-ups that is declared.
    LookupProvider: LookupDocument;
    /// Exchange rates that are declared.
    Currency: CurrencyDocument;
    /// A policy for several accounts that is declared.
    Policy: SharedPolicyDocument;
    /// A rule of automation that is declared.
    Rule: RuleDocument;
    /// A user of the console that is declared, without word of its proofs.
    DeclaredUser: UserDocument;
}
