//! Names that look alike. Two people whose names look the same are told apart by their user names, which are unique: both are shown
//! as "Ada Lovelace @ada2". Pure.
//!
//! What a name looks like is its skeleton (Unicode Technical Standard 39, section 4): names are confusable if their skeletons are equal.
//! This holds among all accounts and not only among the members of a room: so a person has the same name in each room, and a
//! message that comes before its sender's membership is known cannot bear a name that is not told apart.

use unicode_security::confusable_detection::skeleton as prototypes;

/// The name of deleted accounts. Their names are the same by intention.
pub(crate) const FORMER_MEMBER: &str = "Former member";

/// What the name looks like, regardless of upper and lower case. The skeleton is taken before and after folding, since upper case may
/// look like other letters than lower case does (I like l, m like rn). So i counts as l.
pub(crate) fn skeleton(display_name: &str) -> String {
    let folded = |name: &str| prototypes(name).flat_map(char::to_lowercase).collect::<String>();
    let folded = folded(&folded(display_name));
    let words: Vec<_> = folded.split_whitespace().collect();
    words.join(" ").replace('i', "l")
}

/// The name that others see, where it is not the display name: with the user name after it, if another account's name `is_shared`. The same
/// goes for a name that contains an `@`, which could pretend to be told apart, and for one that looks like that of deleted accounts.
pub(crate) fn shown_name(username: &str, display_name: &str, is_shared: bool) -> Option<String> {
    let skeleton = skeleton(display_name);
    let is_marked = is_shared || skeleton.contains('@') || skeleton == self::skeleton(FORMER_MEMBER);
    is_marked.then(|| format!("{display_name} @{username}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_the_same_skeleton() {
        for (one, other) in [
            ("Ada Lovelace", "\u{410}da Lovelace"),
            ("Ada Lovelace", "ADA  LOVELACE"),
            ("Lisa", "llsa"),
            ("Lisa", "IISA"),
            ("Tom", "T0m"),
            ("Tom", "TOM"),
            ("Warner", "Wamer"),
            ("O'Neill", "O\u{2019}Neill"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("Ada", "Eda"), ("Ada Lovelace", "Adalovelace"), ("Zoe", "Zo\u{eb}"), ("李明", "李朋")]
        {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn a_shared_name_is_shown_with_the_user_name() {
        assert_eq!(shown_name("ada", "Ada", false), None);
        assert_eq!(shown_name("ada", "Ada", true).as_deref(), Some("Ada @ada"));
    }

    #[test]
    fn a_name_cannot_pretend_to_be_told_apart() {
        assert_eq!(shown_name("eve", "Ada @ada", false).as_deref(), Some("Ada @ada @eve"));
        assert_eq!(shown_name("eve", "Former Member", false).as_deref(), Some("Former Member @eve"));
    }
}
