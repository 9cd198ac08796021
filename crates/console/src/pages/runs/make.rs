//! A campaign, a batch or a broadcast is made of a form.

use super::hours::HoursDraft;
use super::{Kind, page};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::pages::owned::{address, ask};
use crate::visitor::{Visitor, render};
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the form has.
#[derive(Clone, Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) template: String,
    pub(super) from: String,
    pub(super) groups: Vec<String>,
    pub(super) everybody: bool,
    pub(super) segment: String,
    pub(super) except: Vec<String>,
    pub(super) send_at: String,
    /// Whether `send_at` is by the clock of each recipient.
    pub(super) by_recipient: bool,
    pub(super) not_after: String,
    pub(super) per_minute: String,
    pub(super) ramp: String,
    pub(super) hours: HoursDraft,
    pub(super) pause_at_failures: String,
    /// How long a broadcast has to arrive, before those it has not reached are written to by another way.
    pub(super) fallback_after: String,
    pub(super) fallback_from: String,
    pub(super) fallback_route: String,
    pub(super) fallback_text: String,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl Draft {
    fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).to_owned();
        let all = |name: &'static str| {
            let chosen = form.all(name).filter(|(rest, value)| rest.is_empty() && !value.is_empty());
            chosen.map(|(_, value)| value.to_owned()).collect()
        };
        Self {
            name: get("name"),
            text: form.whole("text").replace("\r\n", "\n"),
            template: get("template"),
            from: get("from"),
            groups: all("groups"),
            everybody: form.get("everybody") == "on",
            segment: get("segment"),
            except: all("except"),
            send_at: get("send_at"),
            by_recipient: form.get("by") == "recipient",
            not_after: get("not_after"),
            per_minute: get("per_minute"),
            ramp: get("ramp"),
            hours: HoursDraft::read(form),
            pause_at_failures: get("pause_at_failures"),
            fallback_after: get("fallback_after"),
            fallback_from: get("fallback_from"),
            fallback_route: get("fallback_route"),
            fallback_text: form.whole("fallback_text").replace("\r\n", "\n"),
        }
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name == group)
    }

    pub(super) fn is_excepted(&self, group: &str) -> bool {
        self.except.iter().any(|name| name == group)
    }

    /// The document of the API. Times are those of a zone, by its name.
    fn document(&self, kind: Kind, zone: &str) -> Result<Value, Failed> {
        let mut document = Map::new();
        let mut put = |name: &str, value: &str| {
            if !value.trim().is_empty() {
                document.insert(name.to_owned(), json!(value));
            }
        };
        put("name", &self.name);
        put("from", &self.from);
        if self.template.is_empty() {
            put("text", &self.text);
        }
        put("send_at", &self.send_at);
        if !self.send_at.is_empty() {
            put("send_zone", if self.by_recipient { "recipient" } else { zone });
        }
        if !self.template.is_empty() {
            document.insert("template".into(), json!({ "name": self.template }));
        }
        if !self.not_after.is_empty() {
            document.insert("not_after".into(), json!(moment(&self.not_after, zone)?));
        }
        if let Some(pace) = self::pace(&self.per_minute, &self.ramp)? {
            document.insert("pace".into(), pace);
        }
        let hours = self.hours.document()?;
        if !hours.is_empty() {
            document.insert("sending_hours".into(), hours.into());
        }
        if !self.pause_at_failures.is_empty() {
            let wrong =
                |_| Failed::wrong("pause_at_failures", "a percentage is a whole number from 1 to 100");
            let percent: u8 = self.pause_at_failures.parse().map_err(wrong)?;
            document.insert("pause_at_failures".into(), json!(percent));
        }
        if kind.has_audience() {
            document.insert("audience".into(), self.audience());
        }
        if !self.fallback_after.is_empty() {
            document.insert("fallback".into(), self.fallback());
        }
        Ok(document.into())
    }

    fn fallback(&self) -> Value {
        let each = [
            ("after", &self.fallback_after),
            ("from", &self.fallback_from),
            ("route", &self.fallback_route),
            ("text", &self.fallback_text),
        ];
        let given = each.into_iter().filter(|(_, value)| !value.trim().is_empty());
        Value::Object(given.map(|(name, value)| (name.to_owned(), json!(value))).collect())
    }

    fn audience(&self) -> Value {
        let segment = Some(&self.segment).filter(|segment| !segment.is_empty());
        let mut audience =
            json!({ "groups": self.groups, "everybody": self.everybody, "except_groups": self.except });
        if let Some(segment) = segment {
            audience["segment"] = json!(segment);
        }
        audience
    }
}

/// A date and time of a zone, as the API takes moments.
fn moment(local: &str, zone: &str) -> Result<String, Failed> {
    let wrong = || Failed::wrong("not_after", "this is no date and time: write 2030-01-31T20:00");
    let local: jiff::civil::DateTime = local.parse().map_err(|_| wrong())?;
    local.in_tz(zone).map(|at| at.timestamp().to_string()).map_err(|_| wrong())
}

/// The document of a pace; none if the form has none.
pub(super) fn pace(per_minute: &str, ramp: &str) -> Result<Option<Value>, Failed> {
    if per_minute.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Failed::wrong("per_minute", "messages a minute are a whole number above 0");
    let mut pace = json!({ "per_minute": per_minute.parse::<u32>().map_err(wrong)? });
    if !ramp.is_empty() {
        pace["ramp"] = json!(ramp);
    }
    Ok(Some(pace))
}

/// Makes another one like it, which is open, and shows it.
pub(in crate::pages) async fn make_clone(
    visitor: Visitor,
    kind: Kind,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let document = match form.get("name") {
        "" => json!({}),
        name => json!({ "name": name }),
    };
    match ask(&visitor, account).post::<Made>(&path(&[kind.list(), &id, "clone"]), &document).await {
        Ok(Made { id }) => {
            let at = address(&format!("{}/{id}", kind.here()), account, &[("done", "made")]);
            Redirect::to(&at).into_response()
        }
        Err(failed) => visitor.refused(failed, &address(&format!("{}/{id}", kind.here()), account, &[])),
    }
}

/// Makes one, which is open. What is wrong is shown above the form, which keeps what it had.
pub(in crate::pages) async fn make(visitor: Visitor, kind: Kind, body: Bytes) -> Response {
    let form = Form::read(&body);
    let (draft, account) = (Draft::read(&form), form.get("account"));
    let made = async {
        let document = draft.document(kind, visitor.liked.zone.iana_name().unwrap_or("UTC"))?;
        let ask = ask(&visitor, account);
        let made: Made = ask.post(&format!("/v1/{}", kind.list()), &document).await?;
        if kind.is_broadcast() {
            ask.act(Method::POST, &path(&[kind.list(), &made.id, "arm"]), None).await?;
        }
        Ok::<_, Failed>(made)
    };
    match made.await {
        Ok(Made { id }) => {
            let done = if kind.is_broadcast() { "armed" } else { "" };
            let query = [("done", done)];
            Redirect::to(&address(&format!("{}/{id}", kind.here()), account, &query)).into_response()
        }
        Err(failed) => match page(&visitor, kind, &form, draft, Some(failed.clone())).await {
            Ok(page) => (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response(),
            Err(_) => visitor.refused(failed, kind.here()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_campaign() {
        let form = Form::read(
            b"name=Spring&text=&template=spring&groups=news&groups=vip&except=staff&segment=age+%3E%3D+18&send_at=2030-03-20T09%3A00\
              &by=recipient&not_after=2030-03-21T20%3A00&per_minute=6000&ramp=30m",
        );
        let draft = Draft::read(&form);
        assert_eq!(
            draft.document(Kind::Campaign, "Europe/Berlin").unwrap(),
            json!({
                "name": "Spring", "template": { "name": "spring" }, "send_at": "2030-03-20T09:00", "send_zone": "recipient",
                "not_after": "2030-03-21T19:00:00Z", "pace": { "per_minute": 6000, "ramp": "30m" },
                "audience": { "groups": ["news", "vip"], "everybody": false, "segment": "age >= 18", "except_groups": ["staff"] },
            })
        );
        assert!(draft.is_in("vip") && draft.is_excepted("staff") && !draft.is_in("staff"));
    }

    #[test]
    fn a_broadcast_has_a_second_way() {
        let draft =
            Draft::read(&Form::read(b"text=Go+uphill&everybody=on&fallback_after=2m&fallback_from=60007"));
        assert_eq!(
            draft.document(Kind::Broadcast, "UTC").unwrap(),
            json!({
                "text": "Go uphill", "fallback": { "after": "2m", "from": "60007" },
                "audience": { "groups": [], "everybody": true, "except_groups": [] },
            })
        );
    }

    #[test]
    fn a_batch_has_no_audience_and_a_wrong_pace_is_told() {
        let draft = Draft::read(&Form::read(b"text=We+open+at+nine.&send_at=2030-03-20T09%3A00"));
        assert_eq!(
            draft.document(Kind::Batch, "UTC").unwrap(),
            json!({ "text": "We open at nine.", "send_at": "2030-03-20T09:00", "send_zone": "UTC" })
        );
        assert_eq!(pace("fast", "").unwrap_err().field.as_deref(), Some("per_minute"));
        assert!(pace("", "5m").unwrap().is_none());
    }
}
