//! The keys of `[encryption]`, as they are read from files and the environment.

use super::check::{Checker, keys};
use super::settings::EncryptionSection;
use postrider_declare::Secret;
use postrider_store::vault::{KEY, NAME_MAX, NoVault, Vault};
use std::collections::BTreeMap;
use std::fmt;

/// Keys that values of the store are encrypted with.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    active: Option<String>,
    keys: BTreeMap<Box<str>, [u8; KEY]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({:?}, active {:?})", self.keys.keys(), self.active)
    }
}

impl Keys {
    /// A vault with these keys.
    pub(crate) fn vault(&self) -> Result<Vault, NoVault> {
        Vault::new(self.keys.clone(), self.active.as_deref())
    }
}

/// What a key looks like.
const HELP: &str = "a key is 64 hexadecimal digits: make one with `openssl rand -hex 32`";

impl Checker<'_> {
    /// The keys of the section.
    pub(super) fn encryption(&mut self, section: &EncryptionSection) -> Keys {
        let mut found = Keys { active: section.active.clone(), keys: BTreeMap::new() };
        for (name, secret) in &section.keys {
            let path = keys(&["encryption", "keys", name]);
            if name.is_empty() || name.len() > NAME_MAX {
                self.error(&path, format!("the name of a key has 1 to {NAME_MAX} octets"), None);
            } else if matches!(secret, Secret::Literal(_)) {
                let help = "write `{ file = \"/run/secrets/...\" }` or `{ env = \"...\" }`";
                self.error(&path, "the key must not stand in the configuration file", help);
            } else if let Some(text) = self.secret(&path, secret) {
                match octets(&text) {
                    Some(key) => drop(found.keys.insert(name.as_str().into(), key)),
                    None => self.error(&path, "this is not a key", HELP),
                }
            }
        }
        if let Some(active) = &section.active
            && !section.keys.contains_key(active)
        {
            let what = format!("there is no key '{active}' in `encryption.keys`");
            self.error(&keys(&["encryption", "active"]), what, "name one of the keys");
        }
        found
    }
}

fn octets(text: &str) -> Option<[u8; KEY]> {
    postrider_store::audit::of_hex(text.trim())
}
