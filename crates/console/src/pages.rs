//! The pages, one file each, and the way to them.

mod accounts;
mod alerts;
mod appointments;
mod audit;
mod automation;
mod compose;
mod contacts;
mod dead_numbers;
mod explanation;
mod failed_posts;
mod find;
mod first;
mod held;
mod inbox;
mod live;
mod me;
mod media;
mod messages;
mod numbers;
mod opt_outs;
mod owned;
mod preferences;
mod proof;
mod provider;
mod quality;
mod reconciliation;
mod reports;
mod routes;
mod runs;
mod schedules;
mod secret;
mod settings;
mod setup;
mod sign_in;
mod snippets;
mod system;
mod tariffs;
mod templates;
mod unmatched;
mod upstreams;
mod users;
mod verifications;

pub(crate) use owned::last as last_account;

use crate::api::Failed;
use crate::visitor::{Visitor, render, written};
use crate::{Console, assets, guard};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// The largest file that a page takes, in octets. Larger ones go by the API.
const FILE_MAX: usize = 32 << 20;

/// All pages.
pub(crate) fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/console", get(async || Redirect::to("/console/live")))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/console/sign-in/begin", get(provider::begin))
        .route("/console/sign-in/provider", get(provider::returned))
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/preferences", post(preferences::change))
        .merge(of_people())
        .merge(of_contacts())
        .merge(of_runs())
        .merge(of_alerts())
        .merge(of_applications())
        .merge(of_accounts())
        .merge(of_money())
        .merge(of_settings())
        .route("/console/live", get(live::page))
        .route("/console/live/stream", get(live::stream))
        .route("/console/messages", get(messages::list))
        .route("/console/messages/export", get(messages::export))
        .route("/console/message-actions", get(messages::many).post(messages::act_on_many))
        .route("/console/message-actions/jobs", get(messages::action_jobs))
        .route("/console/message-actions/jobs/{id}", get(messages::action_job))
        .route("/console/message-actions/jobs/{id}/stream", get(messages::action_stream))
        .route("/console/message-actions/jobs/{id}/stop", post(messages::stop_action))
        .route("/console/messages/{id}", get(messages::one))
        .route("/console/messages/{id}/cancel", post(messages::cancel))
        .route("/console/media/media/{id}/content", get(media::sent))
        .route("/console/media/inbound/{id}/media/{place}", get(media::received))
        .route("/console/messages/{id}/unmask", post(messages::unmask))
        .route("/console/compose", get(compose::page).post(compose::send))
        .route("/console/compose/preview", post(compose::preview))
        .route("/console/schedules", get(schedules::list).post(schedules::make))
        .route("/console/schedules/{id}/act/{action}", post(schedules::act))
        .route("/console/templates", get(templates::list).post(templates::write))
        .route("/console/templates/{name}", get(templates::one))
        .route("/console/templates/{name}/sheet", get(templates::sheet))
        .route("/console/templates/{name}/approve", post(templates::approve))
        .route("/console/templates/{name}/delete", post(templates::delete))
        .route("/console/inbox", get(inbox::list))
        .route("/console/inbox/received", get(inbox::received))
        .route("/console/inbox/next", post(inbox::next))
        .route("/console/received/{id}", get(inbox::one_received))
        .route("/console/received/{id}/unmask", post(inbox::unmask_received))
        .route("/console/inbox/{id}", get(inbox::show))
        .route("/console/inbox/{id}/stream", get(inbox::stream))
        .route("/console/inbox/{id}/reply", post(inbox::reply))
        .route("/console/inbox/{id}/note", post(inbox::note))
        .route("/console/inbox/{id}/change", post(inbox::change))
        .merge(of_upstreams())
        .route("/console/routes", get(routes::page))
        .route("/console/quality", get(quality::page))
        .route("/console/numbers", get(numbers::list))
        .route("/console/automation", get(automation::page))
        .route("/console/opt-outs", get(opt_outs::list).post(opt_outs::add))
        .route("/console/opt-outs/lift", post(opt_outs::lift))
        .route("/console/failed-posts", get(failed_posts::list))
        .route("/console/failed-posts/replay", post(failed_posts::replay))
        .route("/console/dead-numbers", get(dead_numbers::list))
        .route("/console/dead-numbers/clear", post(dead_numbers::clear))
        .route("/console/assets/{version}/{name}", get(asset))
        .route("/console/{*page}", get(nowhere))
        .layer(axum::middleware::from_fn(owned::remember))
        .layer(axum::middleware::from_fn(guard::guard))
        .with_state(console)
}

/// Pages of signing in, of users, and of who did what.
fn of_people() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/setup/{token}", get(setup::page).post(setup::set))
        .route("/console/first", get(first::page).post(first::send))
        .route("/console/first/stream", get(first::stream))
        .route("/console/first/declare", post(first::declare))
        .route("/console/snippets", post(snippets::keep))
        .route("/console/snippets/delete", post(snippets::delete))
        .route("/console/find", get(find::found))
        .route("/console/proof", get(proof::page).post(proof::prove))
        .route("/console/me", get(me::page))
        .route("/console/me/password", post(me::change_password))
        .route("/console/me/codes", post(me::codes))
        .route("/console/users", get(users::list).post(users::add))
        .route("/console/users/{name}", get(users::one))
        .route("/console/users/{name}/link", post(users::link))
        .route("/console/users/{name}/{action}", post(users::act))
        .route("/console/sessions/{id}/end", post(users::end_session))
        .route("/console/lock-outs/{id}/lift", post(users::lift))
        .route("/console/audit", get(audit::page))
        .route("/console/system", get(system::page))
        .route("/console/system/reload", post(system::reload))
        .route("/console/unmatched", get(unmatched::page))
        .route("/console/held", get(held::list).post(held::act))
}

/// Pages of contacts and groups. Contacts come as files.
fn of_contacts() -> Router<Arc<Console>> {
    let import = Router::new()
        .route("/console/contact-import", get(contacts::import_page).post(contacts::import))
        .route("/console/contact-import/check", post(contacts::check))
        .layer(DefaultBodyLimit::max(FILE_MAX));
    Router::new()
        .merge(import)
        .route("/console/contacts", get(contacts::list).post(contacts::keep))
        .route("/console/contacts/{number}", get(contacts::show))
        .route("/console/contacts/{number}/delete", post(contacts::remove))
        .route("/console/contact-imports", get(contacts::list_imports))
        .route("/console/contact-imports/{id}", get(contacts::show_import))
        .route("/console/contact-imports/{id}/stream", get(contacts::import_stream))
        .route("/console/contact-imports/{id}/report", get(contacts::import_report))
        .route("/console/contact-imports/{id}/act/{action}", post(contacts::act_on_import))
        .route("/console/contact-imports/{id}/delete", post(contacts::delete_import))
        .route("/console/contact-export", get(contacts::export))
        .route("/console/groups", get(contacts::list_groups).post(contacts::keep_group))
        .route("/console/groups/{name}/delete", post(contacts::delete_group))
}

/// Pages of campaigns, batches and broadcasts, which are the same under three names. Recipients come as files.
fn of_runs() -> Router<Arc<Console>> {
    ["/console/campaigns", "/console/batches", "/console/broadcasts"].into_iter().fold(
        Router::new(),
        |router, here| {
            let at = |end: &str| format!("{here}/{{id}}{end}");
            let add = post(runs::add).layer(DefaultBodyLimit::max(FILE_MAX));
            router
                .route(here, get(runs::list).post(runs::make))
                .route(&at(""), get(runs::show))
                .route(&at("/stream"), get(runs::stream))
                .route(&at("/export"), get(runs::export))
                .route(&at("/recipients"), add)
                .route(&at("/test"), post(runs::test))
                .route(&at("/pace"), post(runs::pace))
                .route(&at("/hours"), post(runs::hours))
                .route(&at("/winner"), post(runs::choose))
                .route(&at("/clone"), post(runs::make_clone))
                .route(&at("/act/{action}"), post(runs::act))
                .route(&at("/delete"), post(runs::remove))
        },
    )
}

/// Pages of alerts, of who is on call, and of what reports.
fn of_alerts() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/alerts", get(alerts::list))
        .route("/console/alerts/{number}", get(alerts::show))
        .route("/console/alerts/{number}/{action}", post(alerts::act))
        .route("/console/on-call", get(alerts::list_groups).post(alerts::keep_group))
        .route("/console/on-call/{name}", get(alerts::one_group))
        .route("/console/on-call/{name}/delete", post(alerts::delete_group))
        .route("/console/alert-sources", get(alerts::list_sources).post(alerts::add_source))
        .route("/console/alert-sources/{name}/delete", post(alerts::delete_source))
}

/// Pages of appointments and of verifications.
fn of_applications() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/appointments", get(appointments::list).post(appointments::make))
        .route("/console/appointments/{id}", get(appointments::show))
        .route("/console/appointments/{id}/move", post(appointments::move_to))
        .route("/console/appointments/{id}/cancel", post(appointments::cancel))
        .route("/console/verifications", get(verifications::list).post(verifications::start))
        .route("/console/verifications/{id}", get(verifications::show))
        .route("/console/verifications/{id}/check", post(verifications::check))
        .route("/console/verifications/{id}/cancel", post(verifications::cancel))
        .route("/console/verification-export", get(verifications::export))
        .route(
            "/console/test-numbers",
            get(verifications::list_test_numbers).post(verifications::set_test_number),
        )
        .route("/console/test-numbers/delete", post(verifications::remove_test_number))
}

/// Pages of upstreams.
fn of_upstreams() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/upstreams", get(upstreams::list))
        .route("/console/new-upstream", get(upstreams::add_page).post(upstreams::add))
        .route("/console/upstreams/{name}", get(upstreams::one))
        .route("/console/upstreams/{name}/switch", post(upstreams::switch))
        .route("/console/upstreams/{name}/edit", get(upstreams::edit_page).post(upstreams::change))
        .route("/console/upstreams/{name}/delete", post(upstreams::delete))
        .route("/console/upstreams/{name}/test", get(upstreams::test_page).post(upstreams::test))
        .route("/console/upstreams/{name}/apply", post(upstreams::apply))
        .route("/console/upstreams/{name}/route", post(upstreams::route))
        .route("/console/upstreams/{name}/pause", post(upstreams::pause))
        .route("/console/upstreams/{name}/pauses/{pause}/lift", post(upstreams::lift))
        .route("/console/upstreams/{name}/rebind", post(upstreams::rebind))
        .route("/console/upstreams/{name}/ussd", post(upstreams::ask_network))
        .route("/console/upstreams/{name}/trace", get(upstreams::follow))
}

/// Pages of accounts.
fn of_accounts() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/accounts", get(accounts::list).post(accounts::add))
        .route("/console/accounts/{name}", get(accounts::one))
        .route("/console/accounts/{name}/enabled", post(accounts::enable))
        .route("/console/accounts/{name}/keys", post(accounts::add_key))
        .route("/console/accounts/{name}/keys/{key}/revoke", post(accounts::revoke_key))
        .route("/console/accounts/{name}/smpp-password", post(accounts::smpp_password))
        .route("/console/accounts/{name}/webhook-secret", post(accounts::webhook_secret))
        .route("/console/accounts/{name}/webhook-test", post(accounts::test_webhook))
        .route("/console/accounts/{name}/replay", post(accounts::replay))
        .route("/console/accounts/{name}/sheet", get(accounts::sheet))
        .route("/console/accounts/{name}/billing", post(accounts::bill))
        .route("/console/accounts/{name}/statement", get(accounts::statement))
        .route("/console/accounts/{name}/top-up", post(accounts::top_up))
        .route("/console/accounts/{name}/rerating", get(accounts::rerating).post(accounts::rerate))
}

/// Pages of settings, which are the same for all that is declared.
fn of_settings() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/add/{list}", get(settings::add_page).post(settings::add))
        .route("/console/settings/{list}", get(settings::list))
        .route("/console/settings/{list}/{name}", get(settings::one).post(settings::change))
        .route("/console/settings/{list}/{name}/delete", post(settings::delete))
}

/// Pages of prices and measures. Tariffs come as files.
fn of_money() -> Router<Arc<Console>> {
    let tariffs = Router::new()
        .route("/console/tariffs", get(tariffs::list).post(tariffs::import))
        .route("/console/tariff-check", post(tariffs::check))
        .route("/console/reconciliation", get(reconciliation::page).post(reconciliation::compare))
        .layer(DefaultBodyLimit::max(FILE_MAX));
    Router::new()
        .merge(tariffs)
        .route("/console/tariffs/{name}", get(tariffs::one))
        .route("/console/tariffs/{name}/csv", get(tariffs::export))
        .route("/console/tariffs/{name}/delete", post(tariffs::delete))
        .route("/console/reports", get(reports::page))
        .route("/console/reports/export", get(reports::export))
}

/// Leads browsers to the console. A program that comes here looks for the API.
async fn root(headers: HeaderMap) -> Response {
    let wants = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if wants.contains("text/html") {
        Redirect::to("/console").into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    assets::answer(&version, &name)
}

async fn nowhere(visitor: Visitor) -> Response {
    visitor.show(Err::<live::LivePage, _>(Failed::not_found()))
}
