//! What administrators do for users of the console, besides declaring them.

use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::{Rest, moment};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_access::NotAllowed;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A link by which a user sets a password, once.
#[derive(Serialize, ToSchema)]
#[schema(as = UserLink)]
pub(super) struct LinkView {
    /// Its path at the console. It is shown this once, and whoever has it sets the password.
    path: String,
    /// When it ceases to be valid.
    #[schema(format = "date-time")]
    expires_at: String,
}

/// Makes a link by which a user sets a password, once.
#[utoipa::path(
    post, path = "/v1/users/{name}/link", operation_id = "makeUserLink", tag = "users",
    params(("name" = String, Path, description = "The user's name.")),
    responses(
        (status = 200, description = "Made.", body = LinkView),
        (status = "4XX", description = "Not made.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn make_link(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let link = rest.access.link_for(&name).await?;
    Ok(json(StatusCode::OK, &LinkView { path: link.path(), expires_at: moment::write(link.expires) }))
}

/// Takes a user's key of one-time codes away, who has lost the device. The user signs in by password alone until it makes
/// another key.
#[utoipa::path(
    delete, path = "/v1/users/{name}/totp", operation_id = "removeUserTotp", tag = "users",
    params(("name" = String, Path, description = "The user's name.")),
    responses(
        (status = 204, description = "Taken away."),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn remove_totp(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    rest.access.remove_code_key(&name, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<NotAllowed> for Problem {
    fn from(why: NotAllowed) -> Self {
        match why {
            NotAllowed::Registry(error) => error.into(),
            NotAllowed::Store(error) => error.into(),
            NotAllowed::Locked(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", why.to_string()).later(wait)
            }
            NotAllowed::NoProvider => Self::not_found(why.to_string()),
            NotAllowed::Provider(_) => {
                Self::new(StatusCode::BAD_GATEWAY, "provider_unavailable", why.to_string())
            }
            NotAllowed::Wrong | NotAllowed::Link | NotAllowed::Unfit(_) | NotAllowed::ByProvider(_) => {
                Self::new(StatusCode::FORBIDDEN, "not_allowed_in", why.to_string())
            }
        }
    }
}
