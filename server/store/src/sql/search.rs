//! Search by the beginnings of words, as one text for both engines: SQLite's own functions fold ASCII letters only.

/// What something is found by: each word of its names, folded, after a space.
pub(super) fn searchable(names: &[&str]) -> String {
    names
        .iter()
        .flat_map(|name| name.split_whitespace())
        .flat_map(|word| [" ".to_owned(), word.to_lowercase()])
        .collect()
}

/// A LIKE pattern for texts that have a word which starts with `query`.
pub(super) fn starts_a_word(query: &str) -> String {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let folded = words.join(" ").replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("% {folded}%")
}
