//! Imports in a circle: the files of a folder of nouns import one another one way only.
//!
//! A path is resolved to the file of its longest prefix that is a module; a name that a module re-exports, to the
//! file that it comes from. So a re-export neither makes a circle nor hides one. What tests import does not count.

use std::collections::{BTreeMap, BTreeSet};

use super::{Token, blank, tokens, tree};

/// The folders without circles. Handlers, which the other folders hold, call each other.
const FOLDERS: &[&str] =
    &["base", "os", "shared", "cache", "conf", "lua", "event", "proto", "upstream", "http"];

/// A module by the names on the way to it from the root of the crate.
type Module = Vec<String>;

/// Every circle of these files, each by its name and its text.
pub fn violations(files: &[(String, String)]) -> Vec<String> {
    let circles = FOLDERS.iter().flat_map(|folder| circles(folder, files));
    circles.map(|circle| circle.join(" imports ")).collect()
}

/// The shortest circle through each file of the folder that is in one; its first file is its last, too.
fn circles(folder: &str, files: &[(String, String)]) -> Vec<Vec<String>> {
    let imports = imports_in(folder, files);
    let mut found: BTreeMap<BTreeSet<&str>, Vec<String>> = BTreeMap::new();
    for file in imports.keys() {
        if let Some(circle) = circle(&imports, file) {
            let names = circle.iter().map(|name| (*name).to_owned()).collect();
            found.entry(circle.into_iter().collect()).or_insert(names);
        }
    }
    found.into_values().collect()
}

/// The files that each file of the folder imports from.
fn imports_in<'a>(
    folder: &str,
    files: &'a [(String, String)],
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let root = format!("src/{folder}");
    let own = files.iter().filter(|(name, _)| {
        name.strip_prefix(&root).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    });
    let own: Vec<(Module, &str, String)> =
        own.map(|(name, text)| (module_of(name), name.as_str(), blank(text))).collect();
    let modules: BTreeMap<&[String], &str> =
        own.iter().map(|(module, name, _)| (module.as_slice(), *name)).collect();
    let mut tests: Vec<Module> = vec![];
    let mut code = vec![];
    for (module, name, text) in &own {
        let (tokens, test_modules) = without_tests(tokens(text));
        tests.extend(test_modules.iter().map(|test| child(module, test)));
        code.push((module, *name, tokens));
    }
    code.retain(|(module, ..)| !tests.iter().any(|test| module.starts_with(test)));
    let code = code.iter().map(|(module, name, tokens)| (*name, paths(module, &modules, tokens)));
    let code: Vec<(&str, Vec<Import>)> = code.collect();
    let exported = code.iter().flat_map(|(_, imports)| imports);
    let exports: BTreeMap<Module, Module> = exported
        .filter_map(|import| Some((import.exported_as.clone()?, import.path.clone())))
        .collect();
    let of_file = |(name, imports): (&'a str, Vec<Import>)| {
        let used = imports.into_iter().filter(|import| import.exported_as.is_none());
        let used = used.filter_map(|import| file_of(import.path, &modules, &exports));
        (name, used.filter(|used| *used != name).collect())
    };
    code.into_iter().map(of_file).collect()
}

/// A path from the root of the crate on; as what it is re-exported, if it is that of a `pub use`.
struct Import {
    path: Module,
    exported_as: Option<Module>,
}

fn module_of(name: &str) -> Module {
    let name = name.trim_start_matches("src/").trim_end_matches(".rs");
    name.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The file of the longest prefix that is a module of the folder, behind re-exports.
fn file_of<'a>(
    mut path: Module,
    modules: &BTreeMap<&[String], &'a str>,
    exports: &BTreeMap<Module, Module>,
) -> Option<&'a str> {
    loop {
        let len = (1..=path.len()).rev().find(|len| modules.contains_key(&path[..*len]))?;
        let name = path.get(..=len).map_or(&[] as &[String], |name| name);
        match exports.get(name) {
            Some(from) => path = from.iter().cloned().chain(path.drain(len + 1..)).collect(),
            None => return modules.get(&path[..len]).copied(),
        }
    }
}

/// The paths of a file that begin with `crate`, `super`, `self`, one of its child modules, or a module that it imports.
fn paths(
    module: &[String],
    modules: &BTreeMap<&[String], &str>,
    tokens: &[Token<'_>],
) -> Vec<Import> {
    let children = modules.keys().filter(|it| it.split_last().is_some_and(|it| it.1 == module));
    let mut starts: BTreeMap<String, Module> =
        children.filter_map(|child| Some((child.last()?.clone(), child.to_vec()))).collect();
    starts.insert("crate".to_owned(), vec![]);
    starts.insert("self".to_owned(), module.to_vec());
    starts.insert("super".to_owned(), module[..module.len() - 1].to_vec());
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut found = vec![];
    for at in 0..tokens.len() {
        let before = at.checked_sub(1).map_or("", text);
        let Some(start) = starts.get(text(at)).filter(|_| before != "::" && text(at + 1) == "::")
        else {
            continue;
        };
        let start = start.clone();
        let is_exported = before == "use" && at > 1 && matches!(text(at - 2), "pub" | ")");
        for rest in tree(tokens, &mut { at + 2 }) {
            let path = below(&start, rest);
            let name = path.last().cloned().unwrap_or_default();
            if before == "use" && modules.contains_key(path.as_slice()) {
                starts.insert(name.clone(), path.clone());
            }
            found.push(Import { path, exported_as: is_exported.then(|| child(module, &name)) });
        }
    }
    found
}

fn below(start: &[String], rest: Vec<String>) -> Module {
    let mut whole = start.to_vec();
    for name in rest {
        match name.as_str() {
            "super" => drop(whole.pop()),
            "self" => {}
            _ => whole.push(name),
        }
    }
    whole
}

/// The code without the modules and imports under `#[cfg(test)]`, and the names of such modules that are files.
fn without_tests(tokens: Vec<Token<'_>>) -> (Vec<Token<'_>>, Vec<String>) {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token<'_>| token.text);
    let (mut keep, mut files) = (vec![true; tokens.len()], vec![]);
    let mut at = 0;
    while at < tokens.len() {
        if !ATTRIBUTE.iter().enumerate().all(|(n, word)| text(at + n) == *word) {
            at += 1;
            continue;
        }
        let start = at;
        at += ATTRIBUTE.len();
        while matches!(text(at), "#" | "pub" | "(") {
            at = match text(at) {
                "#" => end_of_group(&tokens, at + 1),
                "(" => end_of_group(&tokens, at),
                _ => at + 1,
            };
        }
        let end = match (text(at), text(at + 2)) {
            ("mod", "{") => end_of_group(&tokens, at + 2),
            ("mod", ";") => {
                files.push(text(at + 1).to_owned());
                at + 3
            }
            ("use", _) => at + tokens[at..].iter().take_while(|token| token.text != ";").count(),
            _ => continue,
        };
        let end = end.min(tokens.len());
        keep[start..end].fill(false);
        at = end;
    }
    let kept = tokens.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(token, _)| token);
    (kept.collect(), files)
}

/// Behind the bracket that closes the one at `at`.
fn end_of_group(tokens: &[Token<'_>], at: usize) -> usize {
    let mut depth = 0;
    for (end, token) in tokens.iter().enumerate().skip(at) {
        depth += i32::from(matches!(token.text, "(" | "[" | "{"));
        depth -= i32::from(matches!(token.text, ")" | "]" | "}"));
        if depth == 0 {
            return end + 1;
        }
    }
    tokens.len()
}

/// The shortest way from a file over its imports back to itself.
fn circle<'a>(
    imports: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    file: &'a str,
) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![file]];
    let mut seen = BTreeSet::new();
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        for used in imports.get(way.last()?).into_iter().flatten() {
            let on = way.iter().copied().chain([*used]).collect();
            if *used == file {
                return Some(on);
            }
            if seen.insert(*used) {
                ways.push(on);
            }
        }
    }
    None
}

/// The rule can fail, and each way to write an import is seen.
mod on_snippets {
    use super::*;

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> =
            files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        FOLDERS.iter().flat_map(|folder| circles(folder, &files)).map(|it| it.join(" ")).collect()
    }

    #[track_caller]
    fn bad(files: &[(&str, &str)], circle: &str) {
        assert_eq!(check(files), [circle], "{files:?}");
    }

    #[track_caller]
    fn good(files: &[(&str, &str)]) {
        assert_eq!(check(files), [""; 0], "{files:?}");
    }

    const ROOT: (&str, &str) = ("src/http/mod.rs", "pub mod a;\npub mod b;");

    #[test]
    fn circles_of_imports() {
        let two = "src/http/a.rs src/http/b.rs src/http/a.rs";
        for back in [
            "use super::a::A;",
            "use crate::{base::B, http::{self, a::{A, C}}};",
            "fn f() { crate::http::a::g() }",
            "use self::super::a as other;",
            "#[cfg(test)]\nmod tests { use super::*; }\nuse super::a;",
        ] {
            bad(&[ROOT, ("src/http/a.rs", "use super::b::X;"), ("src/http/b.rs", back)], two);
        }
        bad(
            &[("src/os/a.rs", "mod c;\nuse c::C;"), ("src/os/a/c.rs", "use super::A;")],
            "src/os/a.rs src/os/a/c.rs src/os/a.rs",
        );
        let through = [
            ("src/os/mod.rs", "mod a;\nmod b;\npub use a::A;\npub(crate) use b::{B, C};"),
            ("src/os/a.rs", "use super::C;"),
            ("src/os/b.rs", "use crate::os::A;"),
        ];
        bad(&through, "src/os/a.rs src/os/b.rs src/os/a.rs");
        let module = ("src/os/b.rs", "use crate::os;\nfn f() -> os::A { os::A }");
        bad(&[through[0], through[1], module], "src/os/a.rs src/os/b.rs src/os/a.rs");
        good(&through[..2]);
        let three = [
            ("src/os/a.rs", "use super::b::B;"),
            ("src/os/b.rs", "use super::c::C;"),
            ("src/os/c.rs", "use super::a::A;"),
        ];
        bad(&three, "src/os/a.rs src/os/b.rs src/os/c.rs src/os/a.rs");
        good(&three[..2]);
    }

    #[test]
    fn what_is_no_circle() {
        let a = ("src/http/a.rs", "use super::b::X;");
        for other in [
            "// use super::a::A;\nconst A: &str = \"super::a::A\";",
            "#[cfg(test)]\nmod tests { mod x { } use crate::http::a::A; }",
            "#[cfg(test)]\npub(super) use super::a::A;",
            "use crate::os::a::A;",
            "use a::A;",
        ] {
            good(&[ROOT, a, ("src/http/b.rs", other)]);
        }
        // The tests of a file are a file, and import everything.
        let tests = ("src/http/b/tests.rs", "use super::*;\nuse crate::http::a::A;");
        let b =
            ("src/http/b.rs", "#[cfg(test)]\n#[path = \"x\"]\nmod tests;\nfn f() { tests::g() }");
        good(&[ROOT, a, b, tests]);
        // A child that its parent does not import may import it.
        good(&[("src/http/b.rs", "mod c;"), ("src/http/b/c.rs", "use super::B;")]);
        // Handlers call each other.
        good(&[("src/serve/a.rs", "use super::b;"), ("src/serve/b.rs", "use super::a;")]);
    }
}
