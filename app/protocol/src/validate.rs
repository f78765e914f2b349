//! Checks of what people type, shared so that the page and the server say the same sentence.

use crate::limits::{
    BODY_BYTES, BODY_CHARS, DISPLAY_NAME_CHARS, EMOJI_CHARS, PASSWORD_CHARS, REASON_CHARS, ROOM_NAME_CHARS,
    TOPIC_CHARS, USERNAME_CHARS,
};

/// A value outside its limits: which field, and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// The field as it is called in requests.
    pub field: &'static str,
    /// What is wrong with it and what is allowed.
    pub problem: String,
}

fn invalid(field: &'static str, problem: impl Into<String>) -> Invalid {
    Invalid { field, problem: problem.into() }
}

fn between(field: &'static str, text: &str, (from, to): (usize, usize)) -> Result<(), Invalid> {
    let count = text.chars().count();
    if count < from || count > to {
        return Err(invalid(field, format!("must have {from} to {to} characters, this has {count}.")));
    }
    Ok(())
}

fn printable(field: &'static str, text: &str) -> Result<(), Invalid> {
    without(field, text, char::is_control)
}

/// Refuses control characters of this kind.
fn without(field: &'static str, text: &str, is_refused: impl Fn(char) -> bool) -> Result<(), Invalid> {
    match text.chars().find(|c| is_refused(*c)) {
        Some(c) => Err(invalid(field, format!("must not contain the control character U+{:04X}.", c as u32))),
        None => Ok(()),
    }
}

/// A user name: 3-32 of `a-z0-9_.-`, starting with a letter. Upper case is folded, outer space dropped.
///
/// # Errors
/// Says which rule the name breaks.
pub fn username(text: &str) -> Result<String, Invalid> {
    let name = text.trim().to_ascii_lowercase();
    between("username", &name, USERNAME_CHARS)?;
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(invalid("username", "must start with a letter from a to z."));
    }
    match name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-')) {
        Some(c) => Err(invalid("username", format!("may have letters a-z, digits, and _ . - only, not “{c}”."))),
        None => Ok(name),
    }
}

/// A password, taken as it is: no rule but its length.
///
/// # Errors
/// Says how long it must be.
pub fn password(text: &str) -> Result<(), Invalid> {
    between("password", text, PASSWORD_CHARS)
}

/// A name to show, outer space dropped.
///
/// # Errors
/// Says which rule the name breaks.
pub fn display_name(text: &str) -> Result<String, Invalid> {
    let name = text.trim();
    between("display_name", name, DISPLAY_NAME_CHARS)?;
    printable("display_name", name)?;
    Ok(name.to_owned())
}

/// A room's name, outer space dropped.
///
/// # Errors
/// Says which rule the name breaks.
pub fn room_name(text: &str) -> Result<String, Invalid> {
    let name = text.trim();
    between("name", name, ROOM_NAME_CHARS)?;
    printable("name", name)?;
    Ok(name.to_owned())
}

/// What a room is about, in one line, outer space dropped. Empty for nothing.
///
/// # Errors
/// Says which rule the text breaks.
pub fn topic(text: &str) -> Result<String, Invalid> {
    let topic = text.trim();
    between("topic", topic, TOPIC_CHARS)?;
    printable("topic", topic)?;
    Ok(topic.to_owned())
}

/// A message's text, outer space dropped and line ends made `\n`. Line breaks and tabs are text; other control characters
/// are not, since each takes six bytes in JSON.
///
/// # Errors
/// Says which rule the text breaks.
pub fn body(text: &str) -> Result<String, Invalid> {
    let body = text.trim().replace("\r\n", "\n");
    between("body", &body, BODY_CHARS)?;
    if body.len() > BODY_BYTES {
        return Err(invalid("body", format!("must have at most {BODY_BYTES} bytes, this has {}.", body.len())));
    }
    without("body", &body, |c| !is_text(c))?;
    Ok(body)
}

/// Why a message is reported, outer space dropped.
///
/// # Errors
/// Says which rule the text breaks.
pub fn reason(text: &str) -> Result<String, Invalid> {
    let reason = text.trim().replace("\r\n", "\n");
    between("reason", &reason, REASON_CHARS)?;
    without("reason", &reason, |c| !is_text(c))?;
    Ok(reason)
}

fn is_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t')
}

/// A text that an earlier version took, without what [`body`] refuses now: it still reaches others.
#[must_use]
pub fn without_control_characters(mut text: String) -> String {
    text.retain(is_text);
    text
}

/// A reaction: one emoji, which may be made of several characters. Which of them are emoji changes every year; letters,
/// words and space are not.
///
/// # Errors
/// Says which rule the text breaks.
pub fn emoji(text: &str) -> Result<String, Invalid> {
    let emoji = text.trim();
    between("emoji", emoji, EMOJI_CHARS)?;
    if emoji.is_ascii() || emoji.contains(|c: char| c.is_alphabetic() || c.is_whitespace() || c.is_control()) {
        return Err(invalid("emoji", "must be one emoji."));
    }
    Ok(emoji.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_folded_and_checked() {
        assert_eq!(username(" Ada.L-1_ ").unwrap(), "ada.l-1_");
        for bad in ["ab", "1abc", "ada lovelace", "adä", &"a".repeat(33)] {
            assert_eq!(username(bad).unwrap_err().field, "username", "{bad}");
        }
    }

    #[test]
    fn a_body_is_trimmed_and_counted_in_characters() {
        assert_eq!(body("  hi\nthere ").unwrap(), "hi\nthere");
        assert!(body(&"ä".repeat(8_000)).is_ok());
        assert!(body(&"ä".repeat(8_001)).unwrap_err().problem.contains("8001"));
        assert!(body(" \n ").is_err());
    }

    #[test]
    fn a_body_has_line_breaks_and_tabs_but_no_other_control_characters() {
        assert_eq!(body("a\r\nb\tc").unwrap(), "a\nb\tc");
        for (bad, name) in [("a\0b", "U+0000"), ("a\u{1}", "U+0001"), ("\u{7f}x", "U+007F"), ("x\u{9b}1m", "U+009B")] {
            let refused = body(&format!("{bad}.")).unwrap_err();
            assert!(refused.field == "body" && refused.problem.contains(name), "{refused}");
        }
        assert_eq!(without_control_characters("a\u{1}b\r\n\t\u{7f}c".into()), "ab\n\tc");
        assert!(body(&"\u{1f426}".repeat(8_000)).is_ok_and(|body| body.len() <= BODY_BYTES), "four bytes each");
    }

    #[test]
    fn names_refuse_control_characters() {
        assert!(room_name("a\nb").unwrap_err().problem.contains("U+000A"));
        assert!(display_name("\u{7f}x").is_err());
        assert_eq!(room_name("  Tea & cake ").unwrap(), "Tea & cake");
        assert_eq!((topic("  ").unwrap(), topic(" all of it ").unwrap()), (String::new(), "all of it".into()));
        assert!(topic("a\nb").is_err() && topic(&"x".repeat(251)).is_err());
    }

    #[test]
    fn passwords_have_a_length_only() {
        assert!(password("12345678").is_ok());
        assert!(password("1234567").is_err());
        assert!(password(&"x".repeat(257)).is_err());
    }

    #[test]
    fn a_reaction_is_an_emoji_and_no_text() {
        for good in
            ["\u{1f44d}", "\u{2764}\u{fe0f}", "1\u{fe0f}\u{20e3}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"]
        {
            assert_eq!(emoji(good).unwrap(), good);
        }
        for bad in ["", "ok", "+1", "é", "\u{1f44d} yes", "\u{1f44d}\n\u{1f44d}", &"\u{1f44d}".repeat(17)] {
            assert_eq!(emoji(bad).unwrap_err().field, "emoji", "{bad}");
        }
    }
}
