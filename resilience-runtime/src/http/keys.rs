use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

/// Keys with a second name, which is the second one.
pub(super) type Spellings = &'static [(&'static str, &'static str)];

/// The keys of secrets, and what they hold. Errors do not quote the value, because they are logged.
const SECRETS: [(&str, &str); 2] = [
    ("headers", "a map from names to strings"),
    ("auth", "[\"name\", \"password\"], {\"username\", \"password\"} or {\"bearer\"}"),
];

/// Reads a map. Errors of a value begin with its key, as it was written. A list of the values, which `serde` would accept
/// too, is rejected.
pub(super) fn table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
    spellings: Spellings,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Table(expected, spellings, PhantomData))
}

struct Table<T>(&'static str, Spellings, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Table<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let keys = Keys { map, spellings: self.1, seen: Vec::new() };
        T::deserialize(MapAccessDeserializer::new(keys))
    }
}

/// A map with the first name of each key.
struct Keys<A> {
    map: A,
    spellings: Spellings,
    /// The keys so far: their first names, and as they were written.
    seen: Vec<(String, String)>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Keys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(written) = self.map.next_key::<String>()? else { return Ok(None) };
        let spelling = self.spellings.iter().find(|(_, second)| *second == written);
        let key = spelling.map_or_else(|| written.clone(), |(first, _)| (*first).to_owned());
        if let Some((_, other)) = self.seen.iter().find(|(seen, _)| *seen == key) {
            let message = if *other == written {
                format!("`{written}` is there twice")
            } else {
                format!("`{other}` and `{written}` are names of one key: write one of them")
            };
            return Err(A::Error::custom(message));
        }
        let known = seed.deserialize(StrDeserializer::<UnknownKey>::new(&key));
        let known = known.map_err(|unknown| A::Error::custom(unknown.message(&written, self.spellings)))?;
        self.seen.push((key, written));
        Ok(Some(known))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let key = self.seen.last().map_or("", |(_, written)| written);
        self.map.next_value_seed(seed).map_err(|error| {
            match SECRETS.iter().find(|(secret, _)| *secret == key) {
                Some((_, expected)) => A::Error::custom(format_args!("`{key}`: expected {expected}")),
                None => A::Error::custom(format_args!("`{key}`: {error}")),
            }
        })
    }
}

/// A key that is not known, and those that are. Of `serde`'s own error, only the text can be read.
#[derive(Debug)]
struct UnknownKey(&'static [&'static str]);

impl UnknownKey {
    /// With every name of each known key.
    fn message(&self, written: &str, spellings: Spellings) -> String {
        let names = |first| match spellings.iter().find(|(key, _)| *key == first) {
            Some((_, second)) => format!("`{first}` (or `{second}`)"),
            None => format!("`{first}`"),
        };
        let known: Vec<_> = self.0.iter().copied().map(names).collect();
        let one_of = if known.len() == 1 { "" } else { "one of " };
        format!("unknown field `{written}`, expected {one_of}{}", known.join(", "))
    }
}

impl Error for UnknownKey {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}

impl std::error::Error for UnknownKey {}

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
