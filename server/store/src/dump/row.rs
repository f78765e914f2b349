//! A row and its canonical form: a JSON array on one line, the same for both engines. Ids are text, bytes hexadecimal digits.

use super::manifest::hex;
use super::tables::{Column, Kind};
use serde_json::Value as Json;
use std::io::Write;
use uuid::Uuid;

/// Values in the order of the table's columns.
pub(crate) type Row = Vec<Value>;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Uuid(Uuid),
    Int(i64),
    Bool(bool),
    Text(String),
    Blob(Vec<u8>),
}

/// Appends the canonical form with its line break.
pub(crate) fn encode(row: &[Value], line: &mut Vec<u8>) {
    for (place, value) in row.iter().enumerate() {
        line.push(if place == 0 { b'[' } else { b',' });
        // Writing into memory does not fail.
        let _ = match value {
            Value::Null => line.write_all(b"null"),
            Value::Uuid(id) => write!(line, "\"{id}\""),
            Value::Int(number) => write!(line, "{number}"),
            Value::Bool(is_true) => write!(line, "{is_true}"),
            Value::Text(text) => serde_json::to_writer(&mut *line, text).map_err(Into::into),
            Value::Blob(bytes) => write!(line, "\"{}\"", hex(bytes)),
        };
    }
    line.extend_from_slice(b"]\n");
}

/// Reads the canonical form; none where it is not a row of these columns.
pub(crate) fn decode(line: &[u8], columns: &[&Column]) -> Option<Row> {
    let values: Vec<Json> = serde_json::from_slice(line).ok()?;
    if values.len() != columns.len() {
        return None;
    }
    values.into_iter().zip(columns).map(|(json, column)| value(json, column.kind)).collect()
}

fn value(json: Json, kind: Kind) -> Option<Value> {
    Some(match (kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Uuid, Json::String(text)) => Value::Uuid(Uuid::parse_str(&text).ok()?),
        (Kind::Int, Json::Number(number)) => Value::Int(number.as_i64()?),
        (Kind::Bool, Json::Bool(is_true)) => Value::Bool(is_true),
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Blob, Json::String(text)) => Value::Blob(bytes(&text)?),
        _ => return None,
    })
}

/// The bytes that hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read_as_it_was_written() {
        const COLUMNS: [Column; 6] = [
            Column { name: "a", kind: Kind::Uuid, since: 1 },
            Column { name: "b", kind: Kind::Int, since: 1 },
            Column { name: "c", kind: Kind::Bool, since: 1 },
            Column { name: "d", kind: Kind::Text, since: 1 },
            Column { name: "e", kind: Kind::Blob, since: 1 },
            Column { name: "f", kind: Kind::Text, since: 1 },
        ];
        let columns: Vec<&Column> = COLUMNS.iter().collect();
        let row = vec![
            Value::Uuid(Uuid::from_u128(1)),
            Value::Int(i64::MIN),
            Value::Bool(true),
            Value::Text("a \"b\" \\ \n\t\u{1}\u{7f}\u{2028}😀".into()),
            Value::Blob(vec![0, 9, 255]),
            Value::Null,
        ];
        let mut line = Vec::new();
        encode(&row, &mut line);
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(text.starts_with("[\"00000000-0000-0000-0000-000000000001\",-9223372036854775808,true,\"a \\\"b\\\""));
        assert!(text.ends_with(",\"0009ff\",null]\n"), "{text}");
        assert_eq!(decode(&line, &columns), Some(row));
        assert_eq!(decode(b"[1,2]", &columns), None);
        assert_eq!(decode(b"[\"x\",1,true,\"\",\"\",null]", &columns), None, "no id");
        assert_eq!(bytes("0"), None);
    }
}
