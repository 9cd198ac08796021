use super::*;

/// The paths of what holds of numbers.
const OF_CONSENT: [&str; 14] = [
    "/v1/opt-outs",
    "/v1/opt-outs/{number}",
    "/v1/opt-outs/csv",
    "/v1/blocked-numbers",
    "/v1/blocked-numbers/{number}",
    "/v1/blocked-numbers/csv",
    "/v1/consents",
    "/v1/consents/{number}",
    "/v1/consents/csv",
    "/v1/time-zones",
    "/v1/time-zones/{number}",
    "/v1/time-zones/csv",
    "/v1/policies",
    "/v1/policies/{name}",
];

/// The paths of users of the console.
const OF_CONTACTS: [&str; 13] = [
    "/v1/contacts",
    "/v1/contacts/csv",
    "/v1/contacts/count",
    "/v1/contacts/import",
    "/v1/contacts/imports",
    "/v1/contacts/imports/{id}",
    "/v1/contacts/imports/{id}/apply",
    "/v1/contacts/imports/{id}/report",
    "/v1/contacts/imports/{id}/undo",
    "/v1/contacts/{number}",
    "/v1/groups",
    "/v1/groups/{name}",
    "/v1/groups/{name}/members/{number}",
];

const OF_RUNS: [&str; 36] = [
    "/v1/campaigns",
    "/v1/campaigns/{id}",
    "/v1/campaigns/{id}/{action}",
    "/v1/campaigns/{id}/pace",
    "/v1/campaigns/{id}/winner",
    "/v1/campaigns/{id}/estimate",
    "/v1/campaigns/{id}/test",
    "/v1/campaigns/{id}/clone",
    "/v1/campaigns/{id}/recipients",
    "/v1/campaigns/{id}/recipients/csv",
    "/v1/campaigns/{id}/results",
    "/v1/campaigns/{id}/networks",
    "/v1/batches",
    "/v1/batches/{id}",
    "/v1/batches/{id}/{action}",
    "/v1/batches/{id}/pace",
    "/v1/batches/{id}/winner",
    "/v1/batches/{id}/estimate",
    "/v1/batches/{id}/test",
    "/v1/batches/{id}/clone",
    "/v1/batches/{id}/recipients",
    "/v1/batches/{id}/recipients/csv",
    "/v1/batches/{id}/results",
    "/v1/batches/{id}/networks",
    "/v1/broadcasts",
    "/v1/broadcasts/{id}",
    "/v1/broadcasts/{id}/{action}",
    "/v1/broadcasts/{id}/pace",
    "/v1/broadcasts/{id}/winner",
    "/v1/broadcasts/{id}/estimate",
    "/v1/broadcasts/{id}/test",
    "/v1/broadcasts/{id}/clone",
    "/v1/broadcasts/{id}/recipients",
    "/v1/broadcasts/{id}/recipients/csv",
    "/v1/broadcasts/{id}/results",
    "/v1/broadcasts/{id}/networks",
];

const OF_TEMPLATES: [&str; 6] = [
    "/v1/templates",
    "/v1/templates/{name}",
    "/v1/templates/{name}/versions",
    "/v1/templates/{name}/approve",
    "/v1/templates/{name}/preview",
    "/v1/templates/{name}/sheet",
];

const OF_USERS: [&str; 15] = [
    "/v1/messages/{id}/unmask",
    "/v1/inbound/{id}/unmask",
    "/v1/users",
    "/v1/users/{name}",
    "/v1/users/{name}/link",
    "/v1/users/{name}/totp",
    "/v1/sessions",
    "/v1/sessions/{id}",
    "/v1/sessions/current",
    "/v1/sessions/current/proof",
    "/v1/sessions/current/password",
    "/v1/sessions/current/totp",
    "/v1/sessions/provider",
    "/v1/sessions/provider/begin",
    "/v1/setup/{token}",
];

const OF_OTHERS: &[&str] = &[
    "/v1/messages",
    "/v1/messages/{id}",
    "/v1/messages/{id}/conversion",
    "/v1/messages/preview",
    "/v1/messages/explain",
    "/v1/messages/actions",
    "/v1/lookup/{number}",
    "/v1/callbacks/{upstream}",
    "/l/{code}",
    "/v1/numbering-plan",
    "/v1/numbering-plan/csv",
    "/v1/tariffs",
    "/v1/tariffs/{name}",
    "/v1/tariffs/{name}/csv",
    "/v1/balances",
    "/v1/reports",
    "/v1/reports/csv",
    "/v1/cdrs",
    "/v1/entries",
    "/v1/accounts/{name}/top-ups",
    "/v1/inbound",
    "/v1/inbound/{id}",
    "/v1/inbound/{id}/media/{place}",
    "/v1/media",
    "/v1/media/{id}",
    "/v1/media/{id}/content",
    "/m/{secret}",
    "/m/{secret}/{place}",
    "/v1/events",
    "/v1/conversations",
    "/v1/conversations/{id}",
    "/v1/conversations/{id}/read",
    "/v1/conversations/next",
    "/v1/conversations/{id}/notes",
    "/v1/conversations/{id}/messages",
    "/v1/verifications",
    "/v1/verifications/{id}",
    "/v1/verifications/{id}/check",
    "/v1/verifications/check",
    "/v1/verifications/csv",
    "/v1/verifications/test-numbers",
    "/v1/verifications/test-numbers/{number}",
    "/v1/verifications/authenticators",
    "/v1/verifications/authenticators/{id}",
    "/v1/verifications/authenticators/{id}/check",
    "/v1/schedules",
    "/v1/schedules/{id}",
    "/v1/schedules/{id}/pause",
    "/v1/schedules/{id}/resume",
    "/v1/appointments",
    "/v1/appointments/{id}",
    "/v1/appointments/{id}/move",
    "/v1/alerts",
    "/v1/alerts/{number}",
    "/v1/alerts/{number}/acknowledge",
    "/v1/alerts/{number}/resolve",
    "/v1/alerts/groups",
    "/v1/alerts/groups/{name}",
    "/v1/alerts/groups/{name}/on-call",
    "/v1/alerts/sources",
    "/v1/alerts/sources/{name}",
    "/v1/alerts/sources/{name}/reports",
    "/v1/accounts",
    "/v1/accounts/{name}",
    "/v1/accounts/{name}/keys",
    "/v1/accounts/{name}/keys/{key}",
    "/v1/accounts/{name}/smpp/password",
    "/v1/accounts/{name}/webhook/secret",
    "/v1/accounts/{name}/webhook/previous_secret",
    "/v1/accounts/{name}/webhook/test",
    "/v1/upstreams",
    "/v1/upstreams/{name}",
    "/v1/routes",
    "/v1/routes/{name}",
    "/v1/numbers",
    "/v1/numbers/{name}",
    "/v1/pauses",
    "/v1/pauses/{name}",
    "/v1/limits",
    "/v1/limits/{name}",
    "/v1/currencies",
    "/v1/currencies/{name}",
    "/v1/lookups",
    "/v1/lookups/{name}",
    "/v1/rules",
    "/v1/rules/{name}",
    "/v1/rules/test",
    "/v1/routes/replay",
    "/v1/rules/{name}/votes",
    "/v1/call/{token}",
    "/v1/changes",
    "/v1/audit",
    "/v1/privacy/export",
    "/v1/privacy/erase",
    "/v1/encryption",
    "/v1/receipts/unmatched",
    "/v1/nodes",
    "/v1/snippets",
    "/v1/snippets/{kind}/{name}",
    "/v1/accounts/{name}/webhook/attempts",
    "/v1/accounts/{name}/replay",
    "/v1/derived-tariff",
    "/v1/dead-numbers",
    "/v1/dead-numbers/{number}",
    "/v1/quality",
    "/v1/presets",
    "/v1/traffic",
    "/v1/whoami",
    "/v1/reconciliation",
    "/v1/reload",
    "/v1/trace",
    "/v1/trace/recent",
    "/v1/trace/pcap",
    "/v1/upstreams/{name}/doctor",
    "/v1/upstreams/{name}/ussd",
    "/v1/upstreams/{name}/balance",
    "/v1/clients",
    "/healthz",
    "/readyz",
    "/metrics",
];

#[test]
fn the_description_has_every_path_and_type() {
    let description = serde_json::to_value(openapi()).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    let paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let others = OF_CONSENT.into_iter().chain(OF_USERS).chain(OF_TEMPLATES).chain(OF_RUNS).chain(OF_CONTACTS);
    let expected: Vec<&str> = OF_OTHERS.iter().copied().chain(others).collect();
    for path in &expected {
        assert!(paths.contains(path), "{path}");
    }
    assert_eq!(paths.len(), expected.len());
    let schemas = &description["components"]["schemas"];
    for name in ["AccountDocument", "UpstreamDocument", "RouteDocument", "MessageRequest", "Secret"] {
        assert!(schemas.get(name).is_some(), "{name}");
    }
    let fields = schemas["MessageRequest"]["properties"].as_object().unwrap();
    assert!(fields.values().all(|field| field.to_string().contains("description")), "{fields:#?}");
}

#[test]
fn every_reference_in_the_description_has_a_target() {
    let description = serde_json::to_value(openapi()).unwrap();
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}
