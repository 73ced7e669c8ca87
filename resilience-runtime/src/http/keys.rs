use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

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
            let message = format!("`{other}` and `{written}` are names of one key: write one of them");
            return Err(A::Error::custom(message));
        }
        let found = seed.deserialize(key.as_str().into_deserializer()).map(Some);
        self.seen.push((key, written));
        found
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
