//! The data directory: made private, with the key of the first administrator in it. What the store keeps there is the
//! store's, and so is seeing to it that one process at a time uses it.

use crate::config::AdminKey;
use crate::failure::Failure;
use postrider_core::principal::Rights;
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file of the first administrator's key.
pub(crate) const ADMIN_KEY_FILE: &str = "admin.key";
/// The prefix of such a key, by which people and secret scanners recognise it.
const ADMIN_KEY_PREFIX: &str = "pra_";
/// The count of random octets in such a key.
const ADMIN_KEY_OCTETS: usize = 24;

/// The data directory.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    /// Its path.
    pub(crate) path: PathBuf,
}

impl DataDirectory {
    /// Creates the directory if it doesn't exist, with access for its owner only.
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        let failed = |what: &str, error: &std::io::Error| {
            Failure::failed(format!("can't {what} the data directory {}: {error}", path.display()))
                .help("name a directory that you may write to with `--data DIR`")
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failed("make", &error))?;
        std::fs::set_permissions(path, Permissions::from_mode(0o700))
            .map_err(|error| failed("make private", &error))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The key of the first administrator, created at the first start. Also returns whether it is new.
    pub(crate) fn admin_key(&self) -> Result<(AdminKey, bool), Failure> {
        let (key, new) = match read_admin_key(&self.path)? {
            Some(key) => (key, false),
            None => (self.make_admin_key()?, true),
        };
        Ok((
            AdminKey {
                name: "admin".into(),
                hash: Sha256::digest(key.as_bytes()).into(),
                rights: Rights::ALL,
            },
            new,
        ))
    }

    fn make_admin_key(&self) -> Result<String, Failure> {
        let path = admin_key_path(&self.path);
        let failed = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("can't make the administrator's key {}: {error}", path.display()))
        };
        let mut octets = [0u8; ADMIN_KEY_OCTETS];
        getrandom::fill(&mut octets).map_err(|error| failed(&error))?;
        let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let key = format!("{ADMIN_KEY_PREFIX}{digits}");
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| failed(&error))?;
        writeln!(file, "{key}").and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
        Ok(key)
    }
}

/// The path of the administrator's key in a data directory.
pub(crate) fn admin_key_path(directory: &Path) -> PathBuf {
    directory.join(ADMIN_KEY_FILE)
}

/// The key of a data directory's administrator, if there is one.
pub(crate) fn read_admin_key(directory: &Path) -> Result<Option<String>, Failure> {
    let path = admin_key_path(directory);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(1024).read_to_string(&mut text)) {
        Ok(_) if text.trim().is_empty() => {
            Err(Failure::failed(format!("the administrator's key {} is empty", path.display()))
                .help("remove the file; the next start makes a new key"))
        }
        Ok(_) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::failed(format!("can't read {}: {error}", path.display()))
            .help("run this as the user that the gateway runs as, or pass `--key`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn is_private_and_keeps_its_key() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/data");
        let directory = DataDirectory::make(&path).unwrap();
        let (first, new) = directory.admin_key().unwrap();
        assert!(new);
        assert_eq!((mode(&path), mode(&path.join(ADMIN_KEY_FILE))), (0o700, 0o600));
        let (second, new) = directory.admin_key().unwrap();
        assert!(!new && first == second);
        let key = read_admin_key(&path).unwrap().unwrap();
        assert_eq!(first.hash, <[u8; 32]>::from(Sha256::digest(key.as_bytes())));
    }

    #[test]
    fn an_empty_key_is_not_a_key() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(read_admin_key(place.path()).unwrap(), None);
        std::fs::write(admin_key_path(place.path()), "\n").unwrap();
        assert!(read_admin_key(place.path()).is_err());
    }
}
