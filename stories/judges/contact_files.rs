//! Contacts come as openpyxl, XlsxWriter and vobject write them: the files of spreadsheets and address books.

use super::tools;
use crate::harness::{Http, Plan, carrier};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const NUMBERS: [&str; 3] = ["+447700900101", "+447700900102", "+447700900103"];
const NAMES: [&str; 3] = ["Zoë Ünlü", "=not a formula", "Ann"];

async fn posted(shop: &Http, path: &str, kind: &str, file: &Path) -> Value {
    let answer = shop.post_octets(path, kind, std::fs::read(file).unwrap()).await;
    assert!((200..300).contains(&answer.status), "{}: {}", file.display(), answer.body);
    answer.body
}

#[tokio::test]
async fn contacts_come_from_spreadsheets_and_address_books() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).with("accounts.shop.country = 'GB'").start().await;
    let shop = gateway.http("shop");
    let folder = tempfile::tempdir().unwrap();
    tools::run(tools::python("contact_files.py"), &json!({ "folder": folder.path() })).await;
    for (file, kind, invalid) in [
        ("openpyxl.xlsx", WORKBOOK, 1),
        ("xlsxwriter.xlsx", WORKBOOK, 1),
        ("constant_memory.xlsx", WORKBOOK, 1),
        ("1904.xlsx", WORKBOOK, 1),
        ("vobject.vcf", "text/vcard", 0),
    ] {
        let path = folder.path().join(file);
        let trial = posted(&shop, "/v1/contacts/import", kind, &path).await;
        assert_eq!((&trial["new"], &trial["invalid"]), (&json!(3), &json!(invalid)), "{file}: {trial}");
        let job = posted(&shop, "/v1/contacts/imports", kind, &path).await;
        let job = format!("/v1/contacts/imports/{}", job["id"].as_str().unwrap());
        in_state(&shop, &job, "checked").await;
        shop.post(&format!("{job}/apply"), &json!({})).await.with(202);
        let done = in_state(&shop, &job, "done").await;
        assert_eq!((&done["applied"], &done["invalid"]), (&json!(3), &json!(invalid)), "{file}: {done}");
        for (number, name) in NUMBERS.into_iter().zip(NAMES) {
            let path = format!("/v1/contacts/{}", number.replace('+', "%2B"));
            let contact = shop.get(&path).await.ok();
            assert_eq!(contact["name"], name, "{file}");
            let expected = match kind {
                WORKBOOK => {
                    json!({ "born": "1990-05-17", "seen": "2030-01-31T14:30:00", "paid": true, "score": 1.5 })
                }
                _ => json!({ "birthday": "1990-05-17" }),
            };
            assert_eq!(contact["fields"], expected, "{file}");
            shop.delete(&path).await.with(204);
        }
    }
    gateway.stop().await;
}

async fn in_state(http: &Http, path: &str, state: &str) -> Value {
    for _ in 0..600 {
        let shown = http.get(path).await.ok();
        if shown["state"] == state {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} did not become {state}");
}
