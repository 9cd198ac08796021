use super::*;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::consent::Kind;
use postrider_core::contract::ConsentFilter;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use serde_json::json;

const SHOP: AccountId = AccountId(1);

fn contact(n: u64) -> Contact {
    Contact { number: 447_700_900_000 + n, ..Contact::default() }
}

fn number(n: u64) -> Number {
    Number::from_digits(447_700_900_000 + n).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_kept_under_its_number_and_changed_by_its_version() {
    let (_gateway, apps) = Gateway::new().await;
    let contacts = &apps.contacts;
    let ann = Contact { name: Some("Ann".into()), external_id: Some("crm-1".into()), ..contact(1) };
    let (kept, version, put) = contacts.put(SHOP, ann.clone(), Some(0)).await.unwrap();
    assert_eq!((version, put, kept.created), (1, Put::New, kept.updated));
    assert_eq!(contacts.put(SHOP, ann.clone(), None).await.unwrap().2, Put::Same);
    assert!(matches!(contacts.put(SHOP, ann.clone(), Some(0)).await, Err(NotKept::Exists)));
    let named = Contact { name: Some("Anne".into()), ..ann.clone() };
    assert_eq!(contacts.put(SHOP, named, Some(1)).await.unwrap().1, 2);
    assert_eq!(contacts.by_external_id(SHOP, "crm-1").await.unwrap(), Some(number(1)));
    let other = Contact { external_id: Some("crm-1".into()), ..contact(2) };
    assert!(
        matches!(contacts.put(SHOP, other.clone(), None).await, Err(NotKept::Taken(taken)) if taken == number(1))
    );
    assert!(contacts.show(AccountId(2), number(1)).await.unwrap().is_none(), "it is the shop's");
    assert!(contacts.remove(SHOP, number(1), None).await.unwrap());
    contacts.put(SHOP, other, None).await.unwrap();
    let wrong = Contact { zone: Some("Mars/Base".into()), ..contact(3) };
    assert!(
        matches!(contacts.put(SHOP, wrong, None).await, Err(NotKept::Wrong(wrong)) if wrong.field == "zone")
    );
}

#[tokio::test(start_paused = true)]
async fn contacts_are_listed_by_group_tag_and_segment() {
    let (_gateway, apps) = Gateway::new().await;
    for n in 1..=9 {
        let it = Contact {
            groups: (n % 2 == 0).then(|| "even".into()).into_iter().collect(),
            tags: (n % 3 == 0).then(|| "third".into()).into_iter().collect(),
            fields: [("n".into(), json!(n))].into(),
            ..contact(n)
        };
        apps.contacts.put(SHOP, it, None).await.unwrap();
    }
    let list = async |filter: ContactFilter, after: Option<Box<str>>, most| {
        let (found, next) = apps.contacts.list(SHOP, &filter, after, most).await.unwrap();
        (found.into_iter().map(|(it, _)| it.number % 100).collect::<Vec<_>>(), next)
    };
    let even = ContactFilter { group: Some("even".into()), ..ContactFilter::default() };
    assert_eq!(list(even.clone(), None, 9).await, (vec![2, 4, 6, 8], None));
    let (first, next) = list(even.clone(), None, 3).await;
    assert_eq!((first, list(even.clone(), next, 3).await), (vec![2, 4, 6], (vec![8], None)));
    let both = ContactFilter { tag: Some("third".into()), ..even };
    assert_eq!(list(both, None, 9).await.0, [6]);
    let segment = Segment::parse("n > 3 and not tag = 'third'").unwrap();
    let high = ContactFilter { segment: Some(segment), ..ContactFilter::default() };
    assert_eq!(list(high, None, 9).await.0, [4, 5, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn groups_have_members() {
    let (_gateway, apps) = Gateway::new().await;
    let group = Group { name: "vip".into(), description: None };
    assert!(apps.groups.put(SHOP, &group).await.unwrap());
    let set = async |n, is_member| apps.contacts.set_member(SHOP, "vip", number(n), is_member).await.unwrap();
    assert_eq!((set(1, true).await, set(1, true).await, set(2, true).await), (true, false, true));
    assert_eq!(apps.groups.show(SHOP, "vip").await.unwrap(), Some((group, 2)));
    assert_eq!((set(1, false).await, set(3, false).await), (true, false));
    assert_eq!(apps.groups.show(SHOP, "vip").await.unwrap().map(|(_, members)| members), Some(1));
    assert!(apps.groups.remove(SHOP, "vip").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn rows_of_an_import_fill_blanks_or_overwrite() {
    let (_gateway, apps) = Gateway::new().await;
    let known = Contact { name: Some("Ann".into()), ..contact(1) };
    apps.contacts.put(SHOP, known, None).await.unwrap();
    let row = Contact { name: Some("Anna".into()), language: Some("de".into()), ..contact(1) };
    let rows = [row, Contact { external_id: Some("7".into()), ..contact(2) }];
    let merge = async |rows: &[Contact], overwrite| {
        apps.contacts.merge(SHOP, rows, overwrite, Merging::Request).await.unwrap()
    };
    assert_eq!(merge(&rows, false).await, [Ok(Put::Changed), Ok(Put::New)]);
    let show = async || apps.contacts.show(SHOP, number(1)).await.unwrap().unwrap().0;
    assert_eq!((show().await.name.as_deref(), show().await.language.as_deref()), (Some("Ann"), Some("de")));
    assert_eq!(merge(&rows, false).await, [Ok(Put::Same), Ok(Put::Same)]);
    assert_eq!(merge(&rows, true).await, [Ok(Put::Changed), Ok(Put::Same)]);
    assert_eq!(show().await.name.as_deref(), Some("Anna"));
    let taken = [Contact { external_id: Some("7".into()), ..contact(3) }];
    assert_eq!(merge(&taken, false).await, [Err(number(2))]);
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_go_by_the_zone_of_a_contact() {
    let (gateway, apps) = Gateway::new().await;
    let desk = gateway.parts().consent;
    let zones = async || {
        let filter = ConsentFilter::all(Kind::Zone, Viewer::Account(SHOP), 9);
        let held = desk.consents(filter).await.unwrap();
        held.iter().map(|kept| (kept.change.number, kept.change.scope.only.to_string())).collect::<Vec<_>>()
    };
    let of = |n: u64, zone: &str| Contact { zone: Some(zone.into()), ..contact(n) };
    let put = async |contact| apps.contacts.put(SHOP, contact, None).await.unwrap().2;
    put(contact(1)).await;
    assert_eq!(zones().await, []);
    put(of(1, "america/los_angeles")).await;
    assert_eq!(zones().await, [(number(1), "America/Los_Angeles".to_owned())]);
    put(of(1, "Europe/Berlin")).await;
    assert_eq!(zones().await, [(number(1), "Europe/Berlin".to_owned())], "a number has one zone");
    assert_eq!(put(of(1, "Europe/Berlin")).await, Put::Same);
    apps.contacts
        .merge(SHOP, &[of(2, "Asia/Tokyo"), of(1, "Asia/Tokyo")], false, Merging::Trial)
        .await
        .unwrap();
    assert_eq!(zones().await.len(), 1, "a trial changes nothing");
    apps.contacts
        .merge(SHOP, &[of(2, "Asia/Tokyo"), of(1, "Asia/Tokyo")], false, Merging::Request)
        .await
        .unwrap();
    let expected = [(number(2), "Asia/Tokyo".to_owned()), (number(1), "Europe/Berlin".to_owned())];
    assert_eq!(zones().await, expected, "what is known stays");
    put(contact(1)).await;
    apps.contacts.remove(SHOP, number(2), None).await.unwrap();
    assert_eq!(zones().await, []);
}

#[tokio::test(start_paused = true)]
async fn contacts_of_a_segment_are_counted_whether_or_not_a_tag_narrows_it() {
    let (_gateway, apps) = Gateway::new().await;
    for n in 0..50 {
        let tags = if n % 5 == 0 { [Box::from("vip")].into() } else { Default::default() };
        let fields = [("n".into(), json!(n))].into();
        apps.contacts.put(SHOP, Contact { tags, fields, ..contact(n) }, None).await.unwrap();
    }
    for (segment, expected) in [
        ("n >= 10", 40),
        ("n >= 10 and tag = 'vip'", 8),
        ("n >= 10 or tag = 'vip'", 42),
        ("tag != 'vip'", 40),
        ("not tag = 'vip' and n < 7", 5),
        ("tag = 'none'", 0),
    ] {
        let filter =
            ContactFilter { segment: Some(Segment::parse(segment).unwrap()), ..ContactFilter::default() };
        // The shop doesn't reach the first ten.
        let is_closed = |it: Number| it < number(10);
        let counted = apps.contacts.count(SHOP, &filter, is_closed).await.unwrap();
        let listed = apps.contacts.list(SHOP, &filter, None, 99).await.unwrap().0;
        let opted_out = listed.iter().filter(|(it, _)| it.number < number(10).digits()).count() as u64;
        assert_eq!(counted, ContactCount { contacts: expected, opted_out }, "{segment}");
        assert_eq!(
            apps.contacts.list(SHOP, &filter, None, 99).await.unwrap().0.len() as u64,
            expected,
            "{segment}"
        );
    }
}
