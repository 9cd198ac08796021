//! Values that are encrypted: through any engine, a vault keeps no text that can be read without its key.

use super::Place;
use super::client_parts::part;
use super::inbound::{received, record_received};
use super::samples::{NOW, accept, id, lease, message};
use crate::sealed::{KeyError, Sealed};
use crate::vault::Vault;
use postrider_core::contract::{
    BodyRows, ConversationChange, InboundFilter, Keeping, PartsWanted, Privacy, ResourceChange, Store,
};
use postrider_core::conversation::Note;
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use std::sync::Arc;

fn vault(names: &[&str], active: Option<&str>) -> Vault {
    let key = |name: &str| [u8::try_from(name.len()).expect("it is short"); 32];
    let keys = names.iter().map(|name| (Box::from(*name), key(name))).collect();
    Vault::new(keys, active).expect("there is randomness")
}

/// A note about the conversation that message 3 begins.
fn note() -> ConversationChange {
    let note = Note { id: id(9), at: NOW, author: None, body: Body::Text("wants a refund".into()) };
    ConversationChange::Note { id: id(3), note }
}

/// Fills a store with one row of each kind.
async fn fill(store: &dyn Store) {
    accept(store, [message(1)]).await;
    store.collect(vec![part(2, 1)]).await.expect("kept");
    record_received(store, vec![received(3)]).await;
    store.change_conversation(Viewer::Everything, note(), NOW).await.expect("noted").expect("known");
    store.number(vec![("account".into(), "shop".into())]).await.expect("numbered");
    let change = ResourceChange {
        at: NOW,
        who: "ops".into(),
        kind: "account".into(),
        name: "shop".into(),
        before: None,
        after: Some("{}".into()),
    };
    store.declare(vec![(change, Keeping::Document("{\"secret\":1}".into()))]).await.expect("declared");
}

/// Whether everything reads as it was written.
async fn reads_whole(store: &dyn Store) -> bool {
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    let parts = store.client_parts(PartsWanted::One(id(2))).await.expect("read");
    let inbound = store.inbound(InboundFilter::all(Viewer::Everything, 9)).await.expect("read");
    let (_, notes) = store.conversation(Viewer::Everything, id(3)).await.expect("read").expect("known");
    let resources = store.resources().await.expect("read");
    notes[0].text() == "wants a refund"
        && *history.message == message(1)
        && parts == [part(2, 1)]
        && *inbound[0] == received(3)
        && resources[0].document.as_deref() == Some("{\"secret\":1}")
}

/// Of the bodies and documents of an engine, those that are sealed, and all.
async fn sealed(store: &dyn Store) -> (usize, usize) {
    let (mut sealed, mut all) = (0, 0);
    for rows in BodyRows::ALL {
        let bodies = store.bodies(rows, MessageId::from_number(0), 99).await.expect("read");
        all += bodies.len();
        sealed += bodies.iter().filter(|(_, body)| matches!(body, Body::Sealed(_))).count();
    }
    let documents = store.resources().await.expect("read");
    let texts = documents.iter().filter_map(|it| it.document.as_deref());
    (sealed + texts.clone().filter(|text| !text.contains("secret")).count(), all + texts.count())
}

async fn reseal(store: &Sealed) {
    for _ in 0..99 {
        if store.reseal(1).await.expect("encrypted anew") == 0 {
            return;
        }
    }
    panic!("it never ends");
}

/// Every kind of value; and a store is not opened without its key, or with another one of its name.
pub async fn nothing_is_read_without_the_key(place: &impl Place) {
    let engine = place.open().await;
    let store = Sealed::open(Arc::clone(&engine), vault(&["k"], Some("k"))).await.expect("opened");
    fill(&*store).await;
    assert_eq!(sealed(&*engine).await, (5, 5));
    assert!(reads_whole(&*store).await);
    let leased = lease(&*store).await;
    assert_eq!(*leased[0].message, message(1));
    let missing = Sealed::open(Arc::clone(&engine), Vault::empty()).await;
    assert!(matches!(missing.err(), Some(KeyError::Missing(name)) if name == "k"));
    let wrong = Vault::new([("k".into(), [9; 32])].into(), None).expect("made");
    assert!(matches!(Sealed::open(engine, wrong).await.err(), Some(KeyError::Wrong(name)) if name == "k"));
}

/// While it is in use: from clear to a key, to another key, and back to clear. The old key isn't needed any more then.
pub async fn keys_are_changed_while_the_store_is_in_use(place: &impl Place) {
    let engine = place.open().await;
    let store = Sealed::open(Arc::clone(&engine), Vault::empty()).await.expect("opened");
    fill(&*store).await;
    assert_eq!(sealed(&*engine).await, (0, 5));
    store.change_keys(vault(&["k"], Some("k"))).await.expect("changed");
    reseal(&store).await;
    assert_eq!((sealed(&*engine).await, reads_whole(&*store).await), ((5, 5), true));
    assert!(store.change_keys(vault(&["new"], Some("new"))).await.is_err(), "the old one is still needed");
    store.change_keys(vault(&["k", "new"], Some("new"))).await.expect("changed");
    accept(&*store, [message(7)]).await;
    let state = store.encryption().await.expect("read");
    assert_eq!((state.active.as_deref(), state.in_use.len()), (Some("new"), 2));
    reseal(&store).await;
    assert_eq!(store.encryption().await.expect("read").in_use, ["new".into()]);
    store.change_keys(vault(&["new"], Some("new"))).await.expect("changed");
    assert!(reads_whole(&*store).await);
    store.change_keys(vault(&["new"], None)).await.expect("changed");
    reseal(&store).await;
    assert_eq!(sealed(&*engine).await, (0, 6));
    store.change_keys(Vault::empty()).await.expect("changed");
    assert!(reads_whole(&*store).await);
}

/// It goes out without its text, or fails, and holds nothing else up.
pub async fn a_sealed_value_that_was_changed_is_as_good_as_removed(place: &impl Place) {
    let engine = place.open().await;
    let store = Sealed::open(Arc::clone(&engine), vault(&["k"], Some("k"))).await.expect("opened");
    accept(&*store, [message(1), message(2)]).await;
    let (one, two) = (id(1).number(), id(2).number());
    place
        .sql(&format!(
            "UPDATE message SET data = (SELECT data FROM message WHERE id = {two}) WHERE id = {one}"
        ))
        .await;
    let leased = lease(&*store).await;
    assert_eq!(leased[0].message.body, Body::Redacted, "it is another message's");
    assert_eq!(*leased[1].message, message(2));
}
