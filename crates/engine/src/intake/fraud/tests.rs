//! Countries and conversions, as nodes know them together.

use super::*;
use postrider_core::contract::Beside;
use postrider_core::delivery::Outcome;
use postrider_core::fraud::{ConversionFloor, FraudRule};
use postrider_core::message::{Body, Class};
use postrider_core::numbering::Numbering;
use postrider_core::policy::Policy;
use postrider_core::report::{EndedMessage, ReportCounts};
use postrider_core::route::UpstreamId;
use postrider_store::sqlite::{self, Memory};

const NOW: Time = Time(1_800_000_000_000);
const SHOP: AccountId = AccountId(1);

fn account(rule: FraudRule) -> Account {
    let rule = FraudRule { classes: [false, true, false, false], ..rule };
    Account {
        policy: Policy { fraud: vec![Arc::new(rule)], ..Policy::default() },
        ..crate::testing::account()
    }
}

fn store() -> Arc<dyn Store> {
    Memory::new().unwrap().open(sqlite::Settings::default()).unwrap()
}

fn message(n: u64, digits: u64, at: Time) -> Message {
    Message {
        account: SHOP,
        class: Class::Otp,
        to: Number::from_digits(digits).unwrap(),
        ..postrider_core::testing::message(MessageId::from_number(MessageId::first_at(at).number() + n))
    }
}

fn to(digits: u64) -> Submission {
    Submission { to: format!("+{digits}"), body: Some(Body::Text("1234".into())), ..Submission::default() }
}

fn prepared(message: Message) -> Prepared {
    let (message, upstream) = (Arc::new(message), UpstreamId(1));
    Prepared { message, upstream, part: None, credit: None, beside: Beside::default(), cleared: 0 }
}

#[tokio::test]
async fn conversions_are_known_to_all_nodes_once_messages_had_time_to_convert() {
    let (here, there, store) = (FraudWatch::default(), FraudWatch::default(), store());
    let account = account(FraudRule {
        conversion: Some(ConversionFloor { least: 10, of: 20 }),
        ..FraudRule::default()
    });
    for n in 0..30 {
        let sent = message(n, 447_700_900_000 + n, NOW);
        let mut sightings = here.sightings(&account).unwrap();
        here.note(&mut sightings, &account, &prepared(sent.clone()), NOW);
        if n < 12 {
            there.converted(&account, &sent);
            there.converted(&account, &sent);
        }
    }
    here.tell(&*store, NOW).await.unwrap();
    there.tell(&*store, NOW).await.unwrap();
    let asked = [to(447_700_900_999)];
    let seen = async |after: Duration| {
        let watch = FraudWatch::default();
        let shared = watch.shared(&*store, &account, &asked, NOW + after).await.unwrap();
        (shared.conversions[&447_700], shared.converts)
    };
    let minutes = Duration::from_mins;
    assert_eq!(seen(minutes(1)).await, (Conversions::default(), false), "they may convert yet");
    let all = (Conversions { sent: 30, converted: 12 }, true);
    assert_eq!((seen(minutes(20)).await, seen(minutes(79)).await), (all, all));
    assert_eq!(seen(minutes(80)).await, (Conversions::default(), false), "that is long ago");
}

#[tokio::test]
async fn a_country_is_known_by_what_was_delivered_or_released() {
    let store = store();
    let account = account(FraudRule { new_countries: true, ..FraudRule::default() });
    let mut counts = ReportCounts::default();
    for (digits, state) in [(447_700_900_123, State::Delivered), (491_701_234_567, State::Expired)] {
        let outcome = Outcome {
            state,
            upstream: UpstreamId(1),
            reference: None,
            error: None,
            sent_at: None,
            done_at: NOW,
            parts: 1,
            possible_duplicate: false,
        };
        counts.count(&EndedMessage::from(&message(1, digits, NOW)), &outcome, &Numbering::default());
    }
    let start = store.reported_to().await.unwrap();
    assert!(store.count(start, start, counts).await.unwrap());
    let known = async |watch: &FraudWatch, now: Time| {
        let asked = [to(447_700_900_123), to(491_701_234_567)];
        let shared = watch.shared(&*store, &account, &asked, now).await.unwrap();
        shared.countries.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (here, there) = (FraudWatch::default(), FraudWatch::default());
    assert_eq!(
        (known(&here, NOW).await, known(&there, NOW).await),
        (vec!["GB".to_owned()], vec!["GB".into()])
    );
    here.approve(&*store, &message(2, 491_701_234_567, NOW), NOW).await.unwrap();
    assert_eq!(known(&here, NOW).await, ["DE", "GB"], "at once where it was released");
    assert_eq!(known(&there, NOW).await, ["GB"]);
    assert_eq!(known(&there, NOW + READ_EVERY).await, ["DE", "GB"]);
}

#[tokio::test]
async fn an_account_without_rules_asks_the_store_nothing() {
    let watch = FraudWatch::default();
    let plain = Account { policy: Policy::default(), ..account(FraudRule::default()) };
    let shared = watch.shared(&*store(), &plain, &[to(447_700_900_123)], NOW).await.unwrap();
    assert!(shared.countries.is_empty() && watch.sightings(&plain).is_none());
}
