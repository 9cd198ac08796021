//! Monitoring: what Prometheus reads after messages went, and how the gateway stands meanwhile.

use crate::harness::{Gateway, Plan, carrier, carrier_with, eventually};
use postrider_simulator::carrier::{Answer, Fate, Settings};
use postrider_wire::smpp::Status;

#[tokio::test]
async fn what_a_message_waits_for_is_measured() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    for _ in 0..3 {
        let id = shop.send("+491700000001", "one part").await;
        shop.message_in(&id, "delivered").await;
    }

    assert_eq!(gateway.metric("postrider_submit_rtt_seconds_count{upstream=\"acme\"}").await, 3.0);
    assert_eq!(gateway.metric("postrider_queue_wait_seconds_count{class=\"transactional\"}").await, 3.0);
    let delivered = "postrider_dlr_received_total{upstream=\"acme\",state=\"delivered\"}";
    assert_eq!(gateway.metric(delivered).await, 3.0);
    assert_eq!(retries(&gateway).await, [0.0; 4]);
}

#[tokio::test]
async fn what_is_tried_again_is_counted_by_its_reason() {
    for (status, expected) in
        [(Status::RSYSERR, [1.0, 0.0, 0.0, 0.0]), (Status::RTHROTTLED, [0.0, 1.0, 0.0, 0.0])]
    {
        let fate = Fate::answered(Answer::RefuseFirst { status, times: 1 });
        let carrier = carrier_with(Settings { fate, ..Settings::default() }).await;
        let gateway = Plan::simple(carrier.address()).start().await;
        let shop = gateway.http("shop");
        let id = shop.send("+491700000001", "again").await;
        shop.message_in(&id, "delivered").await;

        assert_eq!(retries(&gateway).await, expected, "{status}");
        // Only the first time it waited for its turn and for nothing else.
        assert_eq!(gateway.metric("postrider_queue_wait_seconds_count{class=\"transactional\"}").await, 1.0);
        assert_eq!(gateway.metric("postrider_submit_rtt_seconds_count{upstream=\"acme\"}").await, 2.0);
    }
}

#[tokio::test]
async fn how_the_gateway_stands_is_shown() {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address()).upstream("spare", carrier.address());
    let gateway = plan.with("upstreams.acme = { binds = 2, window = 7, rate = 40 }").start().await;

    let up = "postrider_upstream_links{upstream=\"acme\",state=\"up\"}";
    let both_up = async || (gateway.metric(up).await == 2.0).then_some(());
    eventually("both links to be shown", both_up).await;
    assert_eq!(gateway.metric("postrider_upstream_links{upstream=\"acme\",state=\"down\"}").await, 0.0);
    assert_eq!(gateway.metric("postrider_upstream_window_size{upstream=\"acme\"}").await, 14.0);
    assert_eq!(gateway.metric("postrider_upstream_rate_limit{upstream=\"acme\"}").await, 40.0);
    assert_eq!(gateway.metric("postrider_leader").await, 1.0);
    assert_eq!(gateway.metric("postrider_config_last_reload_success").await, 1.0);
    assert!(gateway.metric("postrider_disk_free_bytes").await > 0.0);

    let text = gateway.stranger().get("/metrics").await.ok();
    let text = text.as_str().unwrap();
    assert!(text.contains("\npostrider_upstream_window_used{upstream=\"acme\"} 0\n"), "{text}");
    assert!(
        !text.contains("postrider_upstream_rate_limit{upstream=\"spare\"}"),
        "a limit that is none: {text}"
    );
}

#[tokio::test]
async fn a_reload_that_failed_is_shown_until_one_succeeds() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).start().await;
    for (lines, expected) in [("accounts.shop.rate = 'fast'", 0.0), ("accounts.shop.rate = 3", 1.0)] {
        gateway.change(lines);
        let shown =
            async || (gateway.metric("postrider_config_last_reload_success").await == expected).then_some(());
        eventually(&format!("'{lines}' to be shown as {expected}"), shown).await;
    }
}

/// Attempts that were made again: refused for now, too fast, never answered, never sent.
async fn retries(gateway: &Gateway) -> [f64; 4] {
    let mut counts = [0.0; 4];
    for (count, reason) in counts.iter_mut().zip(["temporary", "throttled", "unanswered", "not_sent"]) {
        let name = format!("postrider_retries_total{{upstream=\"acme\",reason=\"{reason}\"}}");
        *count = gateway.metric(&name).await;
    }
    counts
}
