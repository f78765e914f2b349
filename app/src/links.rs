//! Finds web addresses in a message, so that they can be shown as links. Everything else stays text.

/// A stretch of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it was written.
    Text(String),
    /// An address with `http` or `https`.
    Link(String),
}

/// Characters that end a sentence rather than an address.
const TRAILING: [char; 11] = ['.', ',', ';', ':', '!', '?', ')', ']', '\'', '"', '”'];

/// Splits a message into text and links.
pub(crate) fn pieces(body: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(start) = next_address(rest) {
        let tail = &rest[start..];
        let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
        let address = tail[..end].trim_end_matches(TRAILING);
        if start > 0 {
            found.push(Piece::Text(rest[..start].to_owned()));
        }
        found.push(Piece::Link(address.to_owned()));
        rest = &tail[address.len()..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest.to_owned()));
    }
    found
}

/// Where the next address with something behind its scheme starts, at the start of a word.
fn next_address(text: &str) -> Option<usize> {
    ["https://", "http://"].iter().filter_map(|scheme| find_scheme(text, scheme)).min()
}

fn find_scheme(text: &str, scheme: &str) -> Option<usize> {
    text.match_indices(scheme).map(|(at, _)| at).find(|&at| {
        let at_word = !text[..at].ends_with(char::is_alphanumeric);
        let named = text[at + scheme.len()..].starts_with(char::is_alphanumeric);
        at_word && named
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Piece {
        Piece::Text(s.into())
    }
    fn link(s: &str) -> Piece {
        Piece::Link(s.into())
    }

    #[test]
    fn addresses_become_links_and_their_sentence_keeps_its_stop() {
        assert_eq!(
            pieces("See https://a.example/x?y=1, (http://b.example)."),
            [text("See "), link("https://a.example/x?y=1"), text(", ("), link("http://b.example"), text(").")]
        );
    }

    #[test]
    fn other_text_is_left_alone() {
        for plain in ["", "hello", "https://", "javascript:alert(1)", "xhttps://a.example"] {
            let expected = if plain.is_empty() { vec![] } else { vec![text(plain)] };
            assert_eq!(pieces(plain), expected, "{plain}");
        }
    }
}
