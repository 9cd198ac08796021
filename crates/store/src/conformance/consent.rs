//! What holds of numbers.

use super::Place;
use super::samples::{BANK, NOW, SHOP, after, id, number};
use postrider_core::account::AccountId;
use postrider_core::consent::{Change, Kind, Scope, Source};
use postrider_core::contract::{ConsentFilter, EventsWanted, Record, Store};
use postrider_core::notice::{Lane, Notice, What};
use postrider_core::principal::Viewer;
use postrider_core::stream::{EventFilter, EventPosition, StreamEvent};
use std::sync::Arc;

/// Sample `n`: number `n` has opted out of everything of the account.
pub(crate) fn change(n: u64, holds: bool) -> Change {
    Change {
        id: id(n),
        at: after(n),
        number: number(447_700_900_000),
        scope: Scope::opt_out(Some(SHOP), None),
        holds,
        source: Source::Keyword,
        reason: None,
        by: None,
        inbound: None,
        obtained: None,
        shown: None,
        proof: None,
    }
}

async fn make(store: &dyn Store, changes: Vec<Change>) -> Vec<bool> {
    store.consent(changes.into_iter().map(Arc::new).collect(), Vec::new()).await.expect("changed")
}

async fn list(store: &dyn Store, filter: ConsentFilter) -> Vec<Change> {
    store.consents(filter).await.expect("read").into_iter().map(|kept| kept.change).collect()
}

const OPT_OUTS: ConsentFilter = ConsentFilter::all(Kind::OptOut, Viewer::Everything, 9);

fn history() -> ConsentFilter {
    ConsentFilter { history: true, ..OPT_OUTS }
}

/// Every field comes back as it was.
pub async fn what_was_changed_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let whole = Change {
        scope: Scope::consent(SHOP, "news"),
        source: Source::Api,
        reason: Some("asked by telephone".into()),
        by: Some("root".into()),
        inbound: Some(id(77)),
        obtained: Some("https://shop.example/form".into()),
        shown: Some("I want news".into()),
        proof: Some("sha256:00ff".into()),
        ..change(1, true)
    };
    let plain = Change { scope: Scope::block(None), ..change(2, true) };
    let named = Change { scope: Scope { only: "shop".into(), ..change(3, true).scope }, ..change(3, true) };
    assert_eq!(make(&*store, vec![whole.clone(), plain.clone(), named.clone()]).await, [true; 3]);
    for (kind, expected) in [(Kind::Consent, whole), (Kind::Block, plain), (Kind::OptOut, named)] {
        assert_eq!(list(&*store, ConsentFilter { kind, ..OPT_OUTS }).await, [expected]);
    }
}

/// A second opt-out changes nothing, nor does a second lifting. All that changed something is kept.
pub async fn an_opt_out_holds_until_it_is_lifted(place: &impl Place) {
    let store = place.open().await;
    let steps = [(true, true), (true, false), (false, true), (false, false), (true, true)];
    for (n, (holds, changes)) in (1..).zip(steps) {
        assert_eq!(make(&*store, vec![change(n, holds)]).await, [changes], "step {n}");
        assert_eq!(list(&*store, OPT_OUTS).await.len(), usize::from(holds), "step {n}");
    }
    let kept: Vec<_> = list(&*store, history()).await.iter().map(|change| change.id).collect();
    assert_eq!(kept, [id(5), id(3), id(1)]);
    // Together, too.
    let together = vec![change(6, false), change(7, true), change(8, true)];
    assert_eq!(make(&*store, together).await, [true, true, false]);
    assert_eq!(list(&*store, OPT_OUTS).await, [change(7, true)]);
}

/// Other scopes of the same number are apart.
pub async fn what_was_never_made_is_not_lifted(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(make(&*store, vec![change(1, false)]).await, [false]);
    assert!(list(&*store, history()).await.is_empty());
    make(&*store, vec![change(2, true)]).await;
    for scope in [
        Scope::opt_out(None, None),
        Scope::opt_out(Some(BANK), None),
        Scope { only: "60006".into(), ..change(1, true).scope },
        Scope::block(Some(SHOP)),
    ] {
        assert_eq!(make(&*store, vec![Change { scope, ..change(3, false) }]).await, [false]);
    }
    assert_eq!(list(&*store, OPT_OUTS).await.len(), 1);
}

/// The newer record stands, and the older one is kept.
pub async fn a_consent_that_is_given_again_is_renewed(place: &impl Place) {
    let store = place.open().await;
    let consent = |n, shown: &str| Change {
        scope: Scope::consent(SHOP, "news"),
        shown: Some(shown.into()),
        ..change(n, true)
    };
    assert_eq!(make(&*store, vec![consent(1, "first")]).await, [true]);
    assert_eq!(make(&*store, vec![consent(2, "second")]).await, [true]);
    let consents = ConsentFilter { kind: Kind::Consent, ..OPT_OUTS };
    assert_eq!(list(&*store, consents.clone()).await, [consent(2, "second")]);
    assert_eq!(list(&*store, ConsentFilter { history: true, ..consents }).await.len(), 2);
}

/// What a handset asks for is in the record of its message.
pub async fn a_record_changes_what_holds(place: &impl Place) {
    let store = place.open().await;
    let record = |changes: Vec<Change>| {
        let consent = changes.into_iter().map(Arc::new).collect();
        store.record(Arc::new(Record { consent, ..Record::default() }))
    };
    record(vec![change(1, true), change(2, false), change(3, true)]).await.expect("recorded");
    assert_eq!(list(&*store, OPT_OUTS).await, [change(3, true)]);
    record(vec![change(4, false)]).await.expect("recorded");
    assert!(list(&*store, OPT_OUTS).await.is_empty());
}

/// A node reads on behind what it has read.
pub async fn nodes_take_changes_in_in_their_order(place: &impl Place) {
    let store = place.open().await;
    make(&*store, vec![change(1, true), change(2, false)]).await;
    let first = store.consent_after(0, 1).await.expect("read");
    assert_eq!(first.iter().map(|kept| kept.change.id).collect::<Vec<_>>(), [id(1)]);
    make(&*store, vec![Change { number: number(447_700_900_001), ..change(3, true) }]).await;
    let rest = store.consent_after(first[0].sequence, 9).await.expect("read");
    assert_eq!(rest.iter().map(|kept| kept.change.id).collect::<Vec<_>>(), [id(2), id(3)]);
    assert!(rest.iter().zip(&rest[1..]).all(|(one, next)| one.sequence < next.sequence));
    assert!(store.consent_after(rest[1].sequence, 9).await.expect("read").is_empty());
}

/// What holds for all is the administrators', as is what holds for others.
pub async fn an_account_sees_its_own_opt_outs(place: &impl Place) {
    let store = place.open().await;
    let of =
        |n, account: Option<AccountId>| Change { scope: Scope::opt_out(account, None), ..change(n, true) };
    make(&*store, vec![of(1, Some(SHOP)), of(2, Some(BANK)), of(3, None)]).await;
    for (filter, expected) in [
        (OPT_OUTS, &[3, 2, 1][..]),
        (ConsentFilter { of_all: true, ..OPT_OUTS }, &[3]),
        (ConsentFilter { viewer: Viewer::Account(SHOP), ..OPT_OUTS }, &[1]),
        (ConsentFilter { viewer: Viewer::Account(AccountId(9)), ..OPT_OUTS }, &[]),
    ] {
        let found: Vec<_> = list(&*store, filter.clone()).await.iter().map(|change| change.id).collect();
        assert_eq!(found, expected.iter().map(|n| id(*n)).collect::<Vec<_>>(), "{filter:?}");
    }
}

/// Pages go from the newest to the oldest; numbers and senders are found.
pub async fn opt_outs_are_listed_page_by_page(place: &impl Place) {
    let store = place.open().await;
    let of = |n| Change { number: number(447_700_900_000 + n), ..change(n, true) };
    let named = Change { scope: Scope { only: "60006".into(), ..of(6).scope }, ..of(6) };
    make(&*store, (1..6).map(of).chain([named.clone()]).collect()).await;
    let first = store.consents(ConsentFilter { limit: 4, ..OPT_OUTS }).await.expect("read");
    assert_eq!(first.len(), 4);
    let before = first.last().map(|kept| kept.sequence);
    assert_eq!(list(&*store, ConsentFilter { before, ..OPT_OUTS }).await, [of(2), of(1)]);
    let number = Some(number(447_700_900_003));
    assert_eq!(list(&*store, ConsentFilter { number, ..OPT_OUTS }).await, [of(3)]);
    assert_eq!(list(&*store, ConsentFilter { only: Some("60006".into()), ..OPT_OUTS }).await, [named]);
}

/// What changed nothing is not told.
pub async fn an_opt_out_is_told_by_webhook(place: &impl Place) {
    let store = place.open().await;
    let notice = |change: &Arc<Change>| Notice {
        id: change.id.into(),
        lane: Lane::Webhooks,
        what: What::Consent { account: SHOP, change: Arc::clone(change) },
        failed: 0,
        due: NOW,
        owned: false,
    };
    for n in [1, 2] {
        let change = Arc::new(change(n, true));
        store.consent(vec![Arc::clone(&change)], vec![notice(&change)]).await.expect("changed");
    }
    let due = store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased");
    let told: Vec<_> = due.notices.into_iter().map(|notice| notice.what).collect();
    assert_eq!(told, [What::Consent { account: SHOP, change: Arc::new(change(1, true)) }]);
}

/// The key is made once. What is erased of a number is its own, and never comes back; what holds of its pseudonym stays, and is
/// read by nodes that follow.
pub async fn what_holds_of_an_erased_number_stays_under_its_pseudonym(place: &impl Place) {
    let store = place.open().await;
    let key = store.pseudonym_key().await.expect("made");
    assert_eq!(store.pseudonym_key().await.expect("read"), key);
    let person = change(1, true).number;
    let pseudonym = Change { number: key.of(person), source: Source::Erasure, ..change(2, true) };
    let others = Change { scope: Scope::opt_out(Some(BANK), None), ..change(3, true) };
    make(&*store, vec![change(1, true), pseudonym.clone(), others.clone(), change(4, false)]).await;
    assert_eq!(store.erase_consents(Viewer::Account(SHOP), person).await.expect("erased"), 2);
    let mut left = list(&*store, history()).await;
    left.sort_by_key(|change| change.id);
    assert_eq!(left, [pseudonym.clone(), others]);
    assert_eq!(store.erase_consents(Viewer::Everything, person).await.expect("erased"), 1);
    let followed = store.consent_after(0, 9).await.expect("read");
    assert_eq!(followed.iter().map(|kept| &kept.change).collect::<Vec<_>>(), [&pseudonym]);
    // A change behind those that were erased is behind all that nodes have read.
    make(&*store, vec![change(5, true)]).await;
    assert_eq!(store.consent_after(4, 9).await.expect("read").len(), 1);
}

/// What people change of opt-outs is told in the stream of events, once, and nothing else of what holds of numbers is.
pub async fn opt_outs_are_events(place: &impl Place) {
    let store = place.open().await;
    let erased = Change { source: Source::Erasure, ..change(4, false) };
    let changes = vec![
        change(1, true),
        change(2, true),
        Change { scope: Scope::block(None), ..change(3, true) },
        erased,
    ];
    assert_eq!(make(&*store, changes).await, [true, false, true, true]);
    make(&*store, vec![change(5, true)]).await;
    make(&*store, vec![change(6, false)]).await;
    let filter = EventFilter { viewer: Viewer::Account(SHOP), types: None };
    let wanted = EventsWanted { filter, after: Some(EventPosition::START), most: 9 };
    let mut told = Vec::new();
    let mut wanted = wanted;
    // Pages are shown once no other can come before them.
    while told.len() < 3 {
        let found = store.events(wanted.clone()).await.expect("read");
        wanted.after = Some(found.next);
        told.extend(found.events.into_iter().map(|(_, event)| match event {
            StreamEvent::Other(event) => (event.kind.to_string(), event.facts[0].1.to_string()),
            other => panic!("{other:?}"),
        }));
    }
    let event = |kind: &str, n: u64| (kind.to_owned(), id(n).to_string());
    assert_eq!(told, [event("opt_out.added", 1), event("opt_out.added", 5), event("opt_out.lifted", 6)]);
}
