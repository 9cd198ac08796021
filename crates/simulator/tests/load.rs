//! A load that talks to a carrier directly: what each of them counts must be what the other did.

use postrider_link::now;
use postrider_simulator::carrier::{Carrier, Errors, Fate, Recording, Settings};
use postrider_simulator::load::{Load, Pace, Progress, SmppPlan};
use postrider_wire::smpp::Status;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
async fn carrier(settings: Settings) -> Carrier {
    let settings =
        Settings { receipt_delay: Duration::ZERO.into(), recording: Recording::Counts(1000), ..settings };
    Carrier::start("127.0.0.1:0", settings).await.unwrap()
}

#[cfg(test)]
fn plan(carrier: &Carrier, rate: Option<f64>, most: u64) -> SmppPlan {
    SmppPlan {
        addresses: vec![carrier.address()],
        system_id: "load".to_owned(),
        password: "load".to_owned(),
        binds: 3,
        window: 10,
        pace: Pace { rate, duration: PATIENCE, most: Some(most) },
        first_number: 447_000_000_000,
        sender: "Load".to_owned(),
        hears_arrivals: false,
    }
}

#[cfg(test)]
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it takes too long")
}

#[tokio::test]
async fn every_message_gets_its_receipt() {
    let carrier = carrier(Settings::default()).await;
    let load = Load::smpp(plan(&carrier, None, 5_000)).await.unwrap();
    let sent = in_time(load.sent()).await;
    assert_eq!((sent.submitted, sent.accepted, sent.refused, sent.unanswered), (5_000, 5_000, 0, 0));
    in_time(load.completed()).await;
    let report = load.report();
    assert_eq!((report.progress.receipts, report.missing, report.mismatched), (5_000, 0, 0));
    assert_eq!(
        (report.latency.count(), report.progress.duplicates, report.progress.strangers),
        (5_000, 0, 0)
    );
    let counts = in_time(carrier.until(|counts| counts.receipts_taken == 5_000)).await;
    assert_eq!((counts.accepted, counts.duplicates, counts.binds), (5_000, 0, 3));
}

#[tokio::test]
async fn a_rate_is_kept() {
    let carrier = carrier(Settings::default()).await;
    let load = Load::smpp(plan(&carrier, Some(2_000.0), 1_000)).await.unwrap();
    in_time(load.sent()).await;
    let report = load.report();
    assert_eq!(report.progress.accepted, 1_000);
    // A thousand at two thousand a second; on a busy machine it may take longer, and never much less.
    assert!(report.accepting >= Duration::from_millis(480), "{:?}", report.accepting);
}

#[tokio::test]
async fn who_is_throttled_comes_again() {
    let carrier = carrier(Settings { throttle: Some(400), ..Settings::default() }).await;
    let load = Load::smpp(plan(&carrier, None, 600)).await.unwrap();
    let sent = in_time(load.sent()).await;
    assert_eq!((sent.submitted, sent.accepted, sent.refused), (600, 600, 0));
    assert!(sent.throttled > 0 && carrier.counts().throttled == sent.throttled);
}

#[tokio::test]
async fn what_is_refused_or_never_reported_shows() {
    let errors = Some(Errors { share: 0.2, status: Status::RSUBMITFAIL });
    let carrier = carrier(Settings { errors, fate: Fate::ends(&[]), ..Settings::default() }).await;
    let load = Load::smpp(plan(&carrier, None, 500)).await.unwrap();
    let Progress { accepted, refused, .. } = in_time(load.sent()).await;
    let counts = carrier.counts();
    assert_eq!((accepted + refused, accepted, refused), (500, counts.accepted, counts.refused));
    assert!(refused > 0);
    assert_eq!(load.report().missing, accepted);
}

#[tokio::test]
async fn receipts_that_come_twice_show() {
    let fate = Fate { copies: 2, ..Fate::delivered() };
    let carrier = carrier(Settings { fate, ..Settings::default() }).await;
    let load = Load::smpp(plan(&carrier, None, 100)).await.unwrap();
    in_time(load.until(|progress| progress.receipts == 100 && progress.duplicates == 100)).await;
}

#[tokio::test]
async fn it_binds_again_and_gets_what_waited() {
    let carrier = carrier(Settings { receipt_delay: Duration::ZERO.into(), ..Settings::default() }).await;
    carrier.change(|settings| settings.receipt_delay = Duration::from_millis(300).into());
    let load = Load::smpp(plan(&carrier, None, 100)).await.unwrap();
    in_time(load.sent()).await;
    carrier.stop().await;
    in_time(load.until(|progress| progress.disconnects >= 3)).await;
    carrier.restart().await.unwrap();
    in_time(load.completed()).await;
    assert_eq!(load.report().missing, 0);
}

#[tokio::test]
async fn a_bind_refused_is_an_error() {
    let carrier = carrier(Settings { password: Some("other".to_owned()), ..Settings::default() }).await;
    let error = Load::smpp(plan(&carrier, None, 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "the bind was refused: ESME_RINVPASWD (0x0E)");
}

#[tokio::test]
async fn arrivals_are_timed_from_when_a_message_was_due() {
    let carrier = carrier(Settings::default()).await;
    let mut heard = carrier.listen();
    let plan = SmppPlan { hears_arrivals: true, ..plan(&carrier, None, 10) };
    let load = Load::smpp(plan.clone()).await.unwrap();
    let mut arrive = async || {
        let number = heard.recv().await.unwrap().part.destination.parse().unwrap();
        load.arrived(number, now() + Duration::from_secs(60));
        load.arrived(number, now());
    };
    for _ in 0..plan.pace.most.unwrap() {
        in_time(arrive()).await;
    }
    load.arrived(1, now());
    let report = load.report();
    assert_eq!((report.progress.arrived, report.delivery.count()), (10, 10));
    let median = report.delivery.quantile(0.5);
    assert!(median >= Duration::from_secs(60) && median < Duration::from_secs(120), "{median:?}");
}
