//! Data fields by position, and structures of them.

use bytes::BytesMut;

/// The data fields of a frame that are still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// The next field; `None` when there is none left.
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|octet| *octet == b'/')?;
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Some(field)
    }
}

/// Appends a field and the `/` behind it. Octets that a field can't hold are left out.
pub(super) fn put(field: &[u8], out: &mut BytesMut) {
    let is_allowed = |octet: &u8| matches!(octet, b' '..=b'~') && *octet != b'/';
    if field.iter().all(is_allowed) {
        out.extend_from_slice(field);
    } else {
        out.extend(field.iter().copied().filter(is_allowed));
    }
    out.extend_from_slice(b"/");
}

/// Structures of fields in their order. An empty field is an absent one.
macro_rules! fields {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name<'a> {
            $($(#[doc = $field_doc])+ pub $field: &'a [u8],)+
        }

        impl<'a> $name<'a> {
            /// Reads the fields; `None` if there are fewer. Further ones are left alone.
            pub(super) fn read(fields: &mut $crate::ucp::fields::Fields<'a>) -> Option<Self> {
                Some(Self { $($field: fields.next()?,)+ })
            }

            pub(super) fn write(&self, out: &mut bytes::BytesMut) {
                $($crate::ucp::fields::put(self.$field, out);)+
            }
        }
    };
}

pub(super) use fields;
