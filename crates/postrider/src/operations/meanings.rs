//! The meaning of each metric, as `/metrics` shows it. The manual lists the labels too.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}
use Kind::{Counter, Gauge, Histogram};

const MEANINGS: &[(Kind, &str, &str)] = &[
    (Counter, "postrider_accepted_total", "Messages accepted, by every door."),
    (Counter, "postrider_rejected_total", "Messages refused; the reason is the problem's code."),
    (Gauge, "postrider_balance", "What accounts may spend, limits left out."),
    (Counter, "postrider_messages_final_total", "Messages that came to their end."),
    (Counter, "postrider_rest_messages_total", "Messages handed in by REST."),
    (Counter, "postrider_http_requests_total", "HTTP requests answered."),
    (Counter, "postrider_requests_limited_total", "Requests refused for an account's request_rate."),
    (Gauge, "postrider_event_streams", "Open streams of events."),
    (Histogram, "postrider_api_accept_seconds", "How long a request to send took, to its answer."),
    (Histogram, "postrider_store_accept_seconds", "How long messages waited to be stored."),
    (Gauge, "postrider_sessions", "Sessions of clients."),
    (Counter, "postrider_connections_refused_total", "Connections closed because there are too many."),
    (
        Counter,
        "postrider_connections_displaced_total",
        "Connections without a whole request, or unbound, ended to make room for others.",
    ),
    (Counter, "postrider_auth_failures_total", "Wrong keys, refused binds and refused sign-ins."),
    (Counter, "postrider_sign_ins_total", "Users of the console who signed in."),
    (Counter, "postrider_pdu_decode_errors_total", "PDUs that can't be read."),
    (Counter, "postrider_generic_nacks_total", "generic_nack PDUs that answer no request."),
    (Gauge, "postrider_upstream_up", "1 if any of its links is up."),
    (Gauge, "postrider_upstream_links", "Links of this node, by how they stand."),
    (Gauge, "postrider_upstream_window_used", "Parts in flight: sent by this node and unanswered."),
    (Gauge, "postrider_upstream_window_size", "Parts that this node may have so at once."),
    (
        Gauge,
        "postrider_upstream_rate_limit",
        "Parts a second that this node may send just now; less than declared while the carrier throttles.",
    ),
    (Counter, "postrider_bind_attempts_total", "Binds; refused needs somebody's hands."),
    (Counter, "postrider_disconnects_total", "Sessions with carriers that ended."),
    (Counter, "postrider_submitted_parts_total", "Parts written to the carrier."),
    (
        Counter,
        "postrider_submit_resp_total",
        "Answers by status; none never came, own is a carrier's own code.",
    ),
    (Histogram, "postrider_submit_rtt_seconds", "From writing a part to the carrier's answer."),
    (Counter, "postrider_retries_total", "Attempts that failed and are made again, by why they failed."),
    (
        Gauge,
        "postrider_bind_limit_used",
        "Parts that a bind has sent in the current period, by limits of its own.",
    ),
    (
        Gauge,
        "postrider_upstream_limit_used",
        "Parts that all nodes have sent in the current period, of an upstream with limits.",
    ),
    (
        Counter,
        "postrider_failed_over_total",
        "Messages that an upstream took and didn't deliver, and that went by the next one.",
    ),
    (
        Counter,
        "postrider_overflowed_total",
        "Messages that went by another upstream since this one was full.",
    ),
    (Counter, "postrider_throttled_total", "'too fast' from the carrier."),
    (Counter, "postrider_dlr_received_total", "Receipts that came, by what they say."),
    (
        Histogram,
        "postrider_dlr_latency_seconds",
        "From the carrier's answer to the receipt that ended the message.",
    ),
    (Counter, "postrider_dlr_unmatched_total", "Receipts that found no message when they came."),
    (Counter, "postrider_dlr_repeated_total", "Receipts for what had ended already."),
    (
        Counter,
        "postrider_dlr_contradicted_total",
        "Receipts that contradict the one that ended their message.",
    ),
    (Counter, "postrider_media_total", "Media that were stored, by who sent them."),
    (Counter, "postrider_media_octets_total", "Octets of media that were stored, by who sent them."),
    (Counter, "postrider_read_reports_total", "Reports that multimedia messages were read."),
    (Counter, "postrider_provider_callbacks_total", "Callbacks of HTTP providers, by what became of them."),
    (Gauge, "postrider_modem_registered", "1 if the modem has a network."),
    (Gauge, "postrider_modem_balance", "The balance of the modem's SIM."),
    (Counter, "postrider_modem_hooks_total", "Runs of the hook of a modem."),
    (Counter, "postrider_ussd_turns_total", "Turns of USSD dialogues of handsets."),
    (Counter, "postrider_ussd_pages_total", "Pages of USSD dialogues that the carrier took, or not."),
    (Gauge, "postrider_modem_signal_dbm", "The modem's signal in dBm."),
    (Counter, "postrider_receipts_unreadable_total", "Receipts that name no message."),
    (Counter, "postrider_queries_total", "Questions to the carrier about parts whose receipts don't come."),
    (Gauge, "postrider_receipts_awaited", "Parts whose receipts are waited for."),
    (Gauge, "postrider_damaged_rows", "Rows of the store that could not be read and were set aside."),
    (Gauge, "postrider_unmatched_receipts", "Receipts kept that found no message."),
    (Counter, "postrider_inbound_total", "Messages from handsets, and parts of them, that came."),
    (Counter, "postrider_consent_requests_total", "Requests of handsets to opt out, to opt in and for help."),
    (Counter, "postrider_consent_changes_total", "Changes of what holds of numbers, made at this node."),
    (Counter, "postrider_consent_answers_total", "Answers to requests of handsets."),
    (Counter, "postrider_limited_total", "Messages that a limit put off, by limit."),
    (
        Gauge,
        "postrider_quota_used",
        "Parts that an account has submitted in the current period, of its quota.",
    ),
    (Gauge, "postrider_limit_used", "Parts that all nodes have sent in the current period, of a limit."),
    (Counter, "postrider_lookups_total", "Look-ups of numbers, by provider and result."),
    (Gauge, "postrider_dead_numbers", "Numbers that earlier messages show to be dead."),
    (Counter, "postrider_schedule_messages_total", "Messages of schedules, by result."),
    (Counter, "postrider_held_total", "Messages that an account's policy holds back, by reason."),
    (Counter, "postrider_fraud_suspected_total", "Messages that rules against fraud hold, by rule."),
    (
        Gauge,
        "postrider_senders_resting",
        "Senders of routes that are left for a while, since too little from them is delivered.",
    ),
    (
        Gauge,
        "postrider_fraud_watched",
        "Numbers, ranges and prefixes that rules against fraud count at this node.",
    ),
    (Gauge, "postrider_numbers", "Opt-outs, blocks and consents that hold."),
    (Gauge, "postrider_numbers_bytes", "Memory that opt-outs, blocks and consents take."),
    (Counter, "postrider_inbound_repeated_total", "Messages from handsets that the network brought again."),
    (Counter, "postrider_inbound_long_total", "Long messages from handsets that were put together."),
    (Counter, "postrider_action_messages_total", "Messages that actions in the background dealt with."),
    (Counter, "postrider_actions_ended_total", "Actions in the background that came to their end."),
    (Counter, "postrider_audit_lines_total", "Lines for the audit log."),
    (
        Counter,
        "postrider_retention_removed_total",
        "Messages whose records or texts were removed because of an account's retention.",
    ),
    (Gauge, "postrider_queue_depth", "Messages queued."),
    (
        Gauge,
        "postrider_queue_oldest_age_seconds",
        "How long ago the oldest that is queued was accepted; one that is scheduled counts too.",
    ),
    (
        Histogram,
        "postrider_queue_wait_seconds",
        "From acceptance, or from when a message is due, to when it is first given to an upstream.",
    ),
    (Gauge, "postrider_pauses", "Pauses in force, as the leading node sees them."),
    (Counter, "postrider_client_parts_total", "Parts of texts that SMPP clients cut themselves, accepted."),
    (
        Counter,
        "postrider_client_texts_total",
        "Texts put together from such parts: whole, incomplete at the limit, or of parts that came again.",
    ),
    (Gauge, "postrider_client_parts_waiting", "Such parts that wait for the others of their texts."),
    (Gauge, "postrider_outbox_depth", "Notices that clients are still to be told."),
    (Counter, "postrider_webhook_deliveries_total", "Attempts to post."),
    (Histogram, "postrider_webhook_latency_seconds", "How long endpoints took."),
    (
        Counter,
        "postrider_webhook_failures_unkept_total",
        "Failed posts to webhooks that were too many to be kept.",
    ),
    (Counter, "postrider_rules_total", "Rules of automation that acted, by rule."),
    (
        Counter,
        "postrider_canceled_by_replies_total",
        "Messages that were canceled since their recipient wrote, or a rule said so.",
    ),
    (Counter, "postrider_rule_messages_total", "Messages that rules sent, or wanted to."),
    (Counter, "postrider_appointment_reminders_total", "Reminders of appointments, by result."),
    (Counter, "postrider_appointment_replies_total", "Answers to reminders, by the event that they make."),
    (Counter, "postrider_dropped_files_total", "Files of the drop folder that were taken, by result."),
    (Counter, "postrider_outbox_rows_total", "Rows of outbox tables, by result."),
    (Gauge, "postrider_broker_up", "Whether a message broker is connected, by broker and link."),
    (Counter, "postrider_broker_events_total", "Events that brokers have taken on."),
    (Counter, "postrider_broker_messages_total", "Messages that came from brokers, by result."),
    (Counter, "postrider_events_missed_total", "Times that events were forgotten before they were followed."),
    (
        Counter,
        "postrider_alerts_total",
        "Alerts that sources reported, by the source's format and what came of it.",
    ),
    (Counter, "postrider_alert_texts_total", "Texts to people on call, by result."),
    (Counter, "postrider_alert_acknowledgements_total", "Alerts that somebody acknowledged, by the way."),
    (Counter, "postrider_alert_resolutions_total", "Alerts that somebody resolved, by the way."),
    (
        Counter,
        "postrider_alerts_unheard_total",
        "Alerts that nobody acknowledged though all steps were done.",
    ),
    (Counter, "postrider_verifications_total", "Starts and checks of verifications, by result."),
    (
        Counter,
        "postrider_run_recipients_total",
        "Recipients of campaigns and batches that were handed in, by kind and result.",
    ),
    (
        Counter,
        "postrider_run_pauses_total",
        "Campaigns and batches that the gateway paused by itself, by kind and reason.",
    ),
    (Counter, "postrider_run_fallbacks_total", "Fallbacks of broadcasts whose time has come, by outcome."),
    (Counter, "postrider_link_visits_total", "Visits of short links, by visitor."),
    (Counter, "postrider_verification_sends_total", "Codes of verifications that were sent."),
    (
        Counter,
        "postrider_verification_conversions_total",
        "Verifications that were approved, by the upstream that sent their code last.",
    ),
    (Counter, "postrider_webhook_replies_total", "Replies to handsets in answers of endpoints."),
    (
        Counter,
        "postrider_webhook_postponed_total",
        "Notices put back because too many of their account wait.",
    ),
    (Gauge, "postrider_store_bytes", "Size of the store."),
    (Histogram, "postrider_store_fsync_seconds", "How long a commit took."),
    (Histogram, "postrider_store_batch_rows", "Rows written by one commit."),
    (Counter, "postrider_store_errors_total", "Failures of the store: a full disk, for one."),
    (
        Counter,
        "postrider_refused_and_stored_total",
        "Messages whose clients were told to try again, and that turned out to be stored: they are sent.",
    ),
    (
        Counter,
        "postrider_refused_and_withdrawn_total",
        "Messages whose clients were told to try again, and that were taken out again before they were sent.",
    ),
    (
        Counter,
        "postrider_taken_over_total",
        "Messages recorded here that another node had taken over: there may be two copies.",
    ),
    (Gauge, "postrider_disk_free_bytes", "Room on the file system of the data directory."),
    (Gauge, "postrider_config_generation", "Rises with each change of what is declared."),
    (
        Gauge,
        "postrider_config_last_reload_success",
        "Whether the configuration was in order when it was read last.",
    ),
    (
        Gauge,
        "postrider_tls_cert_expiry_timestamp_seconds",
        "When the certificate that a door shows expires, in Unix time.",
    ),
    (Gauge, "postrider_leader", "1 at the node that does the chores for all."),
    (Gauge, "postrider_build_info", "1, with the version that runs."),
];

/// Registers the meanings with the installed recorder.
pub(super) fn describe() {
    for (kind, name, meaning) in MEANINGS {
        match kind {
            Counter => describe_counter!(*name, *meaning),
            Gauge => describe_gauge!(*name, *meaning),
            Histogram => describe_histogram!(*name, *meaning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of our metrics in a text, without what Prometheus adds to those of histograms.
    fn named(text: &str) -> impl Iterator<Item = &str> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("postrider_")).map(|word| {
            ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word)
        })
    }

    #[test]
    fn alerts_and_dashboard_are_made_of_metrics_that_exist() {
        let alerts = include_str!("../../../../packaging/monitoring/alerts.yml");
        let dashboard = include_str!("../../../../packaging/monitoring/dashboard.json");
        serde_json::from_str::<serde_json::Value>(dashboard).unwrap();
        assert!(named(alerts).count() > 10 && named(dashboard).count() > 20);
        for name in named(alerts).chain(named(dashboard)) {
            assert!(MEANINGS.iter().any(|(_, known, _)| *known == name), "there is no metric {name}");
        }
        let described = alerts.matches("- alert: ").count();
        assert_eq!(
            (alerts.matches("summary: ").count(), alerts.matches("action: ").count()),
            (described, described)
        );
    }

    #[test]
    fn the_manual_lists_the_same_metrics() {
        let page = include_str!("../../../../docs/src/metrics.md");
        let row = |line: &'static str| {
            let mut cells = line.strip_prefix("| `postrider_")?.split(" | ");
            Some((format!("postrider_{}", cells.next()?.trim_end_matches('`')), cells.next()?))
        };
        let listed: Vec<(String, &str)> = page.lines().filter_map(row).collect();
        let word = |kind: &Kind| match kind {
            Counter => "counter",
            Gauge => "gauge",
            Histogram => "histogram",
        };
        let described: Vec<(String, &str)> =
            MEANINGS.iter().map(|(kind, name, _)| ((*name).to_owned(), word(kind))).collect();
        assert_eq!(described, listed);
    }
}
