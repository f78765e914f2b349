//! What the compiler does not check of the sources: their length, imports that go in circles, and what a release contains.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a source file at most.
const LINES_MAX: usize = 400;
/// Folders with sources.
const FOLDERS: [&str; 6] = ["app", "server", "end2end", "style", "migrations", "setup"];
/// Folders that hold what tools have written.
const GENERATED: [&str; 3] = ["node_modules", "target", "test-results"];
/// Features that only tests may switch on.
const TEST_FEATURES: [&str; 3] = ["model", "testing", "mutations"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder, without generated ones.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !GENERATED.contains(&name.as_str()) {
            found.extend(files(&entry));
        } else if entry.is_file() {
            found.push(entry);
        }
    }
    found
}

fn sources() -> Vec<PathBuf> {
    FOLDERS.iter().flat_map(|folder| files(&root().join(folder))).collect()
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one))
}

#[test]
fn no_source_is_too_long_to_read() {
    let mut found = 0;
    for file in sources().iter().filter(|file| has_extension(file, &["rs", "css", "ts", "sql", "cjs"])) {
        let lines = fs::read_to_string(file).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines, {LINES_MAX} are allowed", file.display());
        found += 1;
    }
    assert!(found > 300, "only {found} sources were found");
}

#[test]
fn sources_reach_into_no_tests_and_import_no_copy_of_themselves() {
    for file in sources().iter().filter(|file| has_extension(file, &["rs"]) && !file.ends_with("tests/tidy.rs")) {
        let text = fs::read_to_string(file).unwrap();
        let reaches = |line: &str| line.contains("#[path") && line.contains("tests/");
        assert!(!text.lines().any(reaches), "{} compiles a file of a `tests` folder", file.display());
        assert!(!text.contains("extern crate self"), "{} imports its own crate", file.display());
    }
}

/// Features for tests of the crates that a package links, apart from its own tests.
fn linked_test_features(package: &str) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}|{f}"]);
    cargo.args(["--package", package, "--target", "all"]).current_dir(root());
    let answer = cargo.output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let own = text.lines().filter_map(|line| line.split_once('|')).filter(|(name, _)| name.contains("(/"));
    let has_any = |features: &str| features.split(',').any(|feature| TEST_FEATURES.contains(&feature));
    own.filter(|(_, features)| has_any(features)).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn a_release_contains_nothing_that_is_for_tests() {
    assert_eq!(linked_test_features("server"), [""; 0]);
    assert_eq!(linked_test_features("hydrate"), [""; 0]);
    assert!(linked_test_features("simulation").len() >= 3, "what is for tests is not found where it is linked");
}

/// The path of a module in its crate.
type Module = Vec<String>;

/// The modules of a crate with the text of each, without its tests.
fn modules(source: &Path) -> BTreeMap<Module, String> {
    let (mut found, mut test_modules) = (BTreeMap::new(), Vec::new());
    for file in files(source).iter().filter(|file| has_extension(file, &["rs"])) {
        let inner = file.strip_prefix(source).unwrap().with_extension("");
        let mut module: Module = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if matches!(module.last().map(String::as_str), Some("lib" | "main")) && module.len() == 1 {
            module.clear();
        }
        if module.iter().any(|part| part == "tests" || part == "bin") {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        let mut parts = text.split("#[cfg(test)]\nmod ");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // `name;` is a file of tests, and what follows it is not; `name {` goes on to the end of the file.
            let Some((name, rest)) = part.split_once(';').filter(|(name, _)| !name.contains('{')) else { break };
            test_modules.push([&module[..], &[name.to_owned()]].concat());
            text.push_str(rest);
        }
        found.insert(module, text);
    }
    found.retain(|module, _| !test_modules.iter().any(|tests| module.starts_with(tests)));
    found
}

/// The paths that the `use` items of a text name, each written out: `use a::{b, c::d};` names two.
fn imports(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let item = line
            .trim_start()
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ");
        let Some(item) = item.strip_prefix("use ") else { continue };
        let mut item = item.to_owned();
        while !item.contains(';') {
            let Some(more) = lines.next() else { break };
            item.push_str(more.trim());
        }
        write_out("", item.split(';').next().unwrap_or_default(), &mut paths);
    }
    paths
}

fn write_out(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        paths.push(format!("{before}{}", path.trim()));
        return;
    };
    let before = format!("{before}{}", head.trim());
    let inner = inner.trim_end().trim_end_matches('}');
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                write_out(&before, &inner[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        write_out(&before, &inner[start..], paths);
    }
}

/// The module of the same crate that a path names, seen from `from`: the longest one that exists.
fn target(from: &Module, path: &str, all: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts = path.split("::").peekable();
    let mut module = match parts.next()? {
        "crate" => Module::new(),
        "self" => from.clone(),
        "super" => from[..from.len().checked_sub(1)?].to_vec(),
        first if all.contains_key(&[&from[..], &[first.to_owned()]].concat()) => {
            [&from[..], &[first.to_owned()]].concat()
        }
        _ => return None,
    };
    while parts.next_if(|part| *part == "super").is_some() {
        module.pop();
    }
    for part in parts {
        let next = [&module[..], &[part.to_owned()]].concat();
        if !all.keys().any(|known| known.starts_with(&next)) {
            break;
        }
        module = next;
    }
    Some(module)
}

/// Which of the modules inside one module import which others of them, by the module around them. Imports from a parent or a child are
/// not counted.
fn siblings(all: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let mut edges: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (from, text) in all {
        for to in imports(text).iter().filter_map(|path| target(from, path, all)) {
            let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (from.get(common), to.get(common)) {
                let inside = edges.entry(from[..common].to_vec()).or_default();
                inside.entry(one.clone()).or_default().insert(other.clone());
            }
        }
    }
    edges
}

/// A circle of imports, if there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(at: &str, path: &mut Vec<String>, edges: &BTreeMap<String, BTreeSet<String>>) -> bool {
        if let Some(start) = path.iter().position(|one| one == at) {
            path.drain(..start);
            return true;
        }
        path.push(at.to_owned());
        let found = edges.get(at).into_iter().flatten().any(|next| walk(next, path, edges));
        if !found {
            path.pop();
        }
        found
    }
    edges.keys().find_map(|start| {
        let mut path = Vec::new();
        walk(start, &mut path, edges).then_some(path)
    })
}

#[test]
fn no_modules_import_each_other_in_circles() {
    let root = root();
    let crates = sources().into_iter().filter(|file| file.ends_with("Cargo.toml"));
    let crates: Vec<_> = crates.map(|file| file.with_file_name("src")).filter(|source| source.is_dir()).collect();
    assert!(crates.len() >= 8, "only {crates:?} were found");
    let mut circles = Vec::new();
    for source in crates {
        for (inside, edges) in siblings(&modules(&source)) {
            let crate_name = source.parent().unwrap().strip_prefix(&root).unwrap().display();
            circles.extend(circle(&edges).map(|found| format!("{crate_name}, in {inside:?}: {}", found.join(" ► "))));
        }
    }
    assert!(circles.is_empty(), "circles of imports:\n{}", circles.join("\n"));
}

#[test]
fn imports_are_read_as_the_compiler_does() {
    let text = "use a::{b, c::{d, e as f}};\npub(crate) use crate::g;\nuse super::{\n    h,\n    i::j,\n};\n";
    assert_eq!(imports(text), ["a::b", "a::c::d", "a::c::e", "crate::g", "super::h", "super::i::j"]);
    let edges = |pairs: &[(&str, &str)]| {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (one, other) in pairs {
            edges.entry((*one).to_owned()).or_default().insert((*other).to_owned());
        }
        edges
    };
    assert_eq!(circle(&edges(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    assert_eq!(circle(&edges(&[("a", "b"), ("b", "c"), ("c", "b")])), Some(vec!["b".to_owned(), "c".to_owned()]));
}
