//! The vault: what seals values and opens them, with keys from outside of the store.
//!
//! A value is sealed by AES-256-GCM, under a key that is derived by HKDF-SHA256 from the vault's active key and a random
//! salt of this process. So no pair of key and nonce comes twice, however many values there are: the nonce is a counter.
//! What a value belongs to is authenticated with it, so that no sealed value can stand in another row.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The octets of a key.
pub const KEY: usize = 32;
/// The longest name of a key.
pub const NAME_MAX: usize = 64;
/// The octets of a salt.
const SALT: usize = 16;
/// The octets of a counter.
const COUNTER: usize = 8;
/// What a sealed value begins with.
const VERSION: u8 = 1;
/// Derived keys that are remembered: each process that has written has one.
const DERIVED_MAX: usize = 256;

/// Why a value can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It was sealed with a key that isn't here.
    #[error("it is encrypted with the key '{0}', which `[encryption]` doesn't have")]
    KeyMissing(String),
    /// It isn't what was sealed, or the key is another one of this name.
    #[error(
        "it can't be decrypted: it was changed, or the key '{0}' is not the one that it was encrypted with"
    )]
    Wrong(String),
    /// It isn't a sealed value.
    #[error("it is not an encrypted value")]
    Malformed,
}

/// Keys by name, and the one that seals.
pub struct Vault {
    keys: BTreeMap<Box<str>, [u8; KEY]>,
    active: Option<Sealer>,
    derived: Mutex<DerivedKeys>,
}

/// Derived keys, by the names of the keys that they come from and their salts.
type DerivedKeys = HashMap<(Box<str>, [u8; SALT]), Arc<LessSafeKey>>;

/// What seals: a derived key, and how often it was used.
struct Sealer {
    name: Box<str>,
    salt: [u8; SALT],
    key: Arc<LessSafeKey>,
    used: AtomicU64,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({:?}, active {:?})", self.keys.keys(), self.active())
    }
}

/// A vault can't be made: the system has no randomness to give, or there is no key of the active name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random numbers from the system, or no key of the active name")]
pub struct NoVault;

impl Vault {
    /// A vault without keys, which seals nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self { keys: BTreeMap::new(), active: None, derived: Mutex::default() }
    }

    /// A vault with these keys, of which `active` seals. Without it nothing is sealed any more, and what was can be opened.
    ///
    /// # Errors
    /// See [`NoVault`].
    pub fn new(keys: BTreeMap<Box<str>, [u8; KEY]>, active: Option<&str>) -> Result<Self, NoVault> {
        let sealer = |name: &str| {
            let master = keys.get(name)?;
            let mut salt = [0; SALT];
            SystemRandom::new().fill(&mut salt).ok()?;
            let key = Arc::new(derive(master, &salt)?);
            Some(Sealer { name: name.into(), salt, key, used: AtomicU64::new(0) })
        };
        let active = active.map(|name| sealer(name).ok_or(NoVault)).transpose()?;
        Ok(Self { keys, active, derived: Mutex::default() })
    }

    /// The name of the key that seals, if one does.
    #[must_use]
    pub fn active(&self) -> Option<&str> {
        self.active.as_ref().map(|sealer| &*sealer.name)
    }

    /// The names of its keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(|name| &**name)
    }

    /// Seals a value that belongs to this place; `None` if nothing is sealed.
    pub(crate) fn seal(&self, place: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let sealer = self.active.as_ref()?;
        let counter = sealer.used.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut sealed =
            Vec::with_capacity(2 + sealer.name.len() + SALT + COUNTER + value.len() + AES_256_GCM.tag_len());
        sealed.extend([VERSION, u8::try_from(sealer.name.len()).ok()?]);
        sealed.extend_from_slice(sealer.name.as_bytes());
        sealed.extend_from_slice(&sealer.salt);
        sealed.extend_from_slice(&counter);
        let head = sealed.len();
        sealed.extend_from_slice(value);
        let belongs = Aad::from([&sealed[..head], place].concat());
        let tag = sealer.key.seal_in_place_separate_tag(nonce(counter), belongs, &mut sealed[head..]).ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }

    /// Opens a value that belongs to this place.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let Parts { head, name, salt, counter, value } = parts(sealed).ok_or(NotOpened::Malformed)?;
        let master = self.keys.get(name).ok_or_else(|| NotOpened::KeyMissing(name.to_owned()))?;
        let wrong = || NotOpened::Wrong(name.to_owned());
        let key = self.derived(name, master, salt).ok_or_else(wrong)?;
        let mut value = value.to_vec();
        let belongs = Aad::from([head, place].concat());
        let length = key.open_in_place(nonce(counter), belongs, &mut value).map_err(|_| wrong())?.len();
        value.truncate(length);
        Ok(value)
    }

    fn derived(&self, name: &str, master: &[u8; KEY], salt: [u8; SALT]) -> Option<Arc<LessSafeKey>> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (Box::from(name), salt);
        if let Some(key) = derived.get(&place) {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(derive(master, &salt)?);
        if derived.len() >= DERIVED_MAX {
            derived.clear();
        }
        derived.insert(place, Arc::clone(&key));
        Some(key)
    }
}

/// The name of the key that a value was sealed with.
pub(crate) fn key_name(sealed: &[u8]) -> Option<&str> {
    parts(sealed).map(|parts| parts.name)
}

/// The parts of a sealed value.
struct Parts<'a> {
    head: &'a [u8],
    name: &'a str,
    salt: [u8; SALT],
    counter: [u8; COUNTER],
    value: &'a [u8],
}

fn parts(sealed: &[u8]) -> Option<Parts<'_>> {
    let [VERSION, length, rest @ ..] = sealed else { return None };
    let (name, rest) = rest.split_at_checked((*length).into())?;
    let (salt, rest) = rest.split_at_checked(SALT)?;
    let (counter, value) = rest.split_at_checked(COUNTER)?;
    let head = sealed.get(..sealed.len() - value.len())?;
    Some(Parts {
        head,
        name: str::from_utf8(name).ok()?,
        salt: salt.try_into().ok()?,
        counter: counter.try_into().ok()?,
        value,
    })
}

fn nonce(counter: [u8; COUNTER]) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce.iter_mut().skip(NONCE_LEN - COUNTER).zip(counter).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(nonce)
}

/// The key of one process, from a key from outside and the process's salt.
fn derive(master: &[u8; KEY], salt: &[u8; SALT]) -> Option<LessSafeKey> {
    let pseudorandom = Salt::new(HKDF_SHA256, salt).extract(master);
    let derived = pseudorandom.expand(&[b"postrider at rest 1"], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(derived)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(names: &[(&str, u8)], active: Option<&str>) -> Vault {
        let keys = names.iter().map(|(name, octet)| (Box::from(*name), [*octet; KEY])).collect();
        Vault::new(keys, active).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_by_any_process_with_its_key() {
        let sealed = vault(&[("a", 1)], Some("a")).seal(b"row 7", b"hello").unwrap();
        let other = vault(&[("a", 1), ("b", 2)], Some("b"));
        assert_eq!(other.open(b"row 7", &sealed), Ok(b"hello".to_vec()));
        assert_eq!(key_name(&sealed), Some("a"));
        assert!(!sealed.windows(5).any(|window| window == b"hello"));
        let again = other.seal(b"row 7", b"hello").unwrap();
        assert_ne!(other.seal(b"row 7", b"hello").unwrap(), again, "the same text is sealed anew");
        assert_eq!(other.open(b"row 7", &again), Ok(b"hello".to_vec()));
    }

    #[test]
    fn nothing_else_is_opened() {
        let a = vault(&[("a", 1)], Some("a"));
        let sealed = a.seal(b"row 7", b"hello").unwrap();
        let wrong = Err(NotOpened::Wrong("a".into()));
        assert_eq!(a.open(b"row 8", &sealed), wrong);
        for place in 3..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(a.open(b"row 7", &changed), wrong, "{place}");
        }
        assert_eq!(vault(&[("a", 2)], None).open(b"row 7", &sealed), wrong);
        assert_eq!(Vault::empty().open(b"row 7", &sealed), Err(NotOpened::KeyMissing("a".into())));
        for malformed in [&b""[..], b"\x01", b"\x01\x05abc", b"\x02\x01a", b"hello"] {
            assert_eq!(a.open(b"row 7", malformed), Err(NotOpened::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn without_an_active_key_nothing_is_sealed() {
        assert_eq!(Vault::empty().seal(b"", b"hello"), None);
        assert_eq!(vault(&[("a", 1)], None).seal(b"", b"hello"), None);
        assert_eq!(Vault::new(BTreeMap::new(), Some("a")).unwrap_err(), NoVault);
    }
}
