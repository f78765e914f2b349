//! What the documents say, compared with what is.

use server::config::variables::VARIABLES;
use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_has_every_variable_as_it_is() {
    let readme = read("README.md");
    for variable in VARIABLES {
        let default = if variable.default.is_empty() { String::new() } else { format!("`{}`", variable.default) };
        let row = format!("| `{}` | {default} | {} |", variable.name, variable.about);
        assert!(readme.contains(&row), "README.md has not this row:\n{row}");
    }
    let rows = readme.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, VARIABLES.len(), "a row of the README's table is of no variable");
}

#[test]
fn the_compose_file_uses_variables_that_exist() {
    let compose = read("docker-compose.yml");
    let names = compose.lines().filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name);
    let own = ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"];
    let set: Vec<_> =
        names.filter(|name| name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(set.contains(&"DATABASE_URL") && set.contains(&"REDIS_URL"), "{set:?}");
    for name in set {
        assert!(
            name.starts_with("GF_") || own.contains(&name) || VARIABLES.iter().any(|variable| variable.name == name),
            "{name} is no variable"
        );
    }
}

/// Folders by which a path in a document begins.
const FOLDERS: [&str; 7] = ["app/", "server/", "end2end/", "migrations/", "deploy/", "setup/", "docs/"];

#[test]
fn pages_and_files_of_the_documents_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["", "docs", "docs/decisions", "migrations"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let documents: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    assert!(documents.len() > 15, "{documents:?}");
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.starts_with("http") && !link.starts_with('#') {
                let link = link.split('#').next().unwrap_or_default();
                let path = document.parent().unwrap().join(link);
                assert!(path.exists(), "{} leads to {link}, which is not there", document.display());
            }
        }
        // Paths in the text: those that stand for others have a brace, a star or a placeholder in them.
        for path in text.split('`').skip(1).step_by(2) {
            let is_path =
                FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.contains(['{', '*', '<', ' ', '…']);
            if is_path && !path.contains("NNNN") {
                let path = path.split([':', '#']).next().unwrap_or_default();
                assert!(root.join(path).exists(), "{} names {path}, which is not there", document.display());
            }
        }
    }
}

#[test]
fn the_table_of_bounds_names_attacks_that_are_played() {
    let attacks = read("end2end/load/src/bin/abuse/attacks.rs");
    for area in server::bounds::areas() {
        for row in area.rows.iter().filter(|row| !row.attack.is_empty()) {
            assert!(attacks.contains(&format!("\"{}\"", row.attack)), "{}: {} is no attack", row.name, row.attack);
        }
    }
}
