//! Presets of HTTP providers over HTTP: what the program knows of their interfaces, and what upstreams must give.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_declare::upstream::http::{KnownPreset, known_presets};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A value that an upstream gives to a preset.
#[derive(Serialize, ToSchema)]
#[schema(as = PresetVariable)]
struct VariableView {
    /// Its name, in `values` or in `secret_values` of the upstream.
    name: String,
    /// What it is, and where the provider shows it.
    about: String,
    /// Whether it is a secret, and belongs into `secret_values`.
    secret: bool,
    /// Whether it may be left out.
    optional: bool,
    /// The value if none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

/// A preset: the description of a provider's interface.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderPreset)]
pub(super) struct PresetView {
    /// The name, by which upstreams refer to it.
    name: String,
    /// The provider and its interface.
    title: String,
    /// What it covers and leaves out.
    about: String,
    /// The address of the provider's own documentation; may be empty.
    documentation: String,
    /// What upstreams give.
    variables: Vec<VariableView>,
}

/// Presets.
#[derive(Serialize, ToSchema)]
pub(super) struct PresetList {
    /// The presets that the program has, by name.
    presets: Vec<PresetView>,
}

/// Lists the presets of HTTP providers, and what an upstream gives to each.
#[utoipa::path(
    get, path = "/v1/presets", operation_id = "listPresets", tag = "upstreams",
    responses(
        (status = 200, description = "The presets.", body = PresetList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn presets(State(_rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    json(StatusCode::OK, &PresetList { presets: known() })
}

fn known() -> Vec<PresetView> {
    let view = |preset: KnownPreset| PresetView {
        name: preset.name.to_string(),
        title: preset.title.to_string(),
        about: preset.about.to_string(),
        documentation: preset.documentation.to_string(),
        variables: preset
            .variables
            .iter()
            .map(|(name, variable)| VariableView {
                name: name.to_string(),
                about: variable.about.to_string(),
                secret: variable.secret,
                optional: variable.optional,
                default: variable.default.as_ref().map(ToString::to_string),
            })
            .collect(),
    };
    known_presets().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_say_what_they_need() {
        let known = known();
        let twilio = known.iter().find(|preset| preset.name == "twilio").unwrap();
        let token = twilio.variables.iter().find(|variable| variable.name == "auth_token").unwrap();
        assert!(token.secret && !token.optional && token.default.is_none());
        let url = twilio.variables.iter().find(|variable| variable.name == "base_url").unwrap();
        assert_eq!(url.default.as_deref(), Some("https://api.twilio.com"));
    }
}
