//! How an account is billed.

use super::{HERE, changed};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How an account is billed, as the API tells of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Billing {
    pub(super) tariff: String,
    pub(super) currency: String,
    pub(super) credit: String,
    pub(super) limit: Option<String>,
    pub(super) charge: String,
    pub(super) low_balance: Option<String>,
    pub(super) daily_cap: Option<String>,
    pub(super) monthly_fee: Option<String>,
}

/// A tariff that an account can be billed by.
#[derive(Deserialize)]
pub(super) struct Priced {
    pub(super) name: String,
    pub(super) currency: String,
}

#[derive(Deserialize)]
struct Tariffs {
    tariffs: Vec<Priced>,
}

/// The tariffs, for who may change how accounts are billed.
pub(super) async fn tariffs(visitor: &Visitor) -> Result<Vec<Priced>, Failed> {
    let may = visitor.who.sees_all() && visitor.who.may("read_prices") && visitor.who.may("write_prices");
    if !may {
        return Ok(Vec::new());
    }
    let Tariffs { tariffs } = visitor.ask.get("/v1/tariffs", &[]).await?;
    Ok(tariffs)
}

/// Bills an account by a tariff, or by none. Settings that the form doesn't have stay as they are.
pub(in crate::pages) async fn bill(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let done = async {
        let at = path(&["accounts", &name]);
        let document = match form.get("tariff") {
            "" => Value::Null,
            tariff => {
                let Priced { currency, .. } = visitor.ask.get(&path(&["tariffs", tariff]), &[]).await?;
                let account: Value = visitor.ask.get(&at, &[]).await?;
                let before = account["billing"].as_object().cloned().unwrap_or_default();
                Value::Object(billed(before, &form, &currency))
            }
        };
        visitor.ask.act(Method::PATCH, &path(&["accounts", &name, "billing"]), Some(&document)).await
    };
    changed(&visitor, done.await, &format!("{HERE}/{name}"))
}

/// How an account is billed with what a form says.
fn billed(mut billing: Map<String, Value>, form: &Form, currency: &str) -> Map<String, Value> {
    let optional = |name: &str| match form.get(name) {
        "" => Value::Null,
        text => text.into(),
    };
    billing.insert("tariff".into(), form.get("tariff").into());
    billing.insert("currency".into(), currency.into());
    billing.insert("credit".into(), form.get("credit").into());
    for name in ["limit", "low_balance", "daily_cap", "monthly_fee"] {
        billing.insert(name.into(), optional(name));
    }
    billing
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_that_the_form_lacks_stay() {
        let before = json!({ "tariff": "old", "margin_min": 5, "limit": "10.00" });
        let form = Form::read(b"tariff=retail&credit=postpaid&limit=&low_balance=20.00&monthly_fee=25");
        let billing = billed(before.as_object().unwrap().clone(), &form, "EUR");
        assert_eq!(
            Value::Object(billing),
            json!({ "tariff": "retail", "currency": "EUR", "credit": "postpaid", "limit": null, "low_balance": "20.00",
                "daily_cap": null, "monthly_fee": "25", "margin_min": 5 })
        );
    }
}
