//! The operations of both kinds. Each is written once, under the names of its kind.

macro_rules! operations {
    ($module:ident, $kind:expr, $tag:literal, $one:literal, $Type:literal, $path:literal, $extra:literal) => {
        #[doc = concat!("Operations of ", $tag, ".")]
        pub(super) mod $module {
            use crate::rest::Rest;
            use crate::rest::caller::Owned;
            use crate::rest::list::PageQuery;
            use crate::rest::payload::Payload;
            use crate::rest::problem::{Problem, ProblemDocument};
            #[cfg(test)]
            use crate::rest::runs::action::ActionWord;
            use crate::rest::runs::add::{AddedRecipients, RecipientRequest};
            use crate::rest::runs::estimate::{EstimateQuery, EstimateView};
            use crate::rest::runs::hours::SendingHoursDocument;
            use crate::rest::runs::list::RunList;
            use crate::rest::runs::make::{CloneRequest, PaceDocument, RunRequest, TestRequest, TestSent};
            use crate::rest::runs::networks::RunNetworks;
            use crate::rest::runs::recipients::{RecipientList, RecipientsQuery, RunResults};
            use crate::rest::runs::trial::WinnerRequest;
            use crate::rest::runs::view::RunView;
            use crate::rest::runs::{action, add, estimate, hours, list, make, networks as by_network, recipients, trial};
            use axum::extract::{Path, RawQuery, Request, State};
            use axum::response::Response;
            use postrider_apps::run::RunKind;
            use std::sync::Arc;
            use crate::rest::routing::ApiRoutes;
            use crate::rest::routing::routes;

            const KIND: RunKind = $kind;

            /// Their routes.
            pub(in crate::rest::runs) fn routes() -> ApiRoutes {
                ApiRoutes::default()
                    .routes(routes!(make_one, list_all))
                    .routes(routes!(get_one, delete_one))
                    .routes(routes!(act_on_one))
                    .routes(routes!(set_pace))
                    .routes(routes!(set_hours))
                    .routes(routes!(send_test))
                    .routes(routes!(clone_one))
                    .routes(routes!(set_winner))
                    .routes(routes!(add_recipients, list_recipients))
                    .routes(routes!(export_recipients))
                    .routes(routes!(results))
                    .routes(routes!(networks))
                    .routes(routes!(estimate_one))
            }

            #[doc = concat!("Makes a ", $one, ", which is open: recipients can be added. Nothing is sent yet.", $extra)]
            #[utoipa::path(
                post, path = $path, operation_id = concat!("make", $Type), tag = $tag, request_body = RunRequest,
                responses(
                    (status = 201, description = concat!("The ", $one, "."), body = RunView),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn make_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                make::make(&rest, KIND, &owned, &body).await
            }

            #[doc = concat!("Lists the account's ", $tag, ", the newest first.")]
            #[utoipa::path(
                get, path = $path, operation_id = concat!("list", $Type), tag = $tag, params(PageQuery),
                responses(
                    (status = 200, description = "A page.", body = RunList),
                    (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn list_all(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                list::list(&rest, KIND, &owned, query.as_deref()).await
            }

            #[doc = concat!("Shows a ", $one, ": its state, how far it has come, and when it will be through.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}"), operation_id = concat!("get", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = RunView),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn get_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
            ) -> Result<Response, Problem> {
                list::one(&rest, KIND, &owned, &id).await
            }

            #[doc = concat!("Deletes a ", $one, " that was not launched, or has ended, with its recipients. Messages stay.")]
            #[utoipa::path(
                delete, path = concat!($path, "/{id}"), operation_id = concat!("delete", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                responses(
                    (status = 204, description = "It is deleted."),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = 409, description = "It is under way: cancel it first.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn delete_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
            ) -> Result<Response, Problem> {
                action::delete(&rest, KIND, &owned, &id).await
            }

            #[doc = concat!("Arms, launches, approves, pauses, resumes or cancels a ", $one, ". Each is effective within seconds, and may be repeated.")]
            #[utoipa::path(
                post, path = concat!($path, "/{id}/{action}"), operation_id = concat!("actOn", $Type), tag = $tag,
                params(
                    ("id" = String, Path, description = "Its identifier."),
                    ("action" = inline(ActionWord), Path, description = "What is done."),
                ),
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = RunView),
                    (status = 403, description = "Who launched it can't approve it.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = 404, description = "There is none, or no such action.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = 409, description = "Its state doesn't allow it.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn act_on_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path((id, action)): Path<(String, String)>,
            ) -> Result<Response, Problem> {
                action::act(&rest, KIND, &owned, &id, &action).await
            }

            #[doc = concat!("Sets how fast messages of a ", $one, " are handed in, also while it runs.")]
            #[utoipa::path(
                put, path = concat!($path, "/{id}/pace"), operation_id = concat!("setPaceOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")), request_body = PaceDocument,
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = RunView),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn set_pace(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                make::set_pace(&rest, KIND, &owned, &id, &body).await
            }

            #[doc = concat!("Sets the hours, the days and the daily cap of a ", $one, ", also while it runs: it takes effect within seconds. An empty object lifts them.")]
            #[utoipa::path(
                put, path = concat!($path, "/{id}/sending_hours"), operation_id = concat!("setSendingHoursOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")), request_body = SendingHoursDocument,
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = RunView),
                    (status = 409, description = "It has ended.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn set_hours(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                hours::set(&rest, KIND, &owned, &id, &body).await
            }

            #[doc = concat!("Tells what a ", $one, " would come to if it was launched now: parts, price and refusals of its whole audience, and what a shorter text would save. A million recipients take about a minute.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}/estimate"), operation_id = concat!("estimate", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier."), EstimateQuery),
                responses(
                    (status = 200, description = "What it would come to.", body = EstimateView),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn estimate_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                estimate::estimate(&rest, KIND, &owned, &id, query.as_deref()).await
            }

            #[doc = concat!("Has all other recipients of a ", $one, " get this variant, once some have got one of several texts.")]
            #[utoipa::path(
                put, path = concat!($path, "/{id}/winner"), operation_id = concat!("setWinnerOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")), request_body = WinnerRequest,
                responses(
                    (status = 200, description = concat!("The ", $one, "."), body = RunView),
                    (status = 409, description = "It doesn't wait for results.", body = ProblemDocument, content_type = "application/problem+json"),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn set_winner(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                trial::set_winner(&rest, KIND, &owned, &id, &body).await
            }

            #[doc = concat!("Makes another ", $one, " with the texts, the audience and the pace of this one, and those times of it that are to come. It is open, and has none of the recipients that were added to this one.")]
            #[utoipa::path(
                post, path = concat!($path, "/{id}/clone"), operation_id = concat!("clone", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")), request_body = CloneRequest,
                responses(
                    (status = 201, description = concat!("The new ", $one, "."), body = RunView),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn clone_one(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                make::make_clone(&rest, KIND, &owned, &id, &body).await
            }

            #[doc = concat!("Sends the message of a ", $one, " to some numbers at once, as a test.")]
            #[utoipa::path(
                post, path = concat!($path, "/{id}/test"), operation_id = concat!("test", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")), request_body = TestRequest,
                responses(
                    (status = 202, description = "The messages.", body = TestSent),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn send_test(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                Payload(body): Payload,
            ) -> Result<Response, Problem> {
                make::test(&rest, KIND, &owned, &id, &body).await
            }

            #[doc = concat!("Adds recipients to an open ", $one, ": lines of JSON or CSV, as many as there are. A number that it has is passed over, so that a request may be repeated.")]
            #[utoipa::path(
                post, path = concat!($path, "/{id}/recipients"), operation_id = concat!("addRecipientsTo", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                request_body(
                    content((RecipientRequest = "application/x-ndjson"), (String = "text/csv")),
                    description = "A recipient a line. The first line of CSV names the columns: `to`, `language`, `zone`, and variables."
                ),
                responses(
                    (status = 200, description = "What became of the lines.", body = AddedRecipients),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn add_recipients(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                request: Request,
            ) -> Result<Response, Problem> {
                add::add(&rest, KIND, &owned, &id, request).await
            }

            #[doc = concat!("Lists recipients of a ", $one, ", and what became of the message to each.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}/recipients"), operation_id = concat!("listRecipientsOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier."), RecipientsQuery),
                responses(
                    (status = 200, description = "A page.", body = RecipientList),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn list_recipients(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
                RawQuery(query): RawQuery,
            ) -> Result<Response, Problem> {
                recipients::list(&rest, KIND, &owned, &id, query.as_deref()).await
            }

            #[doc = concat!("Exports all recipients of a ", $one, " as CSV, with what became of the message to each.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}/recipients/csv"), operation_id = concat!("exportRecipientsOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                responses(
                    (status = 200, description = "The recipients.", body = String, content_type = "text/csv"),
                    (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn export_recipients(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
            ) -> Result<Response, Problem> {
                recipients::export(rest, KIND, &owned, &id).await
            }

            #[doc = concat!("Counts the recipients of a ", $one, " by what became of the message to each.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}/results"), operation_id = concat!("getResultsOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                responses(
                    (status = 200, description = "The counts.", body = RunResults),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn results(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
            ) -> Result<Response, Problem> {
                recipients::results(&rest, KIND, &owned, &id).await
            }

            #[doc = concat!("Counts the recipients of a ", $one, " at each network, as of a moment ago.")]
            #[utoipa::path(
                get, path = concat!($path, "/{id}/networks"), operation_id = concat!("getNetworksOf", $Type), tag = $tag,
                params(("id" = String, Path, description = "Its identifier.")),
                responses(
                    (status = 200, description = "The counts.", body = RunNetworks),
                    (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
                ),
            )]
            async fn networks(
                State(rest): State<Arc<Rest>>,
                owned: Owned,
                Path(id): Path<String>,
            ) -> Result<Response, Problem> {
                by_network::show(&rest, KIND, &owned, &id).await
            }
        }
    };
}

operations!(
    campaign,
    RunKind::Campaign,
    "campaigns",
    "campaign",
    "Campaign",
    "/v1/campaigns",
    " Contacts that its audience means are written down when it is launched."
);
operations!(
    broadcast,
    RunKind::Broadcast,
    "broadcasts",
    "broadcast",
    "Broadcast",
    "/v1/broadcasts",
    " Contacts that its audience means are written down when it is armed. It is sent when one person launches and another approves it."
);
operations!(batch, RunKind::Batch, "batches", "batch", "Batch", "/v1/batches", "");
