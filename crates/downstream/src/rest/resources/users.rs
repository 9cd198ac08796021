//! Users of the console, and whether they have proofs.

use super::description::DeclaredUser;
use super::{Resource, Shown};
use crate::rest::Rest;
use postrider_core::user::Users;
use postrider_declare::{Declared, Entry, UserDocument};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A user of the console, and whether it has proofs.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserView {
    #[serde(flatten)]
    #[schema(value_type = DeclaredUser)]
    user: Resource<UserDocument>,
    /// Whether it has a password. A user without one can't sign in.
    password_set: bool,
    /// Whether it has a key of one-time codes.
    totp_set: bool,
}

impl Shown for UserDocument {
    type View = UserView;
    type Moment = Arc<Users>;

    fn moment(_rest: &Rest, declared: &Declared) -> Arc<Users> {
        Arc::clone(&declared.users)
    }

    fn view(entry: &Entry<Self>, users: &Arc<Users>) -> UserView {
        let user = users.named(&entry.document.name);
        UserView {
            password_set: user.is_some_and(|user| user.proof.is_some()),
            totp_set: user.is_some_and(|user| user.code_key.is_some()),
            user: Resource::shown(entry),
        }
    }
}
