//! Files on a real disk, and a gateway in memory.

use super::*;
use crate::testing::Gateway;
use std::fs;
use tempfile::TempDir;

const ROWS: &str =
    "to,text,reference\n+447700900001,One,a\nnobody,Two,b\n+447700900003,\"Three,\nand more\",c\n";

async fn folder() -> (Gateway, DropFolder, TempDir) {
    let (gateway, _) = Gateway::new().await;
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("shop")).unwrap();
    let watched = DropFolder::new(gateway.parts(), root.path().to_owned());
    (gateway, watched, root)
}

async fn looks(folder: &mut DropFolder, times: usize) {
    for _ in 0..times {
        folder.look().await;
    }
}

#[tokio::test]
async fn a_file_is_sent_once_and_reported() {
    let (gateway, mut folder, root) = folder().await;
    let shop = root.path().join("shop");
    fs::write(shop.join("a.csv"), ROWS).unwrap();
    looks(&mut folder, 2).await;
    assert!(gateway.texts().await.is_empty(), "it may still be written");
    looks(&mut folder, 3).await;
    assert_eq!(gateway.texts().await, ["One", "Three,\nand more"]);
    assert_eq!(fs::read_to_string(shop.join("done/a.csv")).unwrap(), ROWS);
    let report = fs::read_to_string(shop.join("done/a.report.csv")).unwrap();
    let ids: Vec<String> = gateway.messages().await.iter().map(|message| message.id.to_string()).collect();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!((lines[1], lines[3]), (&*format!("2,{},,", ids[0]), &*format!("4,{},,", ids[1])));
    assert!(lines[2].starts_with("3,,invalid_recipient,"), "{report}");

    fs::write(shop.join("a.csv"), ROWS).unwrap();
    looks(&mut folder, 3).await;
    assert_eq!(gateway.texts().await.len(), 4, "another file of the same name");
    assert!(shop.join("done/a-2.report.csv").exists());
}

#[tokio::test]
async fn a_crash_before_the_file_is_moved_sends_nothing_again() {
    let (gateway, mut folder, root) = folder().await;
    let shop = root.path().join("shop");
    fs::write(shop.join("a.csv"), ROWS).unwrap();
    // A file where the folder is to be: nothing can be moved.
    fs::write(shop.join("done"), "").unwrap();
    looks(&mut folder, 4).await;
    assert_eq!(gateway.texts().await.len(), 2);
    fs::remove_file(shop.join("done")).unwrap();
    let mut other = DropFolder::new(gateway.parts(), root.path().to_owned());
    looks(&mut other, 3).await;
    assert_eq!(gateway.texts().await.len(), 2);
    assert!(shop.join("done/a.report.csv").exists() && !shop.join("a.csv").exists());
}

#[tokio::test]
async fn what_can_not_be_sent_is_failed_and_what_is_written_is_left_alone() {
    let (gateway, mut folder, root) = folder().await;
    let shop = root.path().join("shop");
    for (name, text) in [
        ("b.csv", "number,text\n+1,x\n"),
        ("c.csv", "to,text\nnobody,x\n"),
        (".d.csv", ROWS),
        ("e.tmp", ROWS),
    ] {
        fs::write(shop.join(name), text).unwrap();
    }
    fs::write(shop.join("half.csv"), "to,text\n+447700900001,On").unwrap();
    fs::create_dir(root.path().join("nobody")).unwrap();
    fs::write(root.path().join("nobody/a.csv"), ROWS).unwrap();
    looks(&mut folder, 5).await;
    assert!(gateway.texts().await.is_empty());
    let report = fs::read_to_string(shop.join("failed/b.report.csv")).unwrap();
    assert!(report.contains("there is no column 'number'"), "{report}");
    assert!(shop.join("failed/c.csv").exists());
    for left in ["shop/.d.csv", "shop/e.tmp", "shop/half.csv", "nobody/a.csv"] {
        assert!(root.path().join(left).exists(), "{left}");
    }
}
