//! What is declared.

use super::Place;
use super::samples::{NOW, after};
use postrider_core::contract::{Keeping, Resource, ResourceChange};
use postrider_core::time::Time;

fn named(kind: &str, name: &str) -> (Box<str>, Box<str>) {
    (kind.into(), name.into())
}

fn change(at: Time, name: &str, before: Option<&str>, after: Option<&str>) -> ResourceChange {
    ResourceChange {
        at,
        who: "key 1".into(),
        kind: "account".into(),
        name: name.into(),
        before: before.map(Into::into),
        after: after.map(Into::into),
    }
}

/// A name keeps its number when it is deleted, declared anew, and when the store is opened again.
pub async fn numbers_are_given_once(place: &impl Place) {
    let store = place.open().await;
    let names =
        vec![named("account", "a"), named("upstream", "a"), named("account", "b"), named("account", "a")];
    let given = store.number(names.clone()).await.expect("numbered");
    assert_eq!(given[0], given[3]);
    assert!(given[0] != given[1] && given[1] != given[2] && given[0] != given[2]);
    assert!(given.iter().all(|number| *number > 0));
    store.declare(vec![(change(NOW, "b", Some("{}"), None), Keeping::Number)]).await.expect("declared");
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.number(names).await.expect("numbered"), given);
    let new = store.number(vec![named("account", "c")]).await.expect("numbered");
    assert!(!given.contains(&new[0]));
}

/// A retired name is free for another resource, which gets another number; the old number keeps the name with a mark.
pub async fn a_retired_name_gets_another_number(place: &impl Place) {
    let store = place.open().await;
    let name = || vec![named("account", "shop")];
    let first = store.number(name()).await.expect("numbered")[0];
    let document = Keeping::Document("{}".into());
    store.declare(vec![(change(NOW, "shop", None, Some("{}")), document)]).await.expect("declared");
    store.declare(vec![(change(NOW, "shop", Some("{}"), None), Keeping::OldNumber)]).await.expect("declared");
    let second = store.number(name()).await.expect("numbered")[0];
    assert_ne!(first, second);
    let resources = store.resources().await.expect("read");
    let names: Vec<_> = resources.iter().map(|it| (it.id, &*it.name, it.document.is_some())).collect();
    assert_eq!(names, [(first, &*format!("shop~{first}"), false), (second, "shop", false)]);
}

/// The document is the last one declared; what changed is recorded.
pub async fn declarations_are_kept_and_recorded(place: &impl Place) {
    let store = place.open().await;
    let number = store.number(vec![named("account", "shop")]).await.expect("numbered")[0];
    let first = change(NOW, "shop", None, Some("one"));
    let second = change(after(1), "shop", Some("one"), Some("two"));
    let third = change(after(2), "shop", Some("two"), None);
    let read = async || {
        let resources = store.resources().await.expect("read");
        resources.into_iter().find(|resource| &*resource.name == "shop")
    };
    store.declare(vec![(first.clone(), Keeping::Document("{1}".into()))]).await.expect("declared");
    store.declare(vec![(second.clone(), Keeping::Document("{2}".into()))]).await.expect("declared");
    let declared = Resource {
        kind: "account".into(),
        name: "shop".into(),
        id: number,
        document: Some("{2}".into()),
        updated: after(1),
    };
    assert_eq!(read().await, Some(declared.clone()));
    store.declare(vec![(third.clone(), Keeping::Number)]).await.expect("declared");
    assert_eq!(read().await, Some(Resource { document: None, updated: after(2), ..declared }));
    let changes = store.changes(None, 9).await.expect("read");
    assert_eq!(changes.into_iter().map(|(_, change)| change).collect::<Vec<_>>(), [third, second, first]);
}

/// The position of the last change of a page leads to the next.
pub async fn changes_are_read_page_by_page(place: &impl Place) {
    let store = place.open().await;
    for name in ["a", "b", "c"] {
        let document = Keeping::Document("{}".into());
        store.declare(vec![(change(NOW, name, None, Some("x")), document)]).await.expect("declared");
    }
    let names = |changes: &[(u64, ResourceChange)]| {
        changes.iter().map(|(_, change)| change.name.to_string()).collect::<Vec<_>>()
    };
    let first = store.changes(None, 2).await.expect("read");
    assert_eq!(names(&first), ["c", "b"]);
    let second = store.changes(Some(first[1].0), 2).await.expect("read");
    assert_eq!(names(&second), ["a"]);
    assert_eq!(store.changes(Some(second[0].0), 2).await.expect("read"), []);
}

/// Octets beside a document are kept until it is declared without them, and are read apart.
pub async fn octets_are_kept_beside_a_document(place: &impl Place) {
    let store = place.open().await;
    let octets: std::sync::Arc<[u8]> = vec![7; 100_000].into();
    let keeping = Keeping::DocumentAndData("{1}".into(), std::sync::Arc::clone(&octets));
    let declared = change(NOW, "plan", None, Some("{1}"));
    store.declare(vec![(declared, keeping)]).await.expect("declared");
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.resource_data("account", "plan").await.expect("read").as_deref(), Some(&*octets));
    assert_eq!(store.resource_data("account", "other").await.expect("read"), None);
    assert_eq!(store.resources().await.expect("read")[0].document.as_deref(), Some("{1}"));
    let deleted = change(after(1), "plan", Some("{1}"), None);
    store.declare(vec![(deleted, Keeping::Number)]).await.expect("declared");
    assert_eq!(store.resource_data("account", "plan").await.expect("read"), None);
}
