//! What lists have in common: pages, the newest first, and filters by time and account.

use super::problem::Problem;
use super::{moment, query};
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use postrider_declare::Span;
use std::str::FromStr;
use utoipa::IntoParams;

/// The most entries of one page.
const PAGE_MAX: usize = 500;
/// The default number of entries of a page.
pub(super) const PAGE: usize = 50;

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(super) struct PageQuery {
    /// The most entries of the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The parameter `limit`.
pub(super) fn limit(value: &str) -> Result<usize, Problem> {
    query::limit(value, PAGE_MAX)
}

/// The parameter `cursor`: the last entry of the page before.
pub(super) fn cursor<P: FromStr>(value: &str) -> Result<Option<P>, Problem> {
    let wrong = |_| query::wrong("cursor", "invalid cursor: use the 'next' of a page");
    value.parse().map(Some).map_err(wrong)
}

/// The parameters `limit` and `cursor`, of a list that has no others.
pub(super) fn limit_and_cursor<P: FromStr>(query: Option<&str>) -> Result<(usize, Option<P>), Problem> {
    let (mut most, mut after) = (PAGE, None);
    for (name, value) in query::pairs(query.unwrap_or_default(), &["limit", "cursor"])? {
        match name.as_str() {
            "limit" => most = limit(&value)?,
            _ => after = cursor(&value)?,
        }
    }
    Ok((most, after))
}

/// The parameter of this name: one of these states, by its word.
pub(super) fn state<S: Copy>(
    name: &str,
    value: &str,
    all: impl IntoIterator<Item = S>,
    word: impl Fn(S) -> &'static str,
) -> Result<S, Problem> {
    let all: Vec<S> = all.into_iter().collect();
    all.iter().copied().find(|state| word(*state) == value).ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|state| word(*state)).collect();
        query::wrong(name, &format!("'{value}' is no state: write one of {}", words.join(", ")))
    })
}

/// The page of the first `limit` entries that were found, and the cursor of the next one. One entry more than `limit`, if it was
/// found, shows that there is one.
pub(super) fn page<T>(found: &[T], limit: usize, cursor: impl Fn(&T) -> String) -> (&[T], Option<String>) {
    let page = found.get(..limit).unwrap_or(found);
    let last = page.last().filter(|_| found.len() > limit);
    (page, last.map(cursor))
}

/// The parameter `since` or `until`: a time, or a length of time before now. The `+` before a time's offset may have become a
/// space on its way through a URL.
pub(super) fn time(name: &str, value: &str, now: Time) -> Result<Option<Time>, Problem> {
    if let Ok(ago) = Span::new(value).read() {
        return Ok(Some(now - ago));
    }
    moment::of_query(value).map(Some).map_err(|error| query::wrong(name, &error))
}

/// The parameter `account`, for who sees every account; `None` if there is no such account.
pub(super) fn account(value: &str, viewer: Viewer, rules: &Rules) -> Result<Option<Viewer>, Problem> {
    if viewer != Viewer::Everything {
        let detail = "only an administrator may list the messages of another account";
        return Err(query::wrong("account", detail));
    }
    let account = rules.accounts().find(|account| *account.name == *value);
    Ok(account.map(|account| Viewer::Account(account.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_next_one_unless_it_is_the_last() {
        let cut = |limit| {
            let (page, next) = page(&[9, 5, 2], limit, ToString::to_string);
            (page.len(), next)
        };
        assert_eq!((cut(2), cut(3), cut(4)), ((2, Some("5".into())), (3, None), (3, None)));
    }

    #[test]
    fn a_length_of_time_is_before_now() {
        let read = |value: &str| time("since", value, Time(10_000_000)).map_err(|problem| problem.field);
        assert_eq!(read("1h30m"), Ok(Some(Time(10_000_000 - 5_400_000))));
        assert_eq!(read("1970-01-01T00:00:01Z"), Ok(Some(Time(1_000))));
        assert_eq!(read("1970-01-01T01:00:01 01:00"), Ok(Some(Time(1_000))));
        assert_eq!(read("yesterday"), Err(Some("since".into())));
    }
}
