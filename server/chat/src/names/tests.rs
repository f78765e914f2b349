use super::*;

#[test]
fn names_are_stored_in_one_normal_form() {
    for (typed, stored) in [
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("Zoe\u{308}", "Zo\u{eb}"),
        ("\u{ff21}\u{ff44}\u{ff41}", "Ada"),
        ("\u{fb01}sh", "fish"),
        ("Ada\u{a0}L", "Ada L"),
        ("\u{212b}sa", "\u{c5}sa"),
        ("\u{8a9e} \u{627}\u{628} \u{5e9}", "\u{8a9e} \u{627}\u{628} \u{5e9}"),
        ("1 & 2 #3", "1 & 2 #3"),
    ] {
        assert_eq!(display_name(typed).unwrap(), stored);
        assert_eq!(room_name(typed).unwrap(), stored);
    }
}

#[test]
fn a_character_that_nobody_sees_is_named() {
    for (typed, code) in [
        ("Ada\u{200b}", "U+200B"),
        ("\u{202e}adA", "U+202E"),
        ("Ada\u{2066}", "U+2066"),
        ("A\u{ad}da", "U+00AD"),
        ("A\u{2028}da", "U+2028"),
        ("A\u{2029}da", "U+2029"),
        ("A\u{34f}da", "U+034F"),
        ("\u{3164}", "U+3164"),
        ("\u{115f}a", "U+115F"),
        ("\u{ffa0}a", "U+FFA0"),
        ("\u{2800}", "U+2800"),
        ("A\u{180e}da", "U+180E"),
        ("Ada\u{e0041}", "U+E0041"),
        ("Ada\u{e0100}", "U+E0100"),
        ("A\u{feff}da", "U+FEFF"),
        ("A\u{200d}da", "U+200D"),
        ("Ada\u{fe0f}", "U+FE0F"),
        ("1\u{fe0f}", "U+FE0F"),
        ("\u{fe0f}Ada", "U+FE0F"),
    ] {
        let refused = display_name(typed).unwrap_err();
        assert!(refused.field == "display_name" && refused.problem.contains(code), "{refused}");
        assert!(room_name(typed).is_err_and(|refused| refused.field == "name"), "{code}");
    }
}

#[test]
fn emoji_may_be_made_of_several_characters() {
    for emoji in [
        "\u{2764}\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "\u{1f469}\u{1f3fd}\u{200d}\u{1f680}",
        "\u{1f1eb}\u{1f1ee}",
    ] {
        assert_eq!(display_name(&format!("Ada {emoji}")).unwrap(), format!("Ada {emoji}"));
        assert_eq!(display_name(emoji).unwrap(), emoji);
    }
    let split = format!("{0}\u{200d}\u{200d}{0}", "\u{1f426}");
    for broken in ["\u{1f426}\u{200d}", "\u{200d}\u{1f426}", "\u{1f426}\u{200d}Ada", &split] {
        assert!(display_name(broken).is_err_and(|refused| refused.problem.contains("U+200D")), "{broken:?}");
    }
}

#[test]
fn a_name_has_something_to_see() {
    assert!(display_name(" \u{3000} ").unwrap_err().problem.contains("1 to 64"));
    assert!(display_name("\u{301}\u{302}").unwrap_err().problem.contains("a letter"));
    assert!(display_name("a\u{7f}").unwrap_err().problem.contains("U+007F"));
    // One character of these becomes eighteen.
    assert!(display_name(&"\u{fdfa}".repeat(4)).unwrap_err().problem.contains("this has 72"));
}
