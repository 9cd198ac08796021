use super::*;
use crate::Apps;
use crate::contact::{Contact, ContactFilter};
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppFilter, AppKind};
use postrider_core::number::Number;
use std::time::Duration;

const SHOP: AccountId = AccountId(1);

fn digits(n: u64) -> u64 {
    447_700_900_000 + n
}

fn row(n: u64) -> FoundRow {
    let contact = Contact { number: digits(n), name: Some(format!("N{n}").into()), ..Contact::default() };
    FoundRow { line: n + 2, value: format!("+{}", digits(n)), contact: Ok(contact) }
}

fn wrong(line: u64) -> FoundRow {
    FoundRow { line, value: "x".into(), contact: Err("'x' is not a valid number".into()) }
}

async fn put_down(apps: &Apps, rows: Vec<FoundRow>) -> u64 {
    put_down_as(apps, rows, false).await
}

async fn put_down_as(apps: &Apps, rows: Vec<FoundRow>, all_rows: bool) -> u64 {
    let new = NewImport { overwrite: false, group: Some("new".into()), all_rows };
    let mut staging = apps.imports.begin(SHOP, "shop", &new).await.unwrap();
    for rows in rows.chunks(4) {
        staging.take(rows.to_vec()).await.unwrap();
    }
    staging.end().await.unwrap().id
}

async fn work(apps: &Apps) {
    while apps.imports.step_what_is_due().await.unwrap() {}
}

async fn shown(apps: &Apps, id: u64) -> Import {
    apps.imports.show(SHOP, id).await.unwrap().unwrap()
}

async fn contacts(apps: &Apps) -> usize {
    apps.contacts.list(SHOP, &ContactFilter::default(), None, 500).await.unwrap().0.len()
}

async fn findings(apps: &Apps, id: u64) -> Vec<(u64, &'static str)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (found, next) = apps.imports.findings(SHOP, id, after).await.unwrap();
        all.extend(found.into_iter().map(|finding| (finding.line, finding.kind.word())));
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_looks_at_everything_before_it_changes_anything() {
    let (gateway, apps) = Gateway::new().await;
    gateway.opt_out(SHOP, Number::from_digits(digits(3)).unwrap()).await;
    let known = Contact { number: digits(1), name: Some("Known".into()), ..Contact::default() };
    apps.contacts.put(SHOP, known, None).await.unwrap();
    let mut rows: Vec<_> = (0..20).map(row).collect();
    rows.insert(5, wrong(99));
    rows.push(FoundRow { line: 200, ..row(2) });
    let id = put_down(&apps, rows).await;
    let refused = apps.imports.apply(SHOP, id).await;
    assert!(matches!(refused, Err(NotImported::State(ImportState::Checking))));
    work(&apps).await;
    let it = shown(&apps, id).await;
    assert_eq!((it.state, it.rows, it.valid, it.checked), (ImportState::Checked, 22, 20, 20));
    assert_eq!((it.invalid, it.doubled, it.new, it.changed, it.opted_out), (1, 1, 19, 1, 1));
    assert_eq!(contacts(&apps).await, 1, "nothing is changed");
    assert_eq!(findings(&apps, id).await, [(99, "invalid"), (200, "doubled"), (5, "opted_out")]);
    apps.imports.apply(SHOP, id).await.unwrap();
    work(&apps).await;
    let it = shown(&apps, id).await;
    assert_eq!((it.state, it.applied, contacts(&apps).await), (ImportState::Done, 20, 20));
    let (contact, _) =
        apps.contacts.show(SHOP, Number::from_digits(digits(1)).unwrap()).await.unwrap().unwrap();
    assert_eq!((contact.name.as_deref(), contact.groups.len()), (Some("Known"), 1), "what is known stays");
    assert_eq!(apps.imports.list(SHOP, None, 9).await.unwrap().len(), 1);
    assert!(apps.imports.list(AccountId(2), None, 9).await.unwrap().is_empty(), "it is the shop's");
    apps.runs.forget_what_is_left().await.unwrap();
    assert_eq!(gateway.staged(SHOP, id).await, 20, "its rows are known to belong to it");
    apps.imports.remove(SHOP, id).await.unwrap();
    apps.runs.forget_what_is_left().await.unwrap();
    assert_eq!((gateway.staged(SHOP, id).await, contacts(&apps).await), (0, 20));
}

async fn known(apps: &Apps, n: u64) -> Option<Contact> {
    let number = Number::from_digits(digits(n)).unwrap();
    apps.contacts.show(SHOP, number).await.unwrap().map(|(contact, _)| contact)
}

fn called(n: u64, name: &str) -> Contact {
    Contact { number: digits(n), name: Some(name.into()), ..Contact::default() }
}

#[tokio::test(start_paused = true)]
async fn an_import_is_undone_but_for_what_has_changed_since() {
    let (gateway, apps) = Gateway::new().await;
    let vip = Contact { groups: ["vip".into()].into(), external_id: Some("17".into()), ..called(1, "Known") };
    apps.contacts.put(SHOP, vip.clone(), None).await.unwrap();
    apps.contacts.put(SHOP, called(2, "Second"), None).await.unwrap();
    let mut rows: Vec<_> = (0..20).map(row).collect();
    let with_id = Contact { external_id: Some("new-5".into()), ..called(5, "N5") };
    rows[5] = FoundRow { contact: Ok(with_id), ..row(5) };
    let id = put_down(&apps, rows).await;
    work(&apps).await;
    assert!(matches!(apps.imports.undo(SHOP, id).await, Err(NotImported::State(ImportState::Checked))));
    apps.imports.apply(SHOP, id).await.unwrap();
    gateway.pass(Duration::from_secs(1));
    work(&apps).await;
    assert!(known(&apps, 1).await.unwrap().groups.contains("new"));
    gateway.pass(Duration::from_secs(1));
    // What somebody has changed since stays, whether it was known before or not.
    apps.contacts.put(SHOP, called(2, "Changed"), None).await.unwrap();
    apps.contacts.set_member(SHOP, "vip", Number::from_digits(digits(3)).unwrap(), true).await.unwrap();

    apps.imports.undo(SHOP, id).await.unwrap();
    work(&apps).await;
    let it = shown(&apps, id).await;
    assert_eq!((it.state, it.restored, it.left), (ImportState::Undone, 18, 2));
    let first = known(&apps, 1).await.unwrap();
    assert_eq!((first.groups, first.external_id), (vip.groups, vip.external_id));
    assert_eq!(known(&apps, 2).await.unwrap().name.as_deref(), Some("Changed"));
    assert_eq!((known(&apps, 3).await.is_some(), known(&apps, 4).await), (true, None));
    assert_eq!(apps.contacts.by_external_id(SHOP, "new-5").await.unwrap(), None);
    assert!(apps.contacts.by_external_id(SHOP, "17").await.unwrap().is_some());
    assert_eq!(contacts(&apps).await, 3);
    assert_eq!(
        apps.imports.undo(SHOP, id).await.unwrap().state,
        ImportState::Undone,
        "it may be asked again"
    );
    assert!(matches!(apps.imports.apply(SHOP, id).await, Err(NotImported::State(ImportState::Undone))));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_off_fails_and_changes_nothing() {
    let (gateway, apps) = Gateway::new().await;
    let mut staging = apps.imports.begin(SHOP, "shop", &NewImport::default()).await.unwrap();
    staging.take((0..9).map(row).collect()).await.unwrap();
    drop(staging);
    gateway.pass(Duration::from_hours(7));
    work(&apps).await;
    let it = &apps.imports.list(SHOP, None, 9).await.unwrap()[0];
    assert_eq!((it.state, contacts(&apps).await), (ImportState::Failed, 0));
    assert!(matches!(apps.imports.apply(SHOP, it.id).await, Err(NotImported::State(ImportState::Failed))));
}

/// Whatever crashes, and whichever node goes on: each row is counted once, and each contact is there.
#[tokio::test(start_paused = true)]
async fn an_import_goes_on_after_a_crash() {
    for seed in 0..30 {
        let (gateway, apps) = Gateway::new().await;
        let other = gateway.second_node();
        gateway.faults.set(seed, 0);
        let id = put_down(&apps, (0..40).map(row).collect()).await;
        gateway.faults.set(seed, 300);
        for _ in 0..500 {
            let node = if gateway.faults.roll(2) == 0 { &apps } else { &other };
            let _ = node.imports.step_what_is_due().await;
            let _ = node.imports.apply(SHOP, id).await;
            gateway.pass(Duration::from_millis(gateway.faults.roll(2_000)));
            if node.imports.show(SHOP, id).await.is_ok_and(|it| it.unwrap().state == ImportState::Done) {
                break;
            }
        }
        gateway.faults.set(seed, 0);
        let it = shown(&apps, id).await;
        assert_eq!(
            (it.state, it.checked, it.new, it.applied),
            (ImportState::Done, 40, 40, 40),
            "seed {seed}"
        );
        assert_eq!(contacts(&apps).await, 40, "seed {seed}");
        apps.imports.undo(SHOP, id).await.unwrap();
        gateway.faults.set(seed, 300);
        for _ in 0..100 {
            let _ = other.imports.step_what_is_due().await;
            gateway.pass(Duration::from_millis(gateway.faults.roll(2_000)));
        }
        gateway.faults.set(seed, 0);
        work(&apps).await;
        let it = shown(&apps, id).await;
        assert_eq!((it.state, it.restored, it.left), (ImportState::Undone, 40, 0), "seed {seed}");
        assert_eq!(contacts(&apps).await, 0, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_of_all_rows_tells_what_becomes_of_each() {
    let (_gateway, apps) = Gateway::new().await;
    let known = Contact { groups: ["new".into()].into(), ..called(1, "N1") };
    apps.contacts.put(SHOP, known, None).await.unwrap();
    apps.contacts.put(SHOP, called(2, "Known"), None).await.unwrap();
    let id = put_down_as(&apps, (0..3).map(row).chain([wrong(9)]).collect(), true).await;
    work(&apps).await;
    assert_eq!(findings(&apps, id).await, [(9, "invalid"), (2, "new"), (3, "same"), (4, "changed")]);
    apps.imports.apply(SHOP, id).await.unwrap();
    let declared = apps.groups.list(SHOP, None, 9).await.unwrap();
    assert_eq!(declared.iter().map(|group| &*group.name).collect::<Vec<_>>(), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_many_rows_is_kept_in_short_records() {
    let (_gateway, apps) = Gateway::new().await;
    let id = put_down(&apps, (2..302).map(wrong).collect()).await;
    let lines: Vec<u64> = findings(&apps, id).await.into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, (2..302).collect::<Vec<_>>());
    let all = AppFilter::all(AppKind::ImportFindings, Some(SHOP), 500);
    let records = apps.imports.parts.store.list_app_records(all).await.unwrap();
    assert!(records.len() > 20 && records.iter().all(|record| record.document.len() < 1_000));
}
