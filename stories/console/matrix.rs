//! Who may open and do what: every page and action of the console's router, as every role, on another account than a user's own.

use crate::harness::{Browser, Plan, carrier};
use std::collections::BTreeSet;

const PASSWORD: &str = "correct horse battery";
/// Owner, operator, support, billing, author and customer. The last two are of the account `shop`.
const NAMES: [&str; 6] = ["olga", "otto", "sam", "bea", "ann", "carl"];
/// The source of the router. A route of it that no table below covers fails.
const ROUTER: &str = include_str!("../../crates/console/src/pages.rs");

/// Who sees a page, by the beginning of its path; the longest counts. A letter is a role, in the order of the names.
const SEEN: &[(&str, &str)] = &[
    ("/console", "oosbac"),
    ("/console/live", "oosbac"),
    ("/console/sign-in", "oosbac"),
    ("/console/setup", "------"),
    ("/console/first", "oo----"),
    ("/console/find", "oosbac"),
    ("/console/proof", "oosbac"),
    ("/console/me", "oosbac"),
    ("/console/messages", "oos-ac"),
    ("/console/messages/export", "oo---c"),
    ("/console/message-actions", "oo----"),
    ("/console/media", "oos-ac"),
    ("/console/compose", "oo--ac"),
    ("/console/templates", "oos-ac"),
    ("/console/campaigns", "oos-ac"),
    ("/console/campaigns/{id}/export", "oo-b-c"),
    ("/console/batches", "oos-ac"),
    ("/console/batches/{id}/export", "oo-b-c"),
    ("/console/broadcasts", "oos-ac"),
    ("/console/broadcasts/{id}/export", "oo-b-c"),
    ("/console/contact-import", "oos-ac"),
    ("/console/contact-imports", "oos-ac"),
    ("/console/contact-imports/{id}/report", "oo-b-c"),
    ("/console/contact-export", "oo-b-c"),
    ("/console/contacts", "oos-ac"),
    ("/console/groups", "oos-ac"),
    ("/console/inbox", "oos-ac"),
    ("/console/received", "oos-ac"),
    ("/console/alerts", "oos-ac"),
    ("/console/on-call", "oos-ac"),
    ("/console/alert-sources", "oos-ac"),
    ("/console/appointments", "oos-ac"),
    ("/console/verifications", "oos-ac"),
    ("/console/verification-export", "oo-b-c"),
    ("/console/test-numbers", "oos-ac"),
    ("/console/opt-outs", "oos-ac"),
    ("/console/dead-numbers", "oos-ac"),
    ("/console/schedules", "oos-ac"),
    ("/console/settings", "oos---"),
    ("/console/add", "oo----"),
    ("/console/held", "oos-ac"),
    ("/console/upstreams", "oos---"),
    ("/console/upstreams/{name}/edit", "oo----"),
    ("/console/upstreams/{name}/test", "oo----"),
    ("/console/new-upstream", "oo----"),
    ("/console/routes", "oos---"),
    ("/console/numbers", "oos---"),
    ("/console/automation", "oos---"),
    ("/console/quality", "oos---"),
    ("/console/unmatched", "oos---"),
    ("/console/failed-posts", "oo----"),
    ("/console/accounts", "oosb--"),
    ("/console/accounts/{name}/statement", "oo-b--"),
    ("/console/accounts/{name}/rerating", "o--b--"),
    ("/console/tariffs", "oo-b--"),
    ("/console/reconciliation", "oo-b--"),
    ("/console/reports", "oo-bac"),
    ("/console/reports/export", "oo-b-c"),
    ("/console/users", "o-----"),
    ("/console/audit", "o-----"),
    ("/console/system", "oo----"),
];

/// Who may do something, in the same way.
const DONE: &[(&str, &str)] = &[
    ("/console/sign-in", "oosbac"),
    ("/console/setup", "------"),
    ("/console/preferences", "oosbac"),
    ("/console/first", "oo----"),
    ("/console/snippets", "oos-ac"),
    ("/console/proof", "oosbac"),
    ("/console/me", "oosbac"),
    ("/console/messages/{id}/cancel", "oos-ac"),
    ("/console/messages/{id}/unmask", "oos-ac"),
    ("/console/compose", "oo--ac"),
    ("/console/templates", "oo--ac"),
    ("/console/campaigns", "oo--ac"),
    ("/console/batches", "oo--ac"),
    ("/console/broadcasts", "oo--ac"),
    ("/console/contact-import", "oo--ac"),
    ("/console/contact-imports", "oo--ac"),
    ("/console/contacts", "oo--ac"),
    ("/console/groups", "oo--ac"),
    ("/console/inbox", "oos-ac"),
    ("/console/received", "oos-ac"),
    ("/console/alerts", "oo--ac"),
    ("/console/on-call", "oo--ac"),
    ("/console/alert-sources", "oo--ac"),
    ("/console/appointments", "oo--ac"),
    ("/console/verifications", "oo--ac"),
    ("/console/test-numbers", "oo--ac"),
    ("/console/opt-outs", "oos--c"),
    ("/console/dead-numbers", "oos--c"),
    ("/console/schedules", "oo--ac"),
    ("/console/message-actions", "oo----"),
    ("/console/settings", "oo----"),
    ("/console/add", "oo----"),
    ("/console/held", "oo----"),
    ("/console/upstreams", "oo----"),
    ("/console/new-upstream", "oo----"),
    ("/console/accounts", "oo----"),
    ("/console/failed-posts", "oo----"),
    ("/console/accounts/{name}/billing", "o--b--"),
    ("/console/accounts/{name}/top-up", "o--b--"),
    ("/console/accounts/{name}/rerating", "o--b--"),
    ("/console/reconciliation", "oo-b--"),
    ("/console/tariffs", "o--b--"),
    ("/console/users", "o-----"),
    ("/console/sessions", "o-----"),
    ("/console/lock-outs", "o-----"),
    ("/console/system", "oo----"),
];

/// Actions that answer everybody with a part of a page, in which stands why nothing comes of it.
const PREVIEWS: [&str; 3] =
    ["/console/compose/preview", "/console/contact-import/check", "/console/tariff-check"];

/// What goes on for as long as somebody looks, what needs no session, and what isn't a page of its own.
fn is_left_out(path: &str) -> bool {
    let has_no_end = path.ends_with("/stream") || path.ends_with("/trace");
    has_no_end || ["/", "/console/sign-out"].contains(&path) || path.contains("assets") || path.contains("{*")
}

/// What stands before the parenthesis that ends a call.
fn arguments(text: &str) -> &str {
    let mut open = 1;
    let end = text.find(|character| {
        match character {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        open == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// Every route of the source: its path, and whether it is to be seen and to be done.
fn routes() -> Vec<(String, bool, bool)> {
    let mut found = Vec::new();
    let mut add = |path: String, handlers: &str| {
        let (sees, does) = (handlers.contains("get("), handlers.contains("post(") || handlers == "add");
        assert!(sees || does, "{path}: {handlers}");
        found.push((path, sees, does));
    };
    for route in ROUTER.split(".route(").skip(1) {
        let call = arguments(route);
        let (path, handlers) = call.split_once(',').expect(call);
        let (path, handlers) = (path.trim(), handlers.trim());
        let of_runs = ["campaigns", "batches", "broadcasts"].map(|kind| format!("/console/{kind}"));
        match path {
            "here" => of_runs.into_iter().for_each(|here| add(here, handlers)),
            path if path.starts_with("&at(") => {
                let rest = path.trim_start_matches("&at(\"").trim_end_matches("\")");
                of_runs.into_iter().for_each(|here| add(format!("{here}/{{id}}{rest}"), handlers));
            }
            path => add(path.trim_matches('"').to_owned(), handlers),
        }
    }
    found.retain(|(path, _, _)| !is_left_out(path));
    found
}

/// The roles of a path: those of the longest beginning that is listed.
fn roles<'t>(table: &'t [(&'t str, &'t str)], path: &str) -> &'t str {
    let fits = |of: &str| path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let all = table.iter().filter(|(of, _)| fits(of));
    all.max_by_key(|(of, _)| of.len()).unwrap_or_else(|| panic!("say who may: {path}")).1
}

/// A path with the names of things: another account, and what isn't there.
fn filled(path: &str) -> String {
    let values = [
        ("{name}", "desk"),
        ("{id}", "7"),
        ("{number}", "1"),
        ("{key}", "main"),
        ("{pause}", "x"),
        ("{place}", "0"),
        ("{list}", "limits"),
        ("{token}", "x"),
        ("{action}", "launch"),
    ];
    values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// A form that has what actions ask for before they ask the API.
const FORM: [(&str, &str); 18] = [
    ("name", "extra"),
    ("number", "+491700000001"),
    ("to", "+491700000001"),
    ("text", "x"),
    ("reason", "x"),
    ("code", "123456"),
    ("at", "2030-01-01T00:00"),
    ("since", "2030-01-01T00:00"),
    ("csv", "prefix,price,currency\n*,1,EUR"),
    ("amount", "1.00"),
    ("again", "1.00"),
    ("per_minute", "1"),
    ("variant", "a"),
    ("kind", "reply"),
    ("confirm", "desk"),
    ("field", "window"),
    ("value", "1"),
    ("role", "support"),
];

#[test]
fn every_route_is_in_the_tables() {
    let routes = routes();
    assert!(routes.len() > 100, "only {} routes were found", routes.len());
    let paths: BTreeSet<&str> = routes.iter().map(|(path, _, _)| path.as_str()).collect();
    for known in
        ["/console/appointments/{id}/move", "/console/broadcasts/{id}/act/{action}", "/console/received/{id}"]
    {
        assert!(paths.contains(known), "{known}");
    }
    for (path, sees, does) in &routes {
        if *sees {
            assert_eq!(roles(SEEN, path).len(), NAMES.len());
        }
        if *does && !PREVIEWS.contains(&path.as_str()) {
            assert_eq!(roles(DONE, path).len(), NAMES.len());
        }
    }
}

#[tokio::test]
async fn every_page_and_action_is_for_its_roles_alone() {
    let carrier = carrier().await;
    let user = |name: &str, more: &str| format!("[users.{name}]\npassword = '{PASSWORD}'\n{more}\n");
    let users = [
        user("olga", "role = 'owner'"),
        user("otto", "role = 'operator'"),
        user("sam", "role = 'support'"),
        user("bea", "role = 'billing'"),
        user("ann", "role = 'author'\naccount = 'shop'"),
        user("carl", "role = 'customer'\naccount = 'shop'"),
    ];
    let gateway = Plan::simple(carrier.address()).account("desk").with(&users.concat()).start().await;
    let routes = routes();
    for (place, name) in NAMES.into_iter().enumerate() {
        let mut browser = Browser::new(&gateway.url());
        browser.submit("/console/sign-in", &[("name", name), ("password", PASSWORD)]).await.leads_to();
        let may = |table, path| !roles(table, path)[place..].starts_with('-');
        for (path, _, _) in routes.iter().filter(|(_, sees, _)| *sees) {
            let page = browser.open(&filled(path)).await;
            assert!(page.status < 500, "{name} sees {path}: {}", page.text);
            if may(SEEN, path) {
                assert_ne!(page.status, 403, "{name} sees {path}: {}", page.text);
            } else {
                // A customer's list of accounts is its own account.
                let is_own = page.status == 303 && path == "/console/accounts";
                assert!(
                    is_own || [400, 403, 404, 422].contains(&page.status),
                    "{name} sees {path}: {}",
                    page.status
                );
            }
        }
        let acts = routes.iter().filter(|(path, _, does)| *does && !PREVIEWS.contains(&path.as_str()));
        for (path, _, _) in acts {
            let done = browser.submit(&filled(path), &FORM).await;
            assert!(done.status < 500, "{name} does {path}: {}", done.text);
            if may(DONE, path) {
                assert_ne!(done.status, 403, "{name} does {path}: {}", done.text);
            } else {
                assert!(done.status >= 400, "{name} does {path}: {}", done.status);
            }
        }
    }
}
