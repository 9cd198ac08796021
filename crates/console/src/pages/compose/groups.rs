//! A text to groups of contacts. It is prepared as a campaign, which shows its price for each contact before anybody launches it.

use super::Draft;
use crate::api::{Asker, Failed, path, with_query};
use crate::pages::owned::ask;
use crate::visitor::Visitor;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The most characters of a campaign's name that is made of a text.
const NAME_MAX: usize = 40;

#[derive(Deserialize)]
struct Group {
    name: String,
    /// How many contacts are in it; lists leave it out.
    members: Option<u64>,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// What became of numbers that were added.
#[derive(Deserialize)]
struct Added {
    mistakes: Vec<Mistake>,
}

#[derive(Deserialize)]
struct Mistake {
    detail: String,
}

/// The names of all groups of an account.
pub(super) async fn names(ask: &Asker) -> Result<Vec<String>, Failed> {
    let Groups { groups } = ask.get("/v1/groups", &[("limit", "500")]).await?;
    Ok(groups.into_iter().map(|group| group.name).collect())
}

/// How many contacts are in these groups. Who is in several is counted several times.
pub(super) async fn members(ask: &Asker, groups: &[String]) -> Result<u64, Failed> {
    let mut members = 0;
    for name in groups {
        let group: Group = ask.get(&path(&["groups", name]), &[]).await?;
        members += group.members.unwrap_or(0);
    }
    Ok(members)
}

/// Prepares the campaign, and returns the address of its page, which shows what it would come to.
pub(super) async fn prepare(visitor: &Visitor, draft: &Draft) -> Result<String, Failed> {
    let ask = ask(visitor, &draft.account);
    let document = document(draft, visitor.liked.zone.iana_name().unwrap_or("UTC"));
    let Made { id } = ask.post("/v1/campaigns", &document).await?;
    let numbers = draft.recipients();
    if !numbers.is_empty() {
        let csv = format!("to\n{}", numbers.join("\n"));
        let at = path(&["campaigns", &id, "recipients"]);
        let Added { mistakes } = ask.send_csv(Method::POST, &at, csv).await?;
        if let Some(mistake) = mistakes.into_iter().next() {
            return Err(Failed::wrong("to", &mistake.detail));
        }
    }
    let query = [("account", draft.account.as_str()), ("estimate", "1"), ("done", "prepared")];
    Ok(with_query(&format!("/console/campaigns/{id}"), &query))
}

/// The campaign of a draft. Its time is that of a zone, by its name.
fn document(draft: &Draft, zone: &str) -> Value {
    let name: String = draft.text.lines().next().unwrap_or_default().chars().take(NAME_MAX).collect();
    let mut document = Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("text".to_owned(), json!(draft.text)),
        ("audience".to_owned(), json!({ "groups": draft.groups })),
    ]);
    if !draft.from.is_empty() {
        document.insert("from".into(), json!(draft.from));
    }
    if !draft.send_at.is_empty() {
        document.insert("send_at".into(), json!(draft.send_at));
        document.insert("send_zone".into(), json!(zone));
    }
    document.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;

    #[test]
    fn a_draft_to_groups_becomes_a_campaign() {
        let draft = Draft::read(&Form::read(
            b"groups=news&groups=vip&text=Spring+is+here%0AAnd+so+are+we&from=60006&send_at=2030-03-20T09%3A00",
        ));
        assert_eq!(
            document(&draft, "Europe/Berlin"),
            json!({
                "name": "Spring is here", "text": "Spring is here\nAnd so are we", "from": "60006", "send_at": "2030-03-20T09:00",
                "send_zone": "Europe/Berlin", "audience": { "groups": ["news", "vip"] },
            })
        );
    }
}
