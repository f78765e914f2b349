//! Reads values level by level: serde_json splits an object into the texts of its fields and an array into those of its
//! items, and reads everything else. Nothing here knows JSON's grammar.
//!
//! So the code that is compiled for a type has only its fields and nothing of JSON, which keeps the page's download small
//! (docs/decisions/page-json.md), and an error knows its path.

use super::{Fields, JsonError};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The JSON text of one value.
#[derive(Clone, Copy)]
pub(crate) struct Text<'de>(&'de str);

impl<'de> Text<'de> {
    pub(super) const NULL: Self = Self("null");

    /// An object. Other texts are checked first, since what follows a number is not read.
    pub(crate) const fn object(text: &'de str) -> Self {
        Self(text)
    }

    /// Checks that the whole text is one value.
    pub(super) fn check(text: &'de str) -> Result<Self, JsonError> {
        let text: &RawValue = serde_json::from_str(text)?;
        Ok(Self(text.get()))
    }

    pub(crate) fn fields(self) -> Result<Fields<'de>, JsonError> {
        Ok(serde_json::from_str(self.0)?)
    }

    fn items(self) -> Result<Vec<&'de RawValue>, JsonError> {
        Ok(serde_json::from_str(self.0)?)
    }
}

impl<'de> From<&'de RawValue> for Text<'de> {
    fn from(text: &'de RawValue) -> Self {
        Self(text.get())
    }
}

/// What serde_json reads as a whole.
macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            Ok(serde_json::Deserializer::from_str(self.0).$method(visitor)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = JsonError;

    scalars! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.0 == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_unit(visitor)
    }

    /// `RawValue` is read as such a type, by a name that only serde_json knows.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let mut json = serde_json::Deserializer::from_str(self.0);
        Ok(json.deserialize_newtype_struct(name, visitor)?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let items = self.items()?;
        visitor.visit_seq(ItemAccess { items: items.iter().enumerate() })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let fields = self.fields()?;
        visitor.visit_map(FieldAccess { fields: fields.iter(), next: ("", self) })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    /// A word: enums with fields are `tagged!`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let word: String = serde_json::from_str(self.0)?;
        let word: StrDeserializer<'_, JsonError> = word.as_str().into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }
}

/// The fields of an object.
struct FieldAccess<'f, 'de> {
    fields: std::slice::Iter<'f, (String, &'de RawValue)>,
    /// The name and the text of the field that was read last.
    next: (&'f str, Text<'de>),
}

impl<'f> FieldAccess<'f, '_> {
    /// Not inlined: it is the same for every struct.
    #[inline(never)]
    fn next_name(&mut self) -> Option<&'f str> {
        let (name, value) = self.fields.next()?;
        self.next = (name, Text::from(*value));
        Some(name)
    }
}

impl<'de> MapAccess<'de> for FieldAccess<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        let Some(name) = self.next_name() else { return Ok(None) };
        let name: StrDeserializer<'_, JsonError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    #[inline(never)]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        let (name, text) = self.next;
        seed.deserialize(text).map_err(|error| error.below(&format!(".{name}")))
    }
}

/// The items of an array.
struct ItemAccess<'i, 'de> {
    items: std::iter::Enumerate<std::slice::Iter<'i, &'de RawValue>>,
}

impl<'de> SeqAccess<'de> for ItemAccess<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Text::from(*item)).map(Some).map_err(|error| error.below(&format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}
