//! Names of people and rooms as they are stored: in Unicode's normal form NFKC, without characters that nobody sees. Two names
//! that look alike because one of them holds such a character cannot be made.
//!
//! Not in `protocol`: its checks are part of the page, which would grow by Unicode's tables. The lengths are checked there.

use protocol::Invalid;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};

/// Joins two emoji to one.
const JOINER: char = '\u{200d}';
/// The mark of a keycap, which makes an emoji of a digit.
const KEYCAP: char = '\u{20e3}';

/// Characters that show nothing although their category does not say so: Unicode's `Default_Ignorable_Code_Point` without
/// the category `Cf`, and the blank pattern of braille.
const BLANK: [(char, char); 14] = [
    ('\u{34f}', '\u{34f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2065}', '\u{2065}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{16fe4}', '\u{16fe4}'),
];

/// A person's display name as it is stored.
///
/// # Errors
/// Says which rule the name breaks; a character that is not allowed is named by its code point.
pub fn display_name(text: &str) -> Result<String, Invalid> {
    protocol::display_name(&visible("display_name", text)?)
}

/// A room's name as it is stored.
///
/// # Errors
/// As [`display_name`].
pub fn room_name(text: &str) -> Result<String, Invalid> {
    protocol::room_name(&visible("name", text)?)
}

/// What a room is about as it is stored; empty for nothing.
///
/// # Errors
/// As [`display_name`].
pub fn topic(text: &str) -> Result<String, Invalid> {
    protocol::topic(&visible("topic", text)?)
}

/// The text in NFKC. Refuses characters that show nothing or change the direction of a text, and a text that has nothing to see.
fn visible(field: &'static str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    // Before, so that the character that was typed is named; and afterwards, because an emoji may have become a letter.
    refuse_hidden(field, text)?;
    let normal: String = text.nfkc().collect();
    refuse_hidden(field, &normal)?;
    let is_seen = |c: char| !c.is_whitespace() && c.general_category_group() != GeneralCategoryGroup::Mark;
    if !text.is_empty() && !normal.contains(is_seen) {
        return Err(Invalid { field, problem: "must have a letter, a digit or a symbol.".into() });
    }
    Ok(normal)
}

fn refuse_hidden(field: &'static str, text: &str) -> Result<(), Invalid> {
    let characters: Vec<char> = text.chars().collect();
    let hidden = (0..characters.len()).find(|at| is_hidden(characters[*at]) && !is_part_of_emoji(&characters, *at));
    match hidden {
        Some(at) => {
            let code = characters[at] as u32;
            Err(Invalid { field, problem: format!("must not contain the invisible character U+{code:04X}.") })
        }
        None => Ok(()),
    }
}

fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator};
    matches!(c.general_category(), Format | LineSeparator | ParagraphSeparator)
        || BLANK.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// Whether the character at `at` is a joiner between two emoji, or says how the emoji before it is drawn.
fn is_part_of_emoji(text: &[char], at: usize) -> bool {
    let next = text.get(at + 1).copied();
    match text[at] {
        JOINER => {
            let before = text[..at].iter().rev().find(|c| !is_style(**c));
            before.is_some_and(|c| is_picture(*c)) && next.is_some_and(is_picture)
        }
        '\u{fe0e}' | '\u{fe0f}' => match at.checked_sub(1).map(|before| text[before]) {
            Some(before) if before.is_ascii() => before.is_emoji_char() && next == Some(KEYCAP),
            before => before.is_some_and(is_picture),
        },
        _ => false,
    }
}

/// How an emoji is drawn: as text or as a picture, and with which colour of skin.
const fn is_style(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// An emoji that is no digit, `#` or `*`.
fn is_picture(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

#[cfg(test)]
mod tests;
