//! Lists of what holds of numbers, a page at a time.

use super::{ConsentView, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::problem::Problem;
use crate::rest::query;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::consent::{Kind, folded};
use postrider_core::contract::ConsentFilter;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The most entries of one page.
const PAGE_MAX: usize = 500;
/// The default number of entries of a page.
const PAGE: usize = 50;

/// The filter of a list. All conditions must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct ConsentQuery {
    /// The number. Write its `+` as `%2B`, or leave it out.
    number: Option<String>,
    /// Of opt-outs: the sender that they are about.
    sender: Option<String>,
    /// Of consents: the purpose.
    purpose: Option<String>,
    /// Of time zones: the zone.
    zone: Option<String>,
    /// The account's name; for administrators. Empty: what is about every account's messages.
    account: Option<String>,
    /// Whether what was lifted is listed too: `true` or `false`. Default: `false`.
    history: Option<bool>,
    /// The most entries of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of what holds of numbers.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentList)]
pub(in crate::rest) struct ConsentPage<'a> {
    /// The entries, the newest first.
    entries: Vec<ConsentView<'a>>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page.
pub(super) async fn page(
    rest: &Rest,
    kind: Kind,
    caller: &Principal,
    query: &str,
) -> Result<Response, Problem> {
    let rules = rest.live.rules();
    let Some(filter) = filter(kind, query, caller, &rules)? else {
        return Ok(json(StatusCode::OK, &ConsentPage { entries: Vec::new(), next: None }));
    };
    let limit = filter.limit;
    // One more than requested shows whether there is another page.
    let found = rest.consent.consents(ConsentFilter { limit: limit + 1, ..filter }).await?;
    let page = found.get(..limit).unwrap_or(&found);
    let next = page.last().filter(|_| found.len() > limit).map(|last| last.sequence.to_string());
    let entries = page.iter().map(|kept| ConsentView::of(&kept.change, &rules)).collect();
    Ok(json(StatusCode::OK, &ConsentPage { entries, next }))
}

/// The filter in a query; `None` if nothing can pass it.
pub(super) fn filter(
    kind: Kind,
    query: &str,
    caller: &Principal,
    rules: &Rules,
) -> Result<Option<ConsentFilter>, Problem> {
    let mut filter = ConsentFilter::all(kind, caller.viewer(), PAGE);
    let mut is_known = true;
    let only = match kind {
        Kind::OptOut => "sender",
        Kind::Consent => "purpose",
        Kind::Zone => "zone",
        Kind::Block => "number",
    };
    for (name, value) in query::pairs(query, &["number", only, "account", "history", "limit", "cursor"])? {
        let wrong = |detail: &str| query::wrong(&name, detail);
        match name.as_str() {
            "number" => filter.number = Some(number(&value, "number")?),
            "sender" => {
                let sender = Sender::parse(&value).map_err(|why| wrong(&why.to_string()))?;
                filter.only = Some(folded(&sender));
            }
            "purpose" | "zone" => filter.only = Some(value.into()),
            "history" => filter.history = value.parse().map_err(|_| wrong("must be true or false"))?,
            "limit" => filter.limit = query::limit(&value, PAGE_MAX)?,
            "cursor" => {
                let cursor = value.parse().map_err(|_| wrong("invalid cursor: use the 'next' of a page"))?;
                filter.before = Some(cursor);
            }
            _ if caller.viewer() != Viewer::Everything => {
                return Err(wrong("only an administrator may list what is about another account"));
            }
            _ if value.is_empty() => filter.of_all = true,
            _ => match rules.accounts().find(|account| *account.name == *value) {
                Some(account) => filter.viewer = Viewer::Account(account.id),
                None => is_known = false,
            },
        }
    }
    Ok(is_known.then_some(filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::Permits;
    use std::sync::Arc;

    #[test]
    fn every_condition_arrives() {
        let (caller, rules) = (Principal::administrator("root".into()), rules(account()));
        let read = |kind, query: &str| filter(kind, query, &caller, &rules).unwrap().unwrap();
        let found =
            read(Kind::OptOut, "number=447700900123&sender=%2B44 7700 900456&history=true&limit=2&cursor=7");
        assert_eq!(found.number.map(|number| number.to_string()).as_deref(), Some("+447700900123"));
        assert_eq!((found.only.as_deref(), found.history), (Some("447700900456"), true));
        assert_eq!((found.limit, found.before), (2, Some(7)));
        assert_eq!(read(Kind::Consent, "purpose=news").only.as_deref(), Some("news"));
        assert!(read(Kind::Block, "account=").of_all);
        assert_eq!(read(Kind::Block, "account=shop").viewer, Viewer::Account(account().id));
        assert!(filter(Kind::Block, "account=nobody", &caller, &rules).unwrap().is_none());
    }

    #[test]
    fn an_account_lists_its_own() {
        let (caller, rules) = (Principal::account(Arc::new(account()), Permits::ALL), rules(account()));
        let wrong =
            |query: &str| filter(Kind::OptOut, query, &caller, &rules).map_err(|problem| problem.field);
        assert_eq!(wrong("").unwrap().unwrap().viewer, Viewer::Account(account().id));
        for (query, field) in [("account=shop", "account"), ("account=", "account"), ("number=x", "number")] {
            assert_eq!(wrong(query).unwrap_err().as_deref(), Some(field), "{query}");
        }
    }
}
