//! Settings that take one of several words, each written once with what it means.

use crate::mistake::{Kind, Notes};
use crate::tree::{Node, Value};

/// Makes an enumeration a type of settings, with a word for each variant: one defined here (`pub enum Name { … }`), or one
/// of another crate (`impl Name for path::Type { … }`).
#[macro_export]
macro_rules! words {
    (
        $(#[doc = $text:literal])+
        $vis:vis enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $text])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($(#[doc = $doc])+ $variant,)+ }

        $crate::words! {
            $(#[doc = $text])+
            impl $name for $name { $($(#[doc = $doc])+ $variant = $word,)+ }
        }

        impl $name {
            /// The word for it.
            #[allow(dead_code, reason = "not every word is asked for")]
            #[must_use]
            $vis const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word: String = $crate::serde::Deserialize::deserialize(from)?;
                let unknown = || $crate::serde::de::Error::unknown_variant(&word, &[$($word),+]);
                match &*word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(unknown()),
                }
            }
        }
    };
    (
        $(#[doc = $text:literal])+
        impl $name:ident for $type:ty { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        impl $crate::Setting for $type {
            fn kind() -> $crate::describe::Kind {
                $crate::describe::Kind::Words(&$crate::describe::Words {
                    name: stringify!($name),
                    text: concat!($($text, "\n"),+),
                    words: &[$(($word, concat!($($doc, "\n"),+))),+],
                })
            }

            fn read(node: &$crate::tree::Node, notes: &$crate::Notes<'_>) -> Option<Self> {
                $crate::read_word(node, notes, &[$(($word, Self::$variant)),+])
            }

            fn write(&self) -> $crate::json::Json {
                $crate::json::Json::text(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }
    };
}

/// Reads one of the words.
pub fn read_word<T: Copy>(node: &Node, notes: &Notes<'_>, words: &[(&'static str, T)]) -> Option<T> {
    let known = || words.iter().map(|(word, _)| *word);
    let Value::Text(text) = &node.value else {
        let quoted: Vec<String> = known().map(|word| format!("\"{word}\"")).collect();
        notes.wrong_type(format_args!("expected one of {}", quoted.join(", ")));
        return None;
    };
    let found = words.iter().find(|(word, _)| word == text);
    if found.is_none() {
        notes.note(Kind::UnknownWord { word: text.clone(), known: known().collect() });
    }
    found.map(|(_, value)| *value)
}
