//! The seal of a copy, by which it is seen that every octet is as it was written: a part of the SHA-256 of the file,
//! where SQLite's format has four octets for whatever made it (`application_id`). It shows damage, and no forgery: who
//! changes a copy on purpose can seal it again.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the seal stands in the file, which is summed up as if zeros stood there.
const PLACE: usize = 68;
const LENGTH: usize = 4;
/// The octets of SQLite's header, which is in every database.
const HEADER: u64 = 100;

/// Seals a copy.
///
/// # Errors
/// When it can't be read or written.
pub(super) fn set(copy: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(copy)?;
    file.write_all_at(&sum(&file)?, PLACE as u64)
}

/// Whether a copy is as it was sealed; one that never was is taken for whole.
///
/// # Errors
/// When it can't be read.
pub(super) fn is_whole(copy: &Path) -> io::Result<bool> {
    let file = File::open(copy)?;
    if file.metadata()?.len() < HEADER {
        return Ok(true);
    }
    let mut sealed = [0; LENGTH];
    file.read_exact_at(&mut sealed, PLACE as u64)?;
    Ok(sealed == [0; LENGTH] || sealed == sum(&file)?)
}

fn sum(mut file: &File) -> io::Result<[u8; LENGTH]> {
    let (mut hasher, mut page, mut is_first) = (Sha256::new(), vec![0; 1 << 16], true);
    loop {
        let read = file.read(&mut page)?;
        if read == 0 {
            break;
        }
        if std::mem::take(&mut is_first) {
            page.iter_mut().take(read).skip(PLACE).take(LENGTH).for_each(|octet| *octet = 0);
        }
        hasher.update(page.get(..read).unwrap_or_default());
    }
    let mut sum = [0; LENGTH];
    sum.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
    // None is sealed with what stands for no seal.
    Ok(if sum == [0; LENGTH] { [0, 0, 0, 1] } else { sum })
}
