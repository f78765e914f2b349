use super::variables::VARIABLES;
use super::*;
use std::collections::HashMap;

fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let map: HashMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::from_lookup(|name| map.get(name).cloned())
}

const SECRET: (&str, &str) = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");

#[test]
fn defaults_are_one_program_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let config = read(&[("DATA_DIR", dir)]).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:3000");
    assert!(config.store.is_embedded());
    assert_eq!(config.auth.registration, None);
    assert_eq!(config.auth.secrets.current().len(), 32);
    let again = read(&[("DATA_DIR", dir)]).unwrap();
    assert_eq!(again.auth.secrets.current(), config.auth.secrets.current(), "the secret is kept");
}

#[test]
fn documented_defaults_are_the_real_ones() {
    // A value made at the start, one that depends on the machine, and one in words.
    const NOT_SETTABLE: [&str; 4] = ["JWT_SECRET", "WORKER_THREADS", "LEPTOS_SITE_ROOT", "DATABASE_URL"];
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let mut set: Vec<(&str, &str)> = VARIABLES
        .iter()
        .map(|variable| (variable.name, variable.default))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    set.retain(|(name, _)| !NOT_SETTABLE.contains(name) && *name != "DATA_DIR");
    assert!(set.len() > 12, "{set:?}");
    set.push(("DATA_DIR", dir));
    assert_eq!(format!("{:?}", read(&set).unwrap()), format!("{:?}", read(&[("DATA_DIR", dir)]).unwrap()));
}

#[cfg(unix)]
#[test]
fn the_secret_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    read(&[("DATA_DIR", folder.path().to_str().unwrap())]).unwrap();
    let mode = std::fs::metadata(folder.path().join("secret")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_cluster_needs_a_secret() {
    let error = read(&[("DATABASE_URL", "postgres://h/d")]).unwrap_err().to_string();
    assert!(error.starts_with("JWT_SECRET: must be set"), "{error}");
    assert!(read(&[("DATABASE_URL", "postgres://h/d"), SECRET]).is_ok());
}

#[test]
fn errors_name_the_variable_its_value_and_what_is_allowed() {
    for (name, value, says) in [
        ("LISTEN_ADDR", "localhost", "LISTEN_ADDR=\"localhost\": must be an address and a port"),
        ("DATABASE_POOL", "51", "DATABASE_POOL=\"51\": must be a whole number from 1 to 50"),
        ("JACKDAW_REGISTRATION", "maybe", "JACKDAW_REGISTRATION=\"maybe\": must be open or invite or closed"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT=\"xml\": must be text or json"),
        ("REDIS_URL", "http://x", "REDIS_URL=\"http://x\": must start with redis://"),
        ("PUBLIC_URL", "chat.example.org", "PUBLIC_URL=\"chat.example.org\": must be a scheme and a host"),
        ("CORS_ORIGINS", "https://a.org, b", "CORS_ORIGINS=\"b\": must be a scheme and a host"),
    ] {
        let error = read(&[SECRET, (name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let error = read(&[SECRET, ("DATABASE_URL", "mysql://me:hunter2@host/db")]).unwrap_err().to_string();
    assert!(!error.contains("hunter2") && error.contains("(hidden)@host/db"), "{error}");
    let error = read(&[("JWT_SECRET", "short-secret")]).unwrap_err().to_string();
    assert!(!error.contains("short-secret"), "{error}");
}

#[test]
fn a_previous_secret_verifies_and_does_not_sign() {
    let other = "abcdef0123456789abcdef0123456789";
    let secrets = read(&[SECRET, ("JWT_SECRET_PREVIOUS", other)]).unwrap().auth.secrets;
    assert_eq!(secrets.current(), SECRET.1.as_bytes());
    assert_eq!(secrets.verifying().collect::<Vec<_>>(), [SECRET.1.as_bytes(), other.as_bytes()]);
    let shown = format!("{secrets:?}");
    assert!(!shown.contains(other) && !shown.contains(&format!("{:?}", other.as_bytes())), "{shown}");
    let error = read(&[SECRET, ("JWT_SECRET_PREVIOUS", "short-secret")]).unwrap_err().to_string();
    assert!(error.starts_with("JWT_SECRET_PREVIOUS: must have 32 characters") && !error.contains("short-"), "{error}");
}

#[test]
fn secrets_may_be_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let file = path.to_str().unwrap();
    std::fs::write(&path, format!("{}\n", SECRET.1)).unwrap();
    let config = read(&[("JWT_SECRET_FILE", file)]).unwrap();
    assert_eq!(config.auth.secrets.current(), SECRET.1.as_bytes(), "without the line's end");
    std::fs::write(&path, "postgres://me:hunter2@h/d").unwrap();
    assert_eq!(read(&[SECRET, ("DATABASE_URL_FILE", file)]).unwrap().store.url, "postgres://me:hunter2@h/d");
    let error = |pairs: &[(&str, &str)]| read(pairs).unwrap_err().to_string();
    assert!(error(&[SECRET, ("JWT_SECRET_FILE", file)]).contains("JWT_SECRET is set as well"));
    let missing = error(&[("JWT_SECRET_FILE", "/nowhere/secret")]);
    assert!(missing.contains("JWT_SECRET_FILE") && missing.contains("cannot be read"), "{missing}");
    std::fs::write(&path, " \n").unwrap();
    assert!(error(&[("REDIS_URL_FILE", file), SECRET]).contains("empty"));
}
