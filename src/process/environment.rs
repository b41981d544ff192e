//! What workers and a new binary see of the environment: what `env` names, the time zone, and no more.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::http::settings::main::Env;

pub(super) type Variables = Vec<(OsString, OsString)>;

/// The variables that are left, each once: what was named first counts. `own` is this process's environment.
pub(super) fn kept(named: &[Env], own: &[(OsString, OsString)]) -> Variables {
    let zone = Env { name: "TZ".to_owned(), value: None };
    let mut all = Variables::new();
    for Env { name, value } in named.iter().chain([&zone]) {
        let name = OsString::from(name);
        if all.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let inherited = || own.iter().find(|(known, _)| *known == name).map(|(_, it)| it.clone());
        if let Some(value) = value.as_ref().map(OsString::from).or_else(inherited) {
            all.push((name, value));
        }
    }
    all
}

/// The file that was started under this name, which may have been looked up in `PATH`.
pub(super) fn program(name: &OsStr, own: &[(OsString, OsString)]) -> PathBuf {
    let path = Path::new(name);
    let folders = own.iter().find(|(known, _)| known == "PATH").map(|(_, value)| value.as_os_str());
    let folders = folders.filter(|_| !name.as_encoded_bytes().contains(&b'/'));
    let mut files = std::env::split_paths(folders.unwrap_or_default()).map(|it| it.join(path));
    files.find(|file| file.is_file()).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{kept, program};
    use crate::http::settings::main::Env;
    use std::ffi::OsString;

    fn variables(text: &str) -> Vec<(OsString, OsString)> {
        let pairs = text.split_ascii_whitespace().filter_map(|word| word.split_once('='));
        pairs.map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn named(words: &[&str]) -> Vec<Env> {
        let name = |word: &&str| match word.split_once('=') {
            Some((name, value)) => Env { name: name.into(), value: Some(value.into()) },
            None => Env { name: (*word).into(), value: None },
        };
        words.iter().map(name).collect()
    }

    #[test]
    fn only_what_is_named_is_kept_and_the_zone() {
        let own = variables("A=1 B=2 TZ=UTC AB=3 NGINX=6;");
        for (words, left) in [
            (&[] as &[&str], "TZ=UTC"),
            (&["A", "C"], "A=1 TZ=UTC"),
            (&["A=x", "A", "C="], "A=x C= TZ=UTC"),
            (&["TZ=XYZ-9", "B"], "TZ=XYZ-9 B=2"),
            (&["TZ"], "TZ=UTC"),
        ] {
            assert_eq!(kept(&named(words), &own), variables(left), "{words:?}");
        }
        assert_eq!(kept(&[], &[]), []);
    }

    #[test]
    fn a_program_without_a_path_is_where_the_shell_found_it() {
        let own = variables("PATH=/no/such/folder:/bin:/usr/bin");
        let found = program("sh".as_ref(), &own);
        assert!(found.is_absolute() && found.ends_with("sh"), "{found:?}");
        for (name, own) in [("./sh", &own[..]), ("sh", &[]), ("no-such-program", &own)] {
            assert_eq!(program(name.as_ref(), own).as_os_str(), name);
        }
    }
}
