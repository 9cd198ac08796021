//! README's quick start, pasted as one block into a shell: nothing in it waits for what an earlier line starts.

use crate::harness::free_port;
use std::path::Path;
use std::process::Command;

/// The first block of commands under the heading, one a line.
fn commands() -> Vec<&'static str> {
    let readme = include_str!("../README.md");
    let section = readme.split_once("## Quick start").unwrap().1;
    let lines = section.lines().skip_while(|line| !line.starts_with("    "));
    lines.take_while(|line| line.starts_with("    ")).map(str::trim).collect()
}

/// The block with free ports in the place of the usual ones, without building the program, which is there.
fn script(carrier: u16) -> String {
    let mut lines = commands();
    assert_eq!(lines.remove(0), "cargo build --release");
    let block = lines.join("\n").replace("port=22775", &format!("port={carrier}"));
    let block =
        block.replace("postrider simulate &", &format!("postrider simulate --smpp 127.0.0.1:{carrier} &"));
    // What an administrator does in the same shell afterwards.
    format!(
        "{block}\nstatus=$?; postrider account list; postrider upstream list; kill $(jobs -p); exit $status"
    )
}

#[test]
fn the_quick_start_can_be_pasted_as_one_block() {
    let place = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_postrider")).parent().unwrap();
    std::fs::create_dir(place.path().join("target")).unwrap();
    std::os::unix::fs::symlink(program, place.path().join("target/release")).unwrap();
    let http = format!("127.0.0.1:{}", free_port());
    let listeners = format!("[http]\nlisten = '{http}'\n[smpp]\nlisten = '127.0.0.1:{}'\n", free_port());
    std::fs::write(place.path().join("postrider.toml"), listeners).unwrap();
    let run = Command::new("bash")
        .args(["-c", &script(free_port())])
        .current_dir(place.path())
        .env("POSTRIDER_URL", format!("http://{http}"))
        .env_remove("POSTRIDER_KEY")
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.contains("  delivered"), "{said}\n{complained}");
    assert!(said.contains("shop") && said.contains("carrier"), "{said}\n{complained}");
}
