//! Changes of what holds of numbers.

use super::{ConsentView, number};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::moment;
use crate::rest::problem::Problem;
use crate::rest::query;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use postrider_core::consent::{Change, Kind, Scope, Source, folded};
use postrider_core::contract::ConsentFilter;
use postrider_core::principal::{Principal, Viewer};
use postrider_core::sender::Sender;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most characters of a reason, a text, and other words.
const WORDS_MAX: usize = 2_000;
/// The most characters of a purpose.
const PURPOSE_MAX: usize = 64;
/// The most entries of one number that are lifted at once.
const LIFT_MOST: usize = 500;

/// Something that is to hold of a number.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConsentRequest)]
pub(in crate::rest) struct Wanted {
    /// The number.
    #[schema(example = "+447700900123")]
    pub(super) number: String,
    /// The account whose messages it is about; for administrators. Default: every account's. A consent needs one.
    pub(super) account: Option<String>,
    /// Of an opt-out: the sender that it is about. Default: every sender.
    pub(super) sender: Option<String>,
    /// Of a consent: the purpose of the messages, up to 64 characters. Default: `marketing`.
    pub(super) purpose: Option<String>,
    /// Of a time zone: its name in IANA's database.
    #[schema(example = "Europe/Berlin")]
    pub(super) zone: Option<String>,
    /// Why, in up to 2,000 characters.
    pub(super) reason: Option<String>,
    /// Of a consent: how it was obtained, such as the address of a form.
    pub(super) obtained: Option<String>,
    /// Of a consent: the text that the person saw.
    pub(super) text_shown: Option<String>,
    /// Of a consent: a proof, such as a file's name and hash.
    pub(super) proof: Option<String>,
    /// When it happened, if not now (RFC 3339); not in the future.
    #[schema(format = "date-time")]
    pub(super) at: Option<String>,
}

/// The result of a change.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentResult)]
pub(in crate::rest) struct Made<'a> {
    /// Whether it is new: `false` if it held before.
    is_new: bool,
    /// What holds.
    entry: ConsentView<'a>,
}

/// The result of lifting.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentLifted)]
pub(in crate::rest) struct Lifted {
    /// How many entries of the number were lifted.
    lifted: usize,
}

impl Wanted {
    /// The change that is wanted.
    pub(super) fn change(
        &self,
        rest: &Rest,
        kind: Kind,
        caller: &Principal,
        source: Source,
    ) -> Result<Change, Problem> {
        let account = super::account(caller, self.account.as_deref(), &rest.live.rules())?;
        let not_of_it = |field: &str, is_given: bool| {
            if is_given { Err(query::wrong(field, "not a field of this kind")) } else { Ok(()) }
        };
        not_of_it("sender", kind != Kind::OptOut && self.sender.is_some())?;
        not_of_it("purpose", kind != Kind::Consent && self.purpose.is_some())?;
        not_of_it("zone", kind != Kind::Zone && self.zone.is_some())?;
        let scope = match kind {
            Kind::OptOut => {
                let sender = self.sender.as_deref().filter(|sender| !sender.is_empty());
                let sender = sender.map(Sender::parse).transpose();
                Scope::opt_out(
                    account,
                    sender.map_err(|why| query::wrong("sender", &why.to_string()))?.as_ref(),
                )
            }
            Kind::Block => Scope::block(account),
            Kind::Consent => {
                let account =
                    account.ok_or_else(|| query::wrong("account", "a consent is given to one account"))?;
                Scope::consent(account, &purpose(self.purpose.as_deref())?)
            }
            Kind::Zone => Scope::zone(account, &zone(self.zone.as_deref().unwrap_or_default())?),
        };
        let now = rest.live.now();
        let at =
            self.at.as_deref().map(moment::read).transpose().map_err(|error| query::wrong("at", &error))?;
        if at.is_some_and(|at| at > now) {
            return Err(query::wrong("at", "the time is in the future"));
        }
        Ok(Change {
            id: rest.consent.identify(),
            at: at.unwrap_or(now),
            number: number(&self.number, "number")?,
            scope,
            holds: true,
            source,
            reason: words("reason", self.reason.as_deref())?,
            by: Some(caller.who.clone()),
            inbound: None,
            obtained: words("obtained", self.obtained.as_deref())?,
            shown: words("text_shown", self.text_shown.as_deref())?,
            proof: words("proof", self.proof.as_deref())?,
        })
    }
}

fn purpose(given: Option<&str>) -> Result<String, Problem> {
    let purpose = given.map(str::trim).filter(|purpose| !purpose.is_empty()).unwrap_or("marketing");
    if purpose.chars().count() > PURPOSE_MAX {
        return Err(query::wrong("purpose", &format!("a purpose has at most {PURPOSE_MAX} characters")));
    }
    Ok(purpose.to_lowercase())
}

/// A time zone's name, as the database spells it.
fn zone(given: &str) -> Result<String, Problem> {
    let known = TimeZone::get(given.trim()).ok();
    let name = known.as_ref().and_then(TimeZone::iana_name);
    name.map(str::to_owned).ok_or_else(|| {
        query::wrong(
            "zone",
            &format!("there is no time zone '{given}': write one of IANA's names, such as Europe/Berlin"),
        )
    })
}

fn words(field: &str, given: Option<&str>) -> Result<Option<Box<str>>, Problem> {
    let given = given.map(str::trim).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.chars().count() > WORDS_MAX) {
        return Err(query::wrong(field, &format!("at most {WORDS_MAX} characters are kept")));
    }
    Ok(given.map(Into::into))
}

/// Makes something hold.
pub(super) async fn make(
    rest: &Rest,
    kind: Kind,
    caller: &Principal,
    wanted: &Wanted,
) -> Result<Response, Problem> {
    let change = wanted.change(rest, kind, caller, Source::Api)?;
    let changed = rest.consent.change(vec![change.clone()]).await?;
    let is_new = changed.first().copied().unwrap_or(false);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let rules = rest.live.rules();
    Ok(json(status, &Made { is_new, entry: ConsentView::of(&change, &rules) }))
}

/// Lifts what holds of a number: all of the kind that the caller may lift, or that of one sender, purpose or account.
pub(super) async fn lift(
    rest: &Rest,
    kind: Kind,
    caller: &Principal,
    given: &str,
    query: &str,
) -> Result<Response, Problem> {
    let (mut filter, mut reason) = (ConsentFilter::all(kind, caller.viewer(), LIFT_MOST), None);
    filter.number = Some(number(given, "number")?);
    for (name, value) in query::pairs(query, &["reason", "sender", "purpose", "zone", "account"])? {
        match name.as_str() {
            "reason" => reason = words("reason", Some(&value))?,
            "sender" => {
                let sender = Sender::parse(&value).map_err(|why| query::wrong("sender", &why.to_string()))?;
                filter.only = Some(folded(&sender));
            }
            "purpose" => filter.only = Some(purpose(Some(&value))?.into()),
            "zone" => filter.only = Some(zone(&value)?.into()),
            _ => match super::account(caller, Some(&value), &rest.live.rules())? {
                Some(account) => filter.viewer = Viewer::Account(account),
                None => filter.of_all = true,
            },
        }
    }
    let reason = reason.ok_or_else(|| query::wrong("reason", "say why: the reason is kept"))?;
    let held = rest.consent.consents(filter).await?;
    if held.is_empty() {
        return Err(Problem::not_found(
            "nothing of this kind holds of the number, or it isn't yours to lift",
        ));
    }
    let lift = |kept: postrider_core::consent::Kept| Change {
        id: rest.consent.identify(),
        at: rest.live.now(),
        holds: false,
        source: Source::Api,
        reason: Some(reason.clone()),
        by: Some(caller.who.clone()),
        inbound: None,
        obtained: None,
        shown: None,
        proof: None,
        ..kept.change
    };
    let lifted = rest.consent.change(held.into_iter().map(lift).collect()).await?;
    Ok(json(StatusCode::OK, &Lifted { lifted: lifted.into_iter().filter(|lifted| *lifted).count() }))
}
