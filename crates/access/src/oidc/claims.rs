//! Who somebody is here, by what the provider claims.

use super::OidcSettings;
use super::token::Claims;
use postrider_core::user::Role;

/// What stands in the settings for any value.
const ANY: &str = "*";
/// The longest name of a user, in octets.
const NAME_MAX: usize = 64;

/// What somebody may be here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) account: Option<String>,
}

impl OidcSettings {
    /// What somebody with these claims may be. Of several roles the first counts, in their own order; `*` counts last.
    pub(super) fn part(&self, claims: &Claims) -> Option<Part> {
        let values = claims.texts(&self.roles_claim);
        let of = |role: &Role| self.roles.iter().any(|(value, of)| of == role && values.contains(&&**value));
        let any = || self.roles.iter().find(|(value, _)| **value == *ANY).map(|(_, role)| *role);
        let role = Role::ALL.into_iter().find(of).or_else(any)?;
        let account = self.account_claim.as_deref().and_then(|claim| claims.text(claim));
        let account = account.filter(|_| role.has_account() != Some(false)).map(str::to_owned);
        Some(Part { role, account })
    }

    /// The name of a new user: that of the claim, with `-` in the place of what names can't have.
    pub(super) fn name(&self, claims: &Claims) -> Option<String> {
        let claimed = claims.text(&self.name_claim).or_else(|| claims.subject())?;
        let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let name: String =
            claimed.to_lowercase().chars().map(|c| if is_fit(c) { c } else { '-' }).take(NAME_MAX).collect();
        let name = name.trim_start_matches(['.', '_', '-']);
        (!name.is_empty()).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::sign_in::tests::settings;
    use serde_json::{Value, json};

    fn claims(value: &Value) -> Claims {
        Claims(value.as_object().unwrap().clone())
    }

    #[test]
    fn values_of_a_claim_decide_the_role() {
        let part = |claimed: Value| settings().part(&claims(&claimed)).map(|part| (part.role, part.account));
        assert_eq!(part(json!({ "groups": ["staff", "sms-ops"] })), Some((Role::Operator, None)));
        assert_eq!(part(json!({ "groups": "sms-admins" })), Some((Role::Owner, None)));
        assert_eq!(
            part(json!({ "groups": ["sms-ops", "sms-admins"], "account": "shop" })),
            Some((Role::Owner, None)),
            "the higher one counts, and an owner has no account"
        );
        assert_eq!(
            part(json!({ "groups": ["shops"], "account": "shop" })),
            Some((Role::Customer, Some("shop".into())))
        );
        assert_eq!(part(json!({ "groups": ["staff"] })), None);
        assert_eq!(part(json!({})), None);
        let mut open = settings();
        open.roles.push(("*".into(), Role::Support));
        assert_eq!(open.part(&claims(&json!({}))).unwrap().role, Role::Support);
        assert_eq!(open.part(&claims(&json!({ "groups": ["sms-ops"] }))).unwrap().role, Role::Operator);
    }

    #[test]
    fn names_are_made_of_what_names_can_have() {
        for (claimed, name) in [
            (json!({ "preferred_username": "Ann" }), Some("ann")),
            (json!({ "preferred_username": "ann@id.example" }), Some("ann-id.example")),
            (json!({ "preferred_username": "__x", "sub": "7" }), Some("x")),
            (json!({ "sub": "7" }), Some("7")),
            (json!({ "preferred_username": "…" }), None),
            (json!({}), None),
        ] {
            assert_eq!(settings().name(&claims(&claimed)).as_deref(), name, "{claimed}");
        }
    }
}
