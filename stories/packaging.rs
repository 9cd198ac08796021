//! The Debian package and the service are made of files that exist and agree with each other: what the unit starts is
//! installed, runs as a user that is made, and is given a configuration that is right.

use std::path::{Path, PathBuf};
use std::process::Command;
use toml::{Table, Value};

/// The program, which is built rather than written.
const PROGRAM: &str = "target/release/postrider";
/// What the program writes for the package.
const PAGES: &str = "../../target/pages/";

#[test]
fn whatever_is_packaged_is_there() {
    let package = Package::read();
    for (source, target) in &package.assets {
        let is_made = source == PROGRAM || source.starts_with(PAGES);
        assert!(is_made || package.path(source).is_file(), "{source} is not there");
        // Packagers hand the name of such a file to systemd-sysusers, and not all of them the one it is installed by.
        let directory = target.rsplit_once('/').unwrap().0;
        if directory.ends_with("sysusers.d") {
            assert_eq!(file_name(source), file_name(target));
        }
    }
    assert!(package.path(package.text("license-file")).is_file());
    for file in package.list("conf-files") {
        assert!(package.installs(file), "{file} is said to be a configuration file, and isn't installed");
    }
}

#[test]
fn the_program_writes_the_packages_man_pages_and_completions() {
    let package = Package::read();
    let place = tempfile::tempdir().unwrap();
    let script = package.path("../../packaging/pages");
    let run = Command::new("sh").arg(script).arg(env!("CARGO_BIN_EXE_postrider")).arg(place.path()).status();
    assert!(run.unwrap().success());
    for (source, _) in package.assets.iter().filter(|(source, _)| source.starts_with(PAGES)) {
        let made = place.path().join(source.strip_prefix(PAGES).unwrap().replace('*', "postrider-route-put"));
        assert!(made.metadata().unwrap().len() > 300, "{}", made.display());
    }
    let page = std::fs::read_to_string(place.path().join("man/postrider-serve.1")).unwrap();
    assert!(page.contains("Run the gateway") && page.contains(".SH OPTIONS"), "{page}");
    assert!(!place.path().join("man/postrider-man-pages.1").exists(), "it is for packagers");
}

#[test]
fn the_maintainer_scripts_are_scripts() {
    let package = Package::read();
    let mut scripts = Vec::new();
    for entry in package.path(package.text("maintainer-scripts")).read_dir().unwrap() {
        let path = entry.unwrap().path();
        let parsed = Command::new("sh").arg("-n").arg(&path).status().unwrap();
        assert!(parsed.success(), "{}", path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        // Starting, stopping and enabling the service is put in the place of this word.
        assert!(
            text.starts_with("#!/bin/sh\nset -e\n") && text.contains("\n#DEBHELPER#\n"),
            "{}",
            path.display()
        );
        scripts.push(path.file_name().unwrap().to_owned());
    }
    scripts.sort();
    assert_eq!(scripts, ["postinst", "postrm", "prerm"]);
}

#[test]
fn the_service_starts_what_is_installed_as_the_user_that_is_made() {
    let package = Package::read();
    let (unit, name) = (package.unit(), package.units()["unit-name"].as_str().unwrap());
    let command: Vec<&str> = unit.one("ExecStart").split(' ').collect();
    let [program, "serve", "--config", config] = command[..] else { panic!("{command:?}") };
    assert!(package.installs(program), "{program} is not installed");
    assert!(package.list("conf-files").contains(&config), "{config} is no configuration file of the package");
    // A reload is refused before the gateway hears of it if the file that it would read is wrong.
    assert_eq!(unit.all("ExecReload")[0], format!("{program} check {config}"));
    assert_eq!(unit.all("ExecReload")[1], "/bin/kill -HUP $MAINPID");

    let (_, users) = package.installed("sysusers.d");
    let user: Vec<&str> = users.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(user[..2], ["u", unit.one("User")]);
    assert!(package.script("postinst").contains(&format!("systemd-sysusers {name}.conf")));

    let (_, settings) = package.installed("postrider.toml");
    let settings: Table = settings.parse().unwrap();
    let data = settings["node"]["data"].as_str().unwrap();
    assert_eq!(data, format!("/var/lib/{}", unit.one("StateDirectory")));
    assert!(users.contains(data), "the user's home is not where the messages are");
    assert!(package.script("postrm").contains(&format!("rm -rf {data}\n")));
}

#[test]
fn the_packaged_configuration_is_right_without_a_doubt() {
    let (source, _) = Package::read().installed("postrider.toml");
    let check =
        Command::new(env!("CARGO_BIN_EXE_postrider")).args(["check", "--strict"]).arg(source).output();
    let check = check.unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn a_stop_is_given_longer_than_it_may_take() {
    let unit = Package::read().unit();
    let patience: u64 = unit.one("TimeoutStopSec").parse().unwrap();
    // `node.drain` for carriers' answers is 25 seconds; sessions, requests and the store have 10, 5 and 5 more, and
    // farewells to carriers 6.
    assert!(patience > 25 + 10 + 5 + 5 + 6);
}

/// What `Cargo.toml` says of the Debian package.
struct Package {
    root: PathBuf,
    deb: Table,
    /// Where each file comes from, and where it goes.
    assets: Vec<(String, String)>,
}

impl Package {
    fn read() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let manifest: Table = std::fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
        let deb = manifest["package"]["metadata"]["deb"].as_table().unwrap().clone();
        let asset = |asset: &Value| {
            let (source, target) = (asset[0].as_str().unwrap(), asset[1].as_str().unwrap());
            let name = if target.ends_with('/') { file_name(source) } else { "" };
            (source.to_owned(), format!("/{target}{name}"))
        };
        let assets = deb["assets"].as_array().unwrap().iter().map(asset).collect();
        Self { root, deb, assets }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A setting that is a text, or the first of a list.
    fn text(&self, key: &str) -> &str {
        let value = &self.deb[key];
        value.as_str().or_else(|| value[0].as_str()).unwrap()
    }

    fn list(&self, key: &str) -> Vec<&str> {
        self.deb[key].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
    }

    fn installs(&self, target: &str) -> bool {
        self.assets.iter().any(|(_, installed)| installed == target)
    }

    /// The file that is installed at a path with this in it, and what it says.
    fn installed(&self, part: &str) -> (PathBuf, String) {
        let found = self.assets.iter().find(|(_, target)| target.contains(part));
        let source = self.path(&found.unwrap_or_else(|| panic!("no {part} is installed")).0);
        let text = std::fs::read_to_string(&source).unwrap();
        (source, text)
    }

    fn script(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(self.text("maintainer-scripts")).join(name)).unwrap()
    }

    fn units(&self) -> &Value {
        &self.deb["systemd-units"]
    }

    fn unit(&self) -> Unit {
        let units = self.units();
        let file = format!("{}.service", units["unit-name"].as_str().unwrap());
        let directory = self.path(units["unit-scripts"].as_str().unwrap());
        Unit(std::fs::read_to_string(directory.join(file)).unwrap())
    }
}

/// A service, as systemd reads it.
struct Unit(String);

impl Unit {
    fn all(&self, key: &str) -> Vec<&str> {
        let value = |line: &'_ str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('='));
        self.0.lines().filter(|line| value(line)).map(|line| &line[key.len() + 1..]).collect()
    }

    fn one(&self, key: &str) -> &str {
        let all = self.all(key);
        assert_eq!(all.len(), 1, "{key}");
        all[0]
    }
}

fn file_name(path: &str) -> &str {
    Path::new(path).file_name().unwrap().to_str().unwrap()
}
