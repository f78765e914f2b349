//! JSON texts of wire types, for the server, the page and programs alike: serde's derives define the format, and an error
//! names the field.

mod fields;
mod text;

pub use fields::Fields;
pub(crate) use text::Text;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::error::Category;
use std::fmt::{self, Display};

/// Why a text cannot be read: the type, the path of the field, and serde's reason.
/// `MemberPage.members[0].role: invalid type: map, expected …`
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct JsonError(Box<Parts>);

/// Behind a pointer, since most results are no errors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    /// The type and the path; empty where neither is known.
    path: String,
    reason: String,
}

impl Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.reason)
    }
}

impl Error for JsonError {
    fn custom<T: Display>(reason: T) -> Self {
        Self(Box::new(Parts { path: String::new(), reason: reason.to_string() }))
    }
}

/// An error of a text without fields and items. The place of an error in a JSON text is its path: line and column of a
/// part mean nothing. A text that is no JSON keeps them.
impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let mut reason = error.to_string();
        if error.classify() == Category::Data
            && let Some(end) = reason.rfind(" at line ")
        {
            reason.truncate(end);
        }
        Self(Box::new(Parts { path: String::new(), reason }))
    }
}

impl JsonError {
    /// The same error in a longer path.
    pub(crate) fn below(mut self, owner: &str) -> Self {
        self.0.path.insert_str(0, owner);
        self
    }
}

/// Reads a JSON text. Unknown fields are ignored.
///
/// # Errors
/// The text is no JSON, or of another type. The error names the type and the field.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    let name = std::any::type_name::<T>();
    let read = Text::check(text).and_then(T::deserialize);
    read.map_err(|error| error.below(name.rsplit("::").next().unwrap_or(name)))
}

/// The JSON text of a value.
///
/// # Panics
/// Never for wire types: the keys of their objects are names of fields.
#[must_use]
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("wire types have string keys only")
}
