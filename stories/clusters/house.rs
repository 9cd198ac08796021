//! Houses with wires: network namespaces, in which nodes have addresses of their own, joined to this machine by pairs
//! of interfaces. A wire that is cut swallows packets, and tells neither end.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first address of those kept for tests of networks (RFC 2544), of which there are 2^17.
const FIRST: u32 = 0xc612_0000;
/// Networks of four addresses that a process of stories may have.
const WIRES: u32 = 16;
/// Whom frames go to over a wire that is cut.
const NOBODY: &str = "02:00:00:00:00:00";
/// Rights to make namespaces and interfaces, as bits of `CapEff`.
const NET_ADMIN: u64 = 1 << 12;
const SYS_ADMIN: u64 = 1 << 21;

static LAID: AtomicU32 = AtomicU32::new(0);

/// A network namespace. It and its wires are gone when the story ends.
#[derive(Debug)]
pub(crate) struct House {
    name: String,
    /// What clients use, and all that has no wire of its own.
    pub(crate) street: Wire,
    /// What only the database is reached by.
    pub(crate) database: Wire,
    /// What only the carrier is reached by.
    pub(crate) carrier: Wire,
}

/// A pair of interfaces, one outside and one inside.
#[derive(Debug)]
pub(crate) struct Wire {
    house: String,
    outer: String,
    inner: String,
    /// This machine's address.
    pub(crate) outside: Ipv4Addr,
    /// The house's address.
    pub(crate) inside: Ipv4Addr,
}

/// Whether houses may be built here. If not, it says why.
pub(crate) fn may_build() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    let rights = u64::from_str_radix(rights.trim(), 16).unwrap();
    let may = rights & NET_ADMIN != 0 && rights & SYS_ADMIN != 0;
    if !may {
        println!("LEFT OUT: network namespaces need CAP_NET_ADMIN and CAP_SYS_ADMIN, which root has");
    }
    may
}

impl House {
    /// Builds one.
    pub(crate) fn build() -> Self {
        let first = LAID.fetch_add(3, Ordering::Relaxed);
        assert!(first + 3 <= WIRES, "too many houses");
        let name = format!("postrider-{}-{first}", std::process::id());
        ip(&["netns", "add", &name]);
        let wire = |number| Wire::lay(&name, number);
        let (street, database, carrier) = (wire(first), wire(first + 1), wire(first + 2));
        ip(&["-n", &name, "link", "set", "lo", "up"]);
        ip(&["-n", &name, "route", "add", "default", "via", &street.outside.to_string()]);
        Self { name, street, database, carrier }
    }

    /// Its name among the namespaces.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for wire in [&self.street, &self.database, &self.carrier] {
            let _ = Command::new("ip").args(["link", "delete", &wire.outer]).status();
        }
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

impl Wire {
    fn lay(house: &str, number: u32) -> Self {
        let process = std::process::id();
        let network = FIRST + 4 * ((process % 2_000) * WIRES + number);
        let (outside, inside) = (Ipv4Addr::from_bits(network + 1), Ipv4Addr::from_bits(network + 2));
        let (outer, inner) = (format!("pr{process}o{number}"), format!("in{number}"));
        ip(&["link", "add", &outer, "type", "veth", "peer", "name", &inner, "netns", house]);
        ip(&["address", "add", &format!("{outside}/30"), "dev", &outer]);
        ip(&["-n", house, "address", "add", &format!("{inside}/30"), "dev", &inner]);
        ip(&["link", "set", &outer, "up"]);
        ip(&["-n", house, "link", "set", &inner, "up"]);
        Self { house: house.to_owned(), outer, inner, outside, inside }
    }

    /// Swallows whatever is sent from now on, in both directions.
    pub(crate) fn cut(&self) {
        let (outside, inside) = (self.outside.to_string(), self.inside.to_string());
        let to_nobody = ["lladdr", NOBODY, "nud", "permanent", "dev"];
        ip(&[&["neighbour", "replace", &inside][..], &to_nobody, &[&self.outer]].concat());
        let within = ["-n", &self.house, "neighbour", "replace", &outside];
        ip(&[&within[..], &to_nobody, &[&self.inner]].concat());
    }

    /// Lets everything through again.
    pub(crate) fn mend(&self) {
        let (outside, inside) = (self.outside.to_string(), self.inside.to_string());
        ip(&["neighbour", "delete", &inside, "dev", &self.outer]);
        ip(&["-n", &self.house, "neighbour", "delete", &outside, "dev", &self.inner]);
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("ip runs: apt-get install iproute2");
    assert!(
        output.status.success(),
        "ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}
