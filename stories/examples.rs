//! The manual's programs that send, run as they stand there.

use crate::harness::{Gateway, Plan, carrier};
use std::path::Path;
use std::process::{Command, Output};

const PAGE: &str = include_str!("../docs/src/examples.md");

/// The program in a language.
fn program(language: &str) -> &'static str {
    let fence = format!("```{language}\n");
    PAGE.split_once(&fence).unwrap().1.split_once("```").unwrap().0
}

/// Runs a program; `None` where this machine lacks its language.
fn run(language: &str, file: &Path, gateway: &Gateway, key: &str) -> Option<Output> {
    let interpreter = match language {
        "sh" => "sh",
        "python" => "python3",
        "javascript" => "node",
        "php" => "php",
        _ => "java",
    };
    std::fs::write(file, program(language)).unwrap();
    let mut command = Command::new(interpreter);
    command.arg(file).env("POSTRIDER_URL", gateway.url()).env("POSTRIDER_KEY", key);
    match command.output() {
        Ok(output) => Some(output),
        Err(_) if matches!(language, "php" | "java") => None,
        Err(error) => panic!("{interpreter}: {error}"),
    }
}

#[tokio::test]
async fn the_manuals_programs_send() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let place = tempfile::tempdir().unwrap();
    let mut sent = 0;
    for (language, name) in [
        ("sh", "send.sh"),
        ("python", "send.py"),
        ("javascript", "send.mjs"),
        ("php", "send.php"),
        ("java", "Send.java"),
    ] {
        let file = place.path().join(name);
        let Some(refused) = run(language, &file, &gateway, "pr_wrong") else { continue };
        let words = [refused.stdout, refused.stderr].concat();
        assert!(String::from_utf8_lossy(&words).contains("invalid_key"), "{language}");
        let key = crate::harness::key_of("shop");
        let accepted = run(language, &file, &gateway, &key).unwrap();
        let said = String::from_utf8_lossy(&accepted.stdout).into_owned();
        assert!(
            accepted.status.success(),
            "{language}: {said} {}",
            String::from_utf8_lossy(&accepted.stderr)
        );
        sent += 1;
        let id: String =
            said.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() > 15).unwrap().into();
        assert_eq!(gateway.http("shop").message(&id).await["to"], "+447700900123", "{language}");
    }
    assert!(sent >= 3);
}
