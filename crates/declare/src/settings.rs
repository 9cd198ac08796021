//! Tables of settings, each setting written once: its text, type, default and bounds. Reading, writing and describing a
//! table follow from that.

/// Defines a table of settings.
///
/// ```ignore
/// settings! {
///     /// A way out over SMPP.
///     pub struct Example {
///         /// The user name.                      must be given
///         system_id: String, Ascii(1..=15);
///         /// How many sessions are held.         has a default, and bounds
///         binds: u16 = 1, 1..=64;
///         /// How it is encrypted.                may be left out; the text says what that means
///         tls: Option<Tls> = None;
///     }
///     // Groups of settings that are in the same table; other tables may have the same groups.
///     with { timers: Timers }
/// }
/// ```
///
/// A table whose settings all have defaults is written `struct Example: Default` to have that default.
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $text:literal])+
        $vis:vis struct $name:ident: Default { $($fields:tt)* }
    ) => {
        $crate::settings! {
            $(#[doc = $text])+
            $vis struct $name { $($fields)* }
        }

        $crate::settings! { @implement_default $name { $($fields)* } }
    };
    (
        @implement_default $name:ident
        { $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr $(, $bounds:expr)?;)* }
    ) => {
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
    (
        $(#[doc = $text:literal])+
        $vis:vis struct $name:ident {
            $($(#[doc = $doc:literal])+ $field:ident: $type:ty $(= $default:expr)? $(, $bounds:expr)?;)*
        }
        $(with { $($(#[doc = $group_doc:literal])+ $group:ident: $group_type:ty),+ $(,)? })?
    ) => {
        $(#[doc = $text])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[doc = $doc])+ $(#[doc = concat!("\nDefault: `", stringify!($default), "`.")])? $vis $field: $type,)*
            $($($(#[doc = $group_doc])+ $vis $group: $group_type,)+)?
        }

        impl $name {
            /// The settings with nothing given; `None` if some must be given.
            #[must_use]
            $vis fn defaults() -> Option<Self> {
                Some(Self {
                    $($field: $crate::settings!(@default $($default)?),)*
                    $($($group: <$group_type>::defaults()?,)+)?
                })
            }
        }

        impl $crate::Settings for $name {
            fn keys(_node: &$crate::tree::Node) -> Vec<&'static str> {
                #[allow(unused_mut, reason = "a table without groups adds nothing")]
                let mut keys = vec![$(stringify!($field)),*];
                $($(keys.extend(<$group_type as $crate::Settings>::keys(_node));)+)?
                keys
            }

            fn read_fields(node: &$crate::tree::Node, notes: &$crate::Notes<'_>) -> Self {
                Self {
                    $($field: {
                        let hold = |_value: &$type, _notes: &$crate::Notes<'_>| {
                            $($crate::Limit::<$type>::hold(&$bounds, _value, _notes);)?
                        };
                        $crate::settings!(@read node, notes, stringify!($field), hold, $($default)?)
                    },)*
                    $($($group: <$group_type as $crate::Settings>::read_fields(node, notes),)+)?
                }
            }

            fn write_fields(&self, to: &mut $crate::json::Table) {
                $($crate::write_field(
                    stringify!($field),
                    &self.$field,
                    || -> Option<$type> { $crate::settings!(@given $($default)?) },
                    to,
                );)*
                $($($crate::Settings::write_fields(&self.$group, to);)+)?
            }

            fn describe() -> Vec<$crate::describe::Field> {
                #[allow(unused_mut, reason = "a table without groups adds nothing")]
                let mut fields = vec![$($crate::describe::Field {
                    name: stringify!($field),
                    text: concat!($($doc, "\n"),+),
                    kind: <$type as $crate::Setting>::kind(),
                    bounds: $crate::settings!(@bounds $type, $($bounds)?),
                    default: $crate::settings!(@described $type, $($default)?),
                    only: Vec::new(),
                }),*];
                $($(fields.extend(<$group_type as $crate::Settings>::describe());)+)?
                fields
            }
        }

        impl $crate::Setting for $name {
            fn kind() -> $crate::describe::Kind {
                $crate::describe::Kind::Table($crate::describe::Table {
                    name: stringify!($name),
                    text: concat!($($text, "\n"),+),
                    fields: <Self as $crate::Settings>::describe(),
                })
            }

            fn read(node: &$crate::tree::Node, notes: &$crate::Notes<'_>) -> Option<Self> {
                $crate::read_table(node, notes)
            }

            fn write(&self) -> $crate::json::Json {
                let mut table = $crate::json::Table::default();
                $crate::Settings::write_fields(self, &mut table);
                $crate::json::Json::Table(table)
            }

            fn is_table() -> bool {
                true
            }
        }
    };
    (@given) => { None };
    (@given $default:expr) => { Some($default) };
    (@default) => { None? };
    (@default $default:expr) => { $default };
    (@read $node:expr, $notes:expr, $key:expr, $hold:expr,) => {
        $crate::read_required($node, $key, $notes, $hold)
    };
    (@read $node:expr, $notes:expr, $key:expr, $hold:expr, $default:expr) => {
        $crate::read_field($node, $key, $notes, $hold).unwrap_or_else(|| $default)
    };
    (@bounds $type:ty,) => { $crate::describe::Bounds::All };
    (@bounds $type:ty, $bounds:expr) => { $crate::Limit::<$type>::bounds(&$bounds) };
    (@described $type:ty,) => { $crate::describe::Default::Required };
    (@described $type:ty, $default:expr) => {{
        let default: $type = $default;
        $crate::describe::Default::Value($crate::to_json(&default))
    }};
}
