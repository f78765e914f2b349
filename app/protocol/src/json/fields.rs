//! A JSON object as the texts of its fields: for dispatch by one of them, and for what can be read of an object of another
//! version.

use super::Text;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The fields of a JSON object, each with its text. Reads single fields of an object that is of no known type.
#[derive(Default)]
pub struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// The fields of the object in a text; none if it is no object.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, (String, &'a RawValue)> {
        self.0.iter()
    }

    /// The text of a field; `null` where there is none.
    pub(crate) fn text(&self, name: &str) -> Text<'a> {
        self.iter().find(|(known, _)| known == name).map_or(Text::NULL, |(_, value)| Text::from(*value))
    }

    /// A field that is an object; empty where it is none.
    pub(crate) fn object(&self, name: &str) -> Self {
        self.text(name).fields().unwrap_or_default()
    }

    /// The value of a field, if it is of this type.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.text(name)).ok()
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Pairs)
    }
}
