//! Which keys the store's values are encrypted with.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::Encryption;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How texts and secrets in the store are encrypted.
#[derive(Serialize, ToSchema)]
#[schema(as = Encryption)]
pub(super) struct EncryptionView<'a> {
    /// The name of the key that new values are encrypted with; null if they are kept in clear.
    active: Option<&'a str>,
    /// The names of the keys that this node has.
    keys: Vec<&'a str>,
    /// The names of other keys that some values are still encrypted with. They are encrypted anew, in the background.
    to_change: Vec<&'a str>,
    /// Whether some values may be in clear.
    clear: bool,
}

/// Shows which keys texts and secrets in the store are encrypted with.
#[utoipa::path(
    get, path = "/v1/encryption", operation_id = "getEncryption", tag = "privacy",
    responses(
        (status = 200, description = "The keys.", body = EncryptionView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn encryption(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Result<Response, Problem> {
    let encryption = rest.people.encryption().await?;
    Ok(json(StatusCode::OK, &view(&encryption)))
}

fn view(encryption: &Encryption) -> EncryptionView<'_> {
    let Encryption { active, keys, in_use } = encryption;
    let is_other = |name: &&str| !name.is_empty() && active.as_deref() != Some(*name);
    EncryptionView {
        active: active.as_deref(),
        keys: keys.iter().map(|name| &**name).collect(),
        to_change: in_use.iter().map(|name| &**name).filter(is_other).collect(),
        clear: active.is_none() || in_use.iter().any(|name| name.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_to_be_encrypted_is_told() {
        let show = |active: Option<&str>, in_use: &[&str]| {
            let in_use = in_use.iter().map(|name| Box::from(*name)).collect();
            let encryption = Encryption { active: active.map(Into::into), keys: Vec::new(), in_use };
            let view = serde_json::to_value(view(&encryption)).unwrap();
            (view["to_change"].clone(), view["clear"].clone())
        };
        assert_eq!(show(None, &[]), (serde_json::json!([]), true.into()));
        assert_eq!(show(Some("b"), &["", "a", "b"]), (serde_json::json!(["a"]), true.into()));
        assert_eq!(show(Some("b"), &["b"]), (serde_json::json!([]), false.into()));
    }
}
