//! Sessions that clients have open at the node: SMPP, UCP and CIMD2.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::problem::ProblemDocument;
use crate::sessions::ClientSession;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A session of a client.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientSession)]
pub(super) struct ClientView {
    /// The account that logged in.
    account: String,
    /// `smpp`, `ucp` or `cimd2`.
    protocol: &'static str,
    /// `transmitter`, `receiver` or `transceiver`; always `transceiver` over UCP and CIMD2.
    mode: &'static str,
    /// The client's address and port.
    peer: String,
    /// When it logged in.
    #[schema(format = "date-time")]
    since: String,
}

/// Sessions of clients.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientSessions)]
pub(super) struct ClientList {
    /// The sessions, by account; of each account the oldest first.
    sessions: Vec<ClientView>,
}

/// Lists the sessions that clients have open at the node that answers. `GET /v1/nodes` counts those of every node.
#[utoipa::path(
    get, path = "/v1/clients", operation_id = "listClients", tag = "operations",
    responses(
        (status = 200, description = "The open sessions.", body = ClientList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn clients(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    let rules = rest.live.rules();
    let sessions = (rest.clients)().iter().map(|session| view(session, &rules)).collect();
    json(StatusCode::OK, &ClientList { sessions })
}

fn view(session: &ClientSession, rules: &Rules) -> ClientView {
    // The account may have been deleted a moment ago: then its session ends within seconds.
    let number = || session.account.0.to_string();
    let account = rules.account(session.account).map_or_else(number, |account| account.name.to_string());
    ClientView {
        account,
        protocol: session.protocol,
        mode: session.mode,
        peer: session.peer.to_string(),
        since: moment::write(session.since),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::account::AccountId;
    use postrider_core::time::Time;

    #[test]
    fn a_session_is_shown_with_its_account() {
        let rules = rules(account());
        let shown = |account| {
            let peer = ([192, 0, 2, 7], 40_000).into();
            let session =
                ClientSession { account, protocol: "ucp", mode: "transceiver", peer, since: Time(1_000) };
            serde_json::to_value(view(&session, &rules)).unwrap()
        };
        let expected = serde_json::json!({
            "account": "shop", "protocol": "ucp", "mode": "transceiver", "peer": "192.0.2.7:40000",
            "since": "1970-01-01T00:00:01.000Z",
        });
        assert_eq!(shown(AccountId(1)), expected);
        assert_eq!(shown(AccountId(9))["account"], "9");
    }
}
