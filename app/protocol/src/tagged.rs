//! Enums whose variant is named by a field (`type`, `event`, `kind`), read by dispatch over their text.
//!
//! The fields stay a text until the variant is known, and are read once, as those of that variant. What serde derives for
//! such enums accepts the fields ahead of the name as well: it keeps them in a buffer, and compiles every type below a
//! second time, to read it from there (docs/decisions/page-json.md has the sizes).

use crate::JsonError;
use crate::json::Text;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::value::RawValue;

/// Such a text, as a deserializer of an externally tagged enum, for which serde needs no buffer.
pub struct Tagged<'de> {
    /// The field that names the variant.
    tag: &'static str,
    /// The name of the variant.
    variant: String,
    /// The field with the object of the variant's fields; none where they stand beside the tag.
    content: Option<&'static str>,
    /// That object.
    fields: Text<'de>,
}

impl<'de> Tagged<'de> {
    /// The text of a value within another one.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn text<D: Deserializer<'de>>(from: D) -> Result<Box<RawValue>, D::Error> {
        Deserialize::deserialize(from)
    }

    /// Splits a text.
    ///
    /// # Errors
    /// It is no object, or has no tag.
    pub fn read(text: &'de str, tag: &'static str, content: Option<&'static str>) -> Result<Self, JsonError> {
        let text = Text::object(text);
        let parts = text.fields()?;
        let variant = parts.get(tag).ok_or_else(|| JsonError::missing_field(tag))?;
        Ok(Self { tag, variant, content, fields: content.map_or(text, |content| parts.text(content)) })
    }
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let name: StrDeserializer<'_, JsonError> = self.variant.as_str().into_deserializer();
        let variant = seed.deserialize(name).map_err(|error: JsonError| error.below(self.tag))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = JsonError;

    /// Fields of a variant without fields are unknown ones, and ignored.
    fn unit_variant(self) -> Result<(), JsonError> {
        Ok(())
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, JsonError> {
        self.fields.deserialize_map(visitor).map_err(|error| {
            let content = self.content.map(|content| format!(": {content}")).unwrap_or_default();
            error.below(&(self.variant + &content))
        })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, JsonError> {
        Err(JsonError::custom("the fields of a variant have names"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonError> {
        Err(JsonError::custom("the fields of a variant have names"))
    }
}

/// Defines an enum with `#[serde(tag = …)]` or `#[serde(tag = …, content = …)]` that is written as serde derives it, and
/// read by dispatch over its text. Its variants have named fields or none, and take serde's attributes.
///
/// It is read from JSON texts only, so no type that contains one may be within what serde itself buffers: an enum with
/// `#[serde(tag = …)]` that is not `tagged!`, an untagged one, or a flattened field.
#[macro_export]
macro_rules! tagged {
    (
        $(#[doc = $doc:literal])*
        #[derive($($derive:ident),*)]
        #[serde(tag = $tag:literal $(, content = $content:literal)? $(, rename_all = $case:literal)?)]
        $vis:vis enum $name:ident { $($variants:tt)* }
    ) => {
        $(#[doc = $doc])*
        #[derive($($derive,)* serde::Serialize)]
        #[serde(tag = $tag $(, content = $content)? $(, rename_all = $case)?)]
        $vis enum $name { $($variants)* }

        impl $name {
            /// Reads a JSON text.
            ///
            /// # Errors
            /// The text is no JSON, or of another type. The error names the variant and the field.
            $vis fn read(text: &str) -> Result<Self, $crate::JsonError> {
                type Variants = $name;
                #[derive(serde::Deserialize)]
                #[serde(remote = "Variants" $(, rename_all = $case)?)]
                enum Wire { $($variants)* }

                let content: &[&'static str] = &[$($content)?];
                Wire::deserialize($crate::Tagged::read(text, $tag, content.first().copied())?)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = $crate::Tagged::text(from)?;
                Self::read(text.get()).map_err(serde::de::Error::custom)
            }
        }
    };
}
