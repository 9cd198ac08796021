//! Sources of a crate, and whether they name another crate.

use std::path::Path;

/// Whether a Rust file under `directory` names the crate of the package `package` in a path.
pub(crate) fn name(directory: &Path, package: &str) -> bool {
    let wanted = package.replace('-', "_");
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return name(&path, package);
        }
        path.extension().is_some_and(|extension| extension == "rs")
            && names(&std::fs::read_to_string(&path).unwrap(), &wanted)
    })
}

/// Whether `source` has a path that starts with `name`, outside comments.
fn names(source: &str, name: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.match_indices(name).map(move |(at, _)| (&line[..at], &line[at + name.len()..])))
        .any(|(before, after)| {
            let joined = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let imported = before.trim_end().ends_with("use") && after.starts_with([';', ' ']);
            !before.ends_with(joined) && (after.starts_with("::") || imported)
        })
}

#[test]
fn only_paths_name_a_crate() {
    for source in ["use bytes::Bytes;", "fn f(b: &bytes::Bytes)", "use bytes as octets;", "#[bytes::test]"] {
        assert!(names(source, "bytes"), "{source}");
    }
    for source in ["let bytes = 1;", "// use bytes::Bytes;", "self::bytes::f()", "as_bytes::<T>", "bytes: 1"]
    {
        assert!(!names(source, "bytes"), "{source}");
    }
}
