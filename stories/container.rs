//! The image of `packaging/Dockerfile`, without an engine: a root that holds only what the Dockerfile copies, and the
//! libraries of its base.

use crate::harness::{Http, Process, eventually, free_port};
use reqwest::Method;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the source.
fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The instructions of the last stage: the word and the rest.
fn stage() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(source().join("packaging/Dockerfile")).unwrap();
    let last = text.rsplit_once("\nFROM ").unwrap().1;
    let split = |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.to_owned()));
    last.lines().skip(1).filter_map(split).collect()
}

/// The words of a command in its JSON form.
fn words(stage: &[(String, String)], instruction: &str) -> Vec<String> {
    let (_, words) = stage.iter().find(|(word, _)| word == instruction).unwrap();
    serde_json::from_str(words).unwrap()
}

fn copy(from: &Path, root: &Path, to: &str) {
    let to = root.join(to.trim_start_matches('/'));
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

/// Makes the root.
fn make(root: &Path, stage: &[(String, String)]) {
    let program = Path::new(env!("CARGO_BIN_EXE_postrider"));
    for (_, copied) in stage.iter().filter(|(word, _)| word == "COPY") {
        let mut paths = copied.split(' ').filter(|word| !word.starts_with("--"));
        let (from, to) = (paths.next().unwrap(), paths.next().unwrap());
        let built = copied.starts_with("--from=build");
        assert!(!built || from == "/source/target/release/postrider");
        copy(if built { program.to_owned() } else { source().join(from) }.as_path(), root, to);
    }
    // The base has the C library; everything else must be in the program.
    let libraries = Command::new("ldd").arg(program).output().unwrap();
    for word in String::from_utf8_lossy(&libraries.stdout).split_whitespace() {
        if word.starts_with('/') {
            let known =
                ["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libdl.so", "libpthread.so", "librt.so"];
            assert!(known.iter().any(|name| word.contains(name)), "the base has no {word}");
            copy(Path::new(word), root, word);
        }
    }
    // The base has this directory too; `check` reads what is declared into a store there.
    std::fs::create_dir_all(root.join("tmp")).unwrap();
    for (_, directory) in stage.iter().filter(|(word, _)| word == "VOLUME") {
        std::fs::create_dir_all(root.join(directory.trim_start_matches('/'))).unwrap();
    }
}

#[tokio::test]
async fn the_image_holds_all_that_the_gateway_needs() {
    let stage = stage();
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &stage);
    let program = words(&stage, "ENTRYPOINT").remove(0);
    let inside = || {
        let mut command = Command::new("unshare");
        command.arg("--map-root-user").arg("chroot").arg(root.path()).arg(&program);
        command
    };
    let serve = words(&stage, "CMD");
    let configuration = serve.last().unwrap();
    let check = inside().args(["check", "--config", configuration]).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));

    let (http, smpp) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let mut command = inside();
    command.args(&serve).args(["--http", &http, "--smpp", &smpp]);
    let mut gateway = Process::start("the image", command.into(), &root.path().join("log"));
    let caller = Http::new(&format!("http://{http}"), None);
    eventually("the gateway in its image", async || {
        caller.ask(Method::GET, "/readyz", &[], None).await.ok().filter(|answer| answer.status == 200)
    })
    .await;
    assert!(root.path().join("var/lib/postrider/admin.key").exists());
    gateway.signal("TERM");
    assert!(gateway.ended().await.success());
}
