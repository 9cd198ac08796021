//! Media and their pages.

use super::Place;
use super::samples::{NOW, after};
use postrider_core::account::AccountId;
use postrider_core::contract::Store;
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaPage, MediaType};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use std::sync::Arc;

const SHOP: AccountId = AccountId(1);
const OTHER: AccountId = AccountId(2);
const PLENTY: u64 = 1 << 40;

fn id(n: u64) -> MessageId {
    MessageId::from_number(n)
}

/// A medium of so many octets.
fn media(n: u64, account: Option<AccountId>, size: u32) -> Media {
    let octets: Arc<[u8]> = vec![0xFF; size.try_into().unwrap_or(0)].into();
    let item = MediaItem { id: id(n), kind: MediaType::Png, size, print: u64::MAX - n };
    Media { item, account, person: None, expires: after(60), sealed: false, octets }
}

async fn keep(store: &dyn Store, media: Media) {
    assert!(store.keep_media(media, PLENTY).await.expect("kept"));
}

/// An account's and a handset's.
pub async fn a_medium_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let given = media(1, Some(SHOP), 300_000);
    let from_handset = Media { person: Number::from_digits(447_700_900_123), ..media(2, None, 3) };
    keep(&*store, given.clone()).await;
    keep(&*store, from_handset.clone()).await;
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.media(id(1)).await.expect("read"), Some(given.clone()));
    assert_eq!(store.media(id(2)).await.expect("read"), Some(from_handset.clone()));
    assert_eq!(store.media(id(3)).await.expect("read"), None);
    assert_eq!(store.media_after(id(1)).await.expect("read"), Some(from_handset));
    let rewritten = Media { sealed: true, octets: [1].into(), ..given };
    store.rewrite_media(rewritten.clone()).await.expect("written");
    assert_eq!(store.media_after(id(0)).await.expect("read"), Some(rewritten));
}

/// Each account has a limit of its own; handsets' media count nowhere.
pub async fn an_account_stores_so_many_octets(place: &impl Place) {
    let store = place.open().await;
    let mut kept = Vec::new();
    for media in [
        media(1, Some(SHOP), 6),
        media(2, Some(SHOP), 5),
        media(3, Some(SHOP), 4),
        media(4, Some(OTHER), 10),
        media(5, None, 100),
    ] {
        kept.push(store.keep_media(media, 10).await.expect("answered"));
    }
    assert_eq!(kept, [true, false, true, true, true]);
    assert_eq!(store.media(id(2)).await.expect("read"), None);
}

/// Another account's media are as good as missing.
pub async fn media_are_held_by_their_account(place: &impl Place) {
    let store = place.open().await;
    for it in [media(1, Some(SHOP), 1), media(2, Some(OTHER), 1), media(3, None, 1)] {
        keep(&*store, it).await;
    }
    let ids = vec![id(3), id(1), id(2), id(9)];
    let held = store.hold_media(SHOP, ids, after(600)).await.expect("held");
    assert_eq!(held, [None, Some(media(1, None, 1).item), None, None]);
    store.hold_media(SHOP, vec![id(1)], after(300)).await.expect("held");
    let expires = async |n| store.media(id(n)).await.expect("read").map(|media| media.expires);
    assert_eq!((expires(1).await, expires(2).await), (Some(after(600)), Some(after(60))));
}

/// Media and pages go when their time is over.
pub async fn media_and_pages_expire(place: &impl Place) {
    let store = place.open().await;
    for n in 1..=3 {
        keep(&*store, media(n, Some(SHOP), 1)).await;
    }
    store.hold_media(SHOP, vec![id(2)], after(600)).await.expect("held");
    let page = |token: u8, expires| MediaPage {
        token: [token; 32],
        account: SHOP,
        items: [id(2), id(1)].into(),
        expires,
    };
    let (old, new) = (page(1, after(10)), page(2, after(90)));
    for it in [&old, &new] {
        store.keep_media_page(it.clone()).await.expect("kept");
    }
    assert_eq!(store.media_page([1; 32]).await.expect("read"), Some(old));
    assert_eq!(store.purge_media(NOW, 9).await.expect("purged"), 0);
    assert_eq!(store.purge_media(after(60), 1).await.expect("purged"), 1);
    assert_eq!(store.purge_media(after(60), 9).await.expect("purged"), 1);
    assert_eq!(store.media_page([1; 32]).await.expect("read"), None);
    assert_eq!(store.media_page([2; 32]).await.expect("read"), Some(new));
    let left = async |n| store.media(id(n)).await.expect("read").is_some();
    assert_eq!([left(1).await, left(2).await, left(3).await], [false, true, false]);
}

/// What a person's handset sent goes with the person.
pub async fn media_of_a_person_are_erased(place: &impl Place) {
    let store = place.open().await;
    let number = Number::from_digits(447_700_900_123).expect("a number");
    let of = |n, digits| Media { person: Number::from_digits(digits), ..media(n, None, 1) };
    keep(&*store, of(1, 447_700_900_123)).await;
    keep(&*store, of(2, 447_700_900_124)).await;
    store.erase_traces(Viewer::Everything, number).await.expect("erased");
    assert_eq!(store.media(id(1)).await.expect("read"), None);
    assert!(store.media(id(2)).await.expect("read").is_some());
}
