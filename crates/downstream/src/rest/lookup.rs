//! Look-up of numbers: country, network and kind.

use super::Rest;
use super::answer::json;
use super::caller::Reader;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use crate::rest::moment;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::lookup::LookedUp;
use postrider_core::money::Price;
use postrider_core::number::Number;
use postrider_core::numbering::{Country, Destination, Network, Numbering, Undeliverable};
use postrider_core::principal::{Principal, Scope};
use postrider_core::submission::Refusal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is known of a number.
#[derive(Serialize, ToSchema)]
#[schema(as = Lookup)]
pub(in crate::rest) struct LookupView {
    /// The number in international form, or a short code.
    number: String,
    /// The country (ISO 3166), if the number belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// The kind of line: `mobile`, `fixed`, `fixed_or_mobile`, `premium`, `toll_free`, `shared_cost`, `personal`, `voip`, `pager`,
    /// `service`, `satellite`, `short_code` or `unknown`.
    r#type: &'static str,
    /// The network, if a look-up or the numbering plan names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<NetworkView>,
    /// What a provider of look-ups said, if one is asked about such numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_up: Option<LookedUpView>,
    /// Whether the country has numbers that begin so and have so many digits.
    valid: bool,
    /// Whether messages to the number are accepted, as far as its kind goes.
    deliverable: bool,
    /// Why they aren't: the value in the account's `refuse_to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What the account has paid for the look-up, a decimal number in a text, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// The currency of the price (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

/// What a provider of look-ups said of a number.
#[derive(Serialize, ToSchema)]
#[schema(as = LookedUp)]
struct LookedUpView {
    /// The provider's name.
    provider: String,
    /// The code of the network that serves the number: MCC and MNC.
    #[serde(skip_serializing_if = "Option::is_none")]
    mccmnc: Option<String>,
    /// Whether somebody has the number: `assigned`, `unassigned` or `unknown`.
    assignment: &'static str,
    /// When the provider was asked.
    #[schema(format = "date-time")]
    at: String,
    /// Until when it isn't asked again.
    #[schema(format = "date-time")]
    until: String,
}

impl LookedUpView {
    fn of(looked_up: &LookedUp) -> Self {
        Self {
            provider: looked_up.provider.to_string(),
            mccmnc: looked_up.said.network.map(|code| code.to_string()),
            assignment: looked_up.said.assignment.word(),
            at: moment::write(looked_up.at),
            until: moment::write(looked_up.until),
        }
    }
}

/// A mobile network.
#[derive(Serialize, ToSchema)]
#[schema(as = Network)]
pub(in crate::rest) struct NetworkView {
    /// The code: MCC and MNC, 5 or 6 digits (ITU-T E.212).
    #[serde(skip_serializing_if = "Option::is_none")]
    mccmnc: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "str::is_empty")]
    name: String,
}

impl LookupView {
    pub(in crate::rest) fn of(
        number: Number,
        found: &Destination,
        looked_up: Option<&LookedUp>,
        numbering: &Numbering,
        refused: &[Undeliverable],
    ) -> Self {
        let reason = found.refused(refused).map(Undeliverable::word);
        let view = |network: &Network| NetworkView {
            mccmnc: network.code.map(|code| code.to_string()),
            name: network.name.to_string(),
        };
        let network =
            match looked_up.and_then(|it| it.said.network) {
                Some(code) => Some(numbering.named(code).map_or_else(
                    || NetworkView { mccmnc: Some(code.to_string()), name: String::new() },
                    view,
                )),
                None => numbering.network(found).map(view),
            };
        Self {
            number: number.to_string(),
            country: found.country.map(|country| country.to_string()),
            r#type: found.kind.word(),
            network,
            looked_up: looked_up.map(LookedUpView::of),
            valid: number.is_short_code() || (found.is_allocated && found.has_length),
            deliverable: reason.is_none(),
            reason,
            price: None,
            currency: None,
        }
    }

    /// The same, for which its account has paid this.
    fn paid(self, price: Option<Price>) -> Self {
        let (price, currency) = (price.map(|it| it.amount), price.map(|it| it.currency));
        Self { price: price.map(|it| it.to_string()), currency: currency.map(|it| it.to_string()), ..self }
    }
}

/// Looks a number up: its country, network and kind.
///
/// The number is written as a message's recipient is. Where look-ups are declared, a provider is asked as for a message. An account pays for what
/// a provider says, if its tariff has prices of look-ups; without credit it is refused with 402 (`insufficient_credit`).
#[utoipa::path(
    get, path = "/v1/lookup/{number}", tag = "messages", operation_id = "lookUpNumber",
    params(
        ("number" = String, Path, description = "The number, such as `+447700900123` or `07700900123`."),
        ("country" = Option<String>, Query, description = "The country (ISO 3166) whose national form it may have. Default: the account's."),
    ),
    responses(
        (status = 200, description = "What is known of it.", body = LookupView),
        (status = "4XX", description = "It is no number.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn lookup(
    State(rest): State<Arc<Rest>>,
    Reader(caller): Reader,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let country = country(query.as_deref().unwrap_or_default(), &caller)?;
    let number = Number::parse_recipient_in(&number, country);
    let number = number.map_err(|why| Problem::from(&Refusal::Recipient(why)).at("number"))?;
    let numbering = &rest.live.rules().numbering;
    let account = match &caller.scope {
        Scope::Account(account) => Some(&**account),
        Scope::Administrator => None,
    };
    let known = rest.intake.look_up(account, number).await?.map_err(|why| Problem::from(&why))?;
    let mut found = numbering.find(number, rest.live.now());
    found.is_dead = known.is_dead;
    let refused = match &caller.scope {
        Scope::Account(account) => &*account.policy.refused,
        Scope::Administrator => &Undeliverable::USUAL,
    };
    let view = LookupView::of(number, &found, known.looked_up.as_ref(), numbering, refused);
    Ok(json(StatusCode::OK, &view.paid(known.price)))
}

/// The country that a request names, or that of its account.
fn country(query: &str, caller: &Principal) -> Result<Option<Country>, Problem> {
    match pairs(query, &["country"])?.pop() {
        Some((_, value)) => value
            .parse()
            .map(Some)
            .map_err(|why: postrider_core::numbering::NotACountry| wrong("country", &why.to_string())),
        None => Ok(match &caller.scope {
            Scope::Account(account) => account.country,
            Scope::Administrator => None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use postrider_core::account::{Account, Permits};
    use postrider_core::time::Time;

    #[test]
    fn a_number_is_looked_up() {
        let view = |text: &str, refused: &[Undeliverable]| {
            let number = Number::parse_recipient(text).unwrap();
            let found = Numbering::default().find(number, Time(0));
            let view = LookupView::of(number, &found, None, &Numbering::default(), refused);
            serde_json::to_value(view).unwrap()
        };
        let usual = &Undeliverable::USUAL;
        let mobile = serde_json::json!({
            "number": "+447700900123", "country": "GB", "type": "mobile", "valid": true, "deliverable": true,
        });
        assert_eq!(view("+44 7700 900123", usual), mobile);
        let fixed = view("+442071234567", usual);
        assert_eq!((&fixed["deliverable"], &fixed["reason"]), (&false.into(), &"fixed".into()));
        assert_eq!(view("+442071234567", &[])["deliverable"], true);
        let nowhere = view("+999123456789", usual);
        assert_eq!((&nowhere["valid"], &nowhere["reason"]), (&false.into(), &"unallocated".into()));
        assert_eq!(view("60006", usual)["type"], "short_code");
    }

    #[test]
    fn the_country_is_the_accounts_unless_the_request_names_one() {
        let british = Account { country: "GB".parse().ok(), ..account() };
        let caller = Principal::account(Arc::new(british), Permits::ALL);
        let administrator = Principal::administrator("root".into());
        let read = |query: &str, caller| country(query, caller).map(|it| it.map(|it| it.to_string()));
        assert_eq!(read("", &caller).ok().flatten().as_deref(), Some("GB"));
        assert_eq!(read("country=de", &caller).ok().flatten().as_deref(), Some("DE"));
        assert_eq!(read("", &administrator).ok(), Some(None));
        assert_eq!(read("country=UK", &caller).err().unwrap().field.as_deref(), Some("country"));
    }
}
