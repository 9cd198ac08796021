//! The columns of tables of media, as both engines have them.

use postrider_core::account::AccountId;
use postrider_core::id::MessageId;
use postrider_core::media::{Media, MediaItem, MediaType};
use postrider_core::number::Number;
use postrider_core::time::Time;

/// The columns of table `media`, in the order of [`Columns`]. The octets are the last: what doesn't need them doesn't read them.
pub(crate) const MEDIA: &str = "id, account, person, kind, size, print, expires, sealed, octets";
/// The columns of a medium's item.
pub(crate) const ITEM: &str = "id, kind, size, print";
/// The columns of table `media_page`.
pub(crate) const PAGE: &str = "token, account, items, expires";

/// The octets that an account has stored, with its number at place 1.
pub(crate) fn stored(sign: char) -> String {
    format!("SELECT CAST(coalesce(sum(size), 0) AS bigint) FROM media WHERE account = {sign}1")
}

/// Deletes at most so many media that have expired: the time is at place 1, the number at place 2.
pub(crate) fn purge(sign: char) -> String {
    format!(
        "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE expires <= {sign}1 ORDER BY expires LIMIT {sign}2)"
    )
}

/// Deletes at most so many pages that have expired.
pub(crate) fn purge_pages(sign: char) -> String {
    format!(
        "DELETE FROM media_page WHERE token IN \
         (SELECT token FROM media_page WHERE expires <= {sign}1 ORDER BY expires LIMIT {sign}2)"
    )
}

/// The columns of a row before its octets.
pub(crate) struct Columns {
    pub(crate) id: i64,
    pub(crate) account: Option<i64>,
    pub(crate) person: Option<i64>,
    pub(crate) kind: i64,
    pub(crate) size: i64,
    pub(crate) print: i64,
    pub(crate) expires: i64,
    pub(crate) sealed: bool,
}

impl Columns {
    pub(crate) fn of(media: &Media) -> Self {
        Self {
            id: media.item.id.number().cast_signed(),
            account: media.account.map(|account| account.0.into()),
            person: media.person.map(|number| number.digits().cast_signed()),
            kind: media.item.kind.code().into(),
            size: media.item.size.into(),
            print: media.item.print.cast_signed(),
            expires: media.expires.0,
            sealed: media.sealed,
        }
    }

    /// The medium; `None` if a column has no value of it.
    pub(crate) fn media(self, octets: Vec<u8>) -> Option<Media> {
        Some(Media {
            item: item(self.id, self.kind, self.size, self.print)?,
            account: self.account.and_then(|account| account.try_into().ok()).map(AccountId),
            person: self.person.and_then(|digits| Number::from_kept(digits.try_into().ok()?)),
            expires: Time(self.expires),
            sealed: self.sealed,
            octets: octets.into(),
        })
    }
}

/// An item of its columns.
pub(crate) fn item(id: i64, kind: i64, size: i64, print: i64) -> Option<MediaItem> {
    Some(MediaItem {
        id: MessageId::from_number(id.cast_unsigned()),
        kind: MediaType::from_code(kind.try_into().ok()?)?,
        size: size.try_into().ok()?,
        print: print.cast_unsigned(),
    })
}

/// The identifiers of a page, with commas between them.
pub(crate) fn items_text(items: &[MessageId]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The identifiers in a text; what is none is left out.
pub(crate) fn items_of(text: &str) -> Box<[MessageId]> {
    text.split(',').filter_map(|id| id.parse().ok()).collect()
}
