//! Blocks of lines, with the included files in their places.
//!
//! A mistake in the text ends the tree with [`Item::Broken`] instead of failing at once: what walks
//! the tree first finds what is wrong with the lines before it, as nginx, which reads and obeys line by line.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Error, Position};
use super::lexer::{BadText, Lexer, Token, Word};

/// A directive with what is inside its braces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub words: Vec<Word>,
    pub at: Position,
    pub block: Option<Block>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Block {
    pub items: Vec<Item>,
    /// Where it is closed; absent if it is broken off.
    pub end: Option<Position>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    Node(Node),
    Broken(Error),
}

/// How files are reached; errors are the system's.
pub trait Files {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>>;
    /// The files a pattern names, sorted.
    fn glob(&mut self, pattern: &Path) -> Vec<PathBuf>;
    /// The same name for the same file, however it was written.
    fn identity(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

/// More is a mistake, and would exhaust the stack.
const DEPTH: usize = 100;

/// Reads a file and all it includes. Relative names in `include` are in `base`.
pub fn read(files: &mut dyn Files, main: &Path, base: &Path) -> Result<Vec<Item>, Error> {
    let mut reader = Reader { files, base, open: vec![], depth: 0 };
    reader.file(main).map_err(Error::whole)
}

/// The text of `-g`: lines without blocks.
pub fn command_line(files: &mut dyn Files, text: &str, base: &Path) -> Vec<Item> {
    let name: Arc<str> = "command line".into();
    let mut reader = Reader { files, base, open: vec![], depth: 0 };
    let mut lexer = Lexer::new(text.as_bytes());
    let mut items = reader.items(&mut lexer, &name, Level::Parameters).items;
    place_on_command_line(&mut items, &name);
    items
}

struct Reader<'a> {
    files: &'a mut dyn Files,
    base: &'a Path,
    /// The files being read, outermost first.
    open: Vec<PathBuf>,
    /// Blocks and files around what is being read.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    File,
    Block,
    Parameters,
}

impl Reader<'_> {
    /// The error is a message without a place: the place is the line that named the file.
    fn file(&mut self, path: &Path) -> Result<Vec<Item>, String> {
        let identity = self.files.identity(path);
        if self.open.contains(&identity) {
            return Err(format!("\"include\" directive: \"{}\" includes itself", path.display()));
        }
        if self.depth >= DEPTH {
            return Err("\"include\" directive: too many files inside each other".to_owned());
        }
        let text = self.files.read(path).map_err(|e| unreadable(path, &e))?;
        self.open.push(identity);
        self.depth += 1;
        let name: Arc<str> = path.to_string_lossy().into();
        let mut lexer = Lexer::new(&text);
        let block = self.items(&mut lexer, &name, Level::File);
        self.open.pop();
        self.depth -= 1;
        Ok(block.items)
    }

    fn items(&mut self, lexer: &mut Lexer<'_>, file: &Arc<str>, level: Level) -> Block {
        let mut block = Block::default();
        loop {
            let token = lexer.token();
            let at = Position { file: file.clone(), line: lexer.line };
            let broken = match token {
                Ok(Token::Line(words)) => match self.line(words, at, &mut block.items) {
                    Ok(()) => continue,
                    Err(error) => error,
                },
                Ok(Token::Open(_)) if level == Level::Parameters => {
                    Error::new("block directives are not supported in -g option", &at)
                }
                Ok(Token::Open(mut words)) if words[0].ends_with(b"_by_lua_block") => {
                    match lexer.lua_block() {
                        Ok(block_of_lua) => {
                            words.push(block_of_lua);
                            block.items.push(Item::Node(Node { words, at, block: None }));
                            continue;
                        }
                        Err(bad) => Error::new(words_for_lua(bad), &at),
                    }
                }
                Ok(Token::Open(words)) => {
                    let inside = if self.depth < DEPTH {
                        self.depth += 1;
                        let inside = self.items(lexer, file, Level::Block);
                        self.depth -= 1;
                        inside
                    } else {
                        let error = Error::new("blocks are nested too deeply", &at);
                        Block { items: vec![Item::Broken(error)], end: None }
                    };
                    let whole = inside.end.is_some();
                    block.items.push(Item::Node(Node { words, at, block: Some(inside) }));
                    match whole {
                        true => continue,
                        false => return block,
                    }
                }
                Ok(Token::Close) if level == Level::Block => {
                    block.end = Some(at);
                    return block;
                }
                Ok(Token::Close) => Error::new("unexpected \"}\"", &at),
                Ok(Token::End) if level == Level::Block => {
                    Error::new("unexpected end of file, expecting \"}\"", &at)
                }
                Ok(Token::End) => return block,
                Err(bad) => Error::new(words_for(bad, level), &at),
            };
            block.items.push(Item::Broken(broken));
            return block;
        }
    }

    /// A line without a block: itself, or the lines of the files it includes.
    fn line(&mut self, words: Vec<Word>, at: Position, items: &mut Vec<Item>) -> Result<(), Error> {
        if &*words[0] != b"include" {
            items.push(Item::Node(Node { words, at, block: None }));
            return Ok(());
        }
        let [_, name] = words.as_slice() else {
            return Err(Error::new("invalid number of arguments in \"include\" directive", &at));
        };
        let path = self.base.join(&*String::from_utf8_lossy(name));
        let found = match name.iter().any(|byte| b"*?[".contains(byte)) {
            true => self.files.glob(&path),
            false => vec![path],
        };
        for path in found {
            let included = self.file(&path).map_err(|message| Error::new(message, &at))?;
            items.extend(included);
        }
        Ok(())
    }
}

fn words_for(bad: BadText, level: Level) -> String {
    match bad {
        BadText::Unexpected(byte) => {
            format!("unexpected \"{}\"", String::from_utf8_lossy(&[byte]))
        }
        BadText::TooLong { quote: Some(quote), .. } => format!(
            "too long parameter, probably missing terminating \"{}\" character",
            char::from(quote)
        ),
        BadText::TooLong { quote: None, start } => {
            format!("too long parameter \"{}...\" started", String::from_utf8_lossy(&start))
        }
        BadText::LongBracket(_) => words_for_lua(bad),
        BadText::End if level == Level::Parameters => {
            "unexpected end of parameter, expecting \";\"".to_owned()
        }
        BadText::End => "unexpected end of file, expecting \";\" or \"}\"".to_owned(),
    }
}

/// Of a block of Lua that has no end.
fn words_for_lua(bad: BadText) -> String {
    match bad {
        BadText::LongBracket(level) => {
            let equal = "=".repeat(level);
            format!("Lua code block missing the closing long bracket \"]{equal}]\"")
        }
        _ => "unexpected end of file, expecting terminating characters for lua code block".into(),
    }
}

fn unreadable(path: &Path, e: &io::Error) -> String {
    let text = e.to_string();
    let reason = text.split(" (os error").next().unwrap_or_default();
    let call = if e.kind() == io::ErrorKind::IsADirectory { "pread" } else { "open" };
    let number = e.raw_os_error().unwrap_or(0);
    format!("{call}() \"{}\" failed ({number}: {reason})", path.display())
}

fn place_on_command_line(items: &mut [Item], name: &Arc<str>) {
    for item in items {
        let at = match item {
            Item::Node(node) => Some(&mut node.at),
            Item::Broken(error) => error.at.as_mut(),
        };
        if let Some(at) = at.filter(|at| at.file == *name) {
            at.line = 0;
        }
    }
}

/// Files by their paths, for tests; none is found by a pattern.
pub struct Memory(pub HashMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn glob(&mut self, _: &Path) -> Vec<PathBuf> {
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    struct Memory(HashMap<&'static str, &'static str>);
    impl Files for Memory {
        fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
            let text = self.0.get(path.to_str().unwrap());
            text.map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::Error::from_raw_os_error(2))
        }
        fn glob(&mut self, _: &Path) -> Vec<PathBuf> {
            vec!["/c/b".into(), "/c/d".into()]
        }
    }

    fn print(items: &[Item], out: &mut String) {
        for item in items {
            match item {
                Item::Node(node) => {
                    let words: Vec<_> =
                        node.words.iter().map(|word| String::from_utf8_lossy(word)).collect();
                    *out += &format!("{}:{}", words.join(" "), node.at.line);
                    if let Some(block) = &node.block {
                        out.push('{');
                        print(&block.items, out);
                        out.push('}');
                    }
                    out.push(';');
                }
                Item::Broken(error) => *out += &format!("! {error}"),
            }
        }
    }

    fn tree(files: &[(&'static str, &'static str)]) -> String {
        let mut files = Memory(files.iter().copied().collect());
        let mut out = String::new();
        match read(&mut files, Path::new("/c/a"), Path::new("/c")) {
            Ok(items) => print(&items, &mut out),
            Err(error) => out = error.to_string(),
        }
        out
    }

    #[test]
    fn blocks_and_files() {
        assert_eq!(tree(&[("/c/a", "x {\ny 1\n2; }\nz;")]), "x:1{y 1 2:3;};z:4;");
        assert_eq!(
            tree(&[("/c/a", "include b; include *;"), ("/c/b", "b;"), ("/c/d", "d{}")]),
            "b:1;b:1;d:1{};"
        );
    }

    #[test]
    fn broken_text() {
        assert_eq!(
            tree(&[("/c/a", "x; y {\nz")]),
            "x:1;y:1{! unexpected end of file, expecting \";\" or \"}\" in /c/a:2};"
        );
        assert_eq!(
            tree(&[("/c/a", "x {\n")]),
            "x:1{! unexpected end of file, expecting \"}\" in /c/a:2};"
        );
        assert_eq!(tree(&[("/c/a", "x;}")]), "x:1;! unexpected \"}\" in /c/a:1");
        assert_eq!(
            tree(&[("/c/a", "include a;")]),
            "! \"include\" directive: \"/c/a\" includes itself in /c/a:1"
        );
        assert_eq!(
            tree(&[("/c/a", "include n;")]),
            "! open() \"/c/n\" failed (2: No such file or directory) in /c/a:1"
        );
        assert_eq!(tree(&[]), "open() \"/c/a\" failed (2: No such file or directory)");
        assert_eq!(
            tree(&[("/c/a", "include b; x;"), ("/c/b", "}")]),
            "! unexpected \"}\" in /c/b:1x:1;"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let text: &'static str = Box::leak("a {".repeat(100_000).into_boxed_str());
        assert!(tree(&[("/c/a", text)]).contains("blocks are nested too deeply"));
    }

    #[test]
    fn command_lines() {
        let mut files = Memory(HashMap::new());
        let show = |items: Vec<Item>| {
            let mut out = String::new();
            print(&items, &mut out);
            out
        };
        let base = Path::new("/c");
        assert_eq!(show(command_line(&mut files, "a b;", base)), "a b:0;");
        assert_eq!(
            show(command_line(&mut files, "a b", base)),
            "! unexpected end of parameter, expecting \";\" in command line"
        );
        assert_eq!(
            show(command_line(&mut files, "a{}", base)),
            "! block directives are not supported in -g option in command line"
        );
    }
}
