//! `charset_map`: from the characters of one set to those of another.

use std::collections::HashMap;

/// A charset that the configuration names, by its place in [`Charsets`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CharsetId(u16);

/// The charsets of the configuration, and how text goes from one to another.
#[derive(Debug, Default)]
pub struct Charsets {
    names: Vec<Box<[u8]>>,
    recodes: HashMap<(CharsetId, CharsetId), Recode>,
}

impl Charsets {
    pub fn find(&self, name: &[u8]) -> Option<CharsetId> {
        let at = self.names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some(CharsetId(at as u16))
    }

    /// As `find`; a name that is new is added. None: there are too many.
    pub fn add(&mut self, name: &[u8]) -> Option<CharsetId> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let id = u16::try_from(self.names.len()).ok()?;
        self.names.push(name.into());
        Some(CharsetId(id))
    }

    /// As the configuration spells it first.
    pub fn name(&self, id: CharsetId) -> &[u8] {
        &self.names[usize::from(id.0)]
    }

    pub fn recode(&self, from: CharsetId, to: CharsetId) -> Option<&Recode> {
        self.recodes.get(&(from, to))
    }

    pub fn is_any_mapped(&self) -> bool {
        !self.recodes.is_empty()
    }

    /// The two ways of a `charset_map`.
    pub fn insert(&mut self, from: CharsetId, to: CharsetId, map: CharsetMap) {
        self.recodes.insert((from, to), map.there);
        self.recodes.insert((to, from), map.back);
    }
}

/// From one charset to another.
#[derive(Debug)]
pub enum Recode {
    /// A byte for a byte.
    Bytes(Box<[u8; 256]>),
    ToUtf8(Box<[Character; 256]>),
    FromUtf8(Box<Pages>),
}

/// The bytes of the characters below U+10000, 256 characters a page; 0: there is none.
type Pages = [Option<Box<[u8; 256]>>; 256];

/// The bytes of one in UTF-8, up to four.
#[derive(Clone, Copy, Debug, Default)]
pub struct Character {
    bytes: [u8; 4],
    len: u8,
}

impl Character {
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }

    /// Whether `byte` may follow what is there, which is the beginning of a character (Unicode, table 3-7).
    fn goes_on_with(&self, byte: u8) -> bool {
        match self.as_bytes() {
            [0xe0] => (0xa0..=0xbf).contains(&byte),
            [0xed] => (0x80..=0x9f).contains(&byte),
            [0xf0] => (0x90..=0xbf).contains(&byte),
            [0xf4] => (0x80..=0x8f).contains(&byte),
            _ => (0x80..=0xbf).contains(&byte),
        }
    }
}

/// What stands for a character that the other charset does not have, or for none.
const UNKNOWN: u8 = b'?';
/// The longest text for one: `&#1114111;`.
const LONGEST: usize = 10;

/// What one step has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recoded {
    pub consumed: usize,
    pub written: usize,
    /// There was no room for the rest.
    pub more: bool,
}

impl Recode {
    /// Fills `out` with what comes of `input`. The beginning of a character at the end of `input` is kept in `begun`,
    /// unless nothing follows (`last`). `out` has room for 16 bytes.
    pub fn step(&self, begun: &mut Character, input: &[u8], last: bool, out: &mut [u8]) -> Recoded {
        match self {
            Self::Bytes(table) => {
                let len = input.len().min(out.len());
                for (to, from) in out.iter_mut().zip(input) {
                    *to = table[usize::from(*from)];
                }
                Recoded { consumed: len, written: len, more: len < input.len() }
            }
            Self::ToUtf8(table) => to_utf8(table, input, out),
            Self::FromUtf8(pages) => from_utf8(pages, begun, input, last, out),
        }
    }

    /// The length of a text stays what it is.
    pub fn keeps_length(&self) -> bool {
        matches!(self, Self::Bytes(_))
    }
}

fn to_utf8(table: &[Character; 256], input: &[u8], out: &mut [u8]) -> Recoded {
    let mut written = 0;
    for (at, byte) in input.iter().enumerate() {
        let character = table[usize::from(*byte)].as_bytes();
        let Some(to) = out.get_mut(written..written + character.len()) else {
            return Recoded { consumed: at, written, more: true };
        };
        to.copy_from_slice(character);
        written += character.len();
    }
    Recoded { consumed: input.len(), written, more: false }
}

fn from_utf8(
    pages: &Pages,
    begun: &mut Character,
    input: &[u8],
    last: bool,
    out: &mut [u8],
) -> Recoded {
    let (mut at, mut written) = (0, 0);
    loop {
        let Some(to) = out.get_mut(written..).filter(|to| to.len() >= LONGEST) else {
            return Recoded { consumed: at, written, more: true };
        };
        let Some(&byte) = input.get(at) else { break };
        if begun.len == 0 {
            at += 1;
            match byte {
                0..0x80 => {
                    to[0] = byte;
                    written += 1;
                }
                0xc2..=0xf4 => begun.push(byte),
                _ => {
                    to[0] = UNKNOWN;
                    written += 1;
                }
            }
            continue;
        }
        if !begun.goes_on_with(byte) {
            // What follows is no part of it.
            *begun = Character::default();
            to[0] = UNKNOWN;
            written += 1;
            continue;
        }
        at += 1;
        begun.push(byte);
        if let Some(character) = std::str::from_utf8(begun.as_bytes()).ok().and_then(first) {
            *begun = Character::default();
            written += write_character(pages, character, to);
        }
    }
    if last && std::mem::take(begun).len > 0 {
        out[written] = UNKNOWN;
        written += 1;
    }
    Recoded { consumed: at, written, more: false }
}

fn first(text: &str) -> Option<char> {
    text.chars().next()
}

/// Returns how many bytes were written.
fn write_character(pages: &Pages, character: char, out: &mut [u8]) -> usize {
    use std::io::Write;
    let code = character as u32;
    let page = pages.get((code >> 8) as usize).and_then(Option::as_ref);
    match page.map_or(0, |page| page[(code & 0xff) as usize]) {
        0 => {
            let room = out.len();
            let mut rest = out;
            let _ = write!(rest, "&#{code};");
            room - rest.len()
        }
        byte => {
            out[0] = byte;
            1
        }
    }
}

/// A `charset_map` in the making: there, and back.
#[derive(Debug)]
pub struct CharsetMap {
    there: Recode,
    back: Recode,
}

impl CharsetMap {
    /// A map to `to`. The first 128 characters are the same in both.
    pub fn new(to: &[u8]) -> Self {
        let mut bytes = Box::new([UNKNOWN; 256]);
        let mut characters = Box::new([Character { bytes: [UNKNOWN, 0, 0, 0], len: 1 }; 256]);
        for at in 0..128 {
            bytes[usize::from(at)] = at;
            characters[usize::from(at)].bytes[0] = at;
        }
        match to.eq_ignore_ascii_case(b"utf-8") {
            false => Self { there: Recode::Bytes(bytes.clone()), back: Recode::Bytes(bytes) },
            true => {
                let pages = Box::new([const { None }; 256]);
                Self { there: Recode::ToUtf8(characters), back: Recode::FromUtf8(pages) }
            }
        }
    }

    /// A line: a byte of the first charset, and what it is in the second, in hexadecimal. Error: the word that is wrong.
    pub fn line<'a>(&mut self, from: &'a [u8], to: &'a [u8]) -> Result<(), &'a [u8]> {
        let code = hex(from).ok_or(from)?;
        match (&mut self.there, &mut self.back) {
            (Recode::ToUtf8(there), Recode::FromUtf8(back)) => {
                let (character, wide) = utf8(to).ok_or(to)?;
                there[usize::from(code)] = character;
                let page = &mut back[usize::from(wide >> 8)];
                let page = page.get_or_insert_with(|| Box::new([0; 256]));
                page[usize::from(wide & 0xff)] = code;
            }
            (Recode::Bytes(there), Recode::Bytes(back)) => {
                let other = hex(to).ok_or(to)?;
                there[usize::from(code)] = other;
                back[usize::from(other)] = code;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A byte in one or two digits, or more with zeros before them.
fn hex(word: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(word).ok().filter(|it| !it.starts_with('+'))?;
    u8::from_str_radix(text, 16).ok()
}

/// The bytes of a character, two digits each, and its number, which is below 0x10000.
fn utf8(word: &[u8]) -> Option<(Character, u16)> {
    let mut character = Character::default();
    for pair in word.chunks(2) {
        if usize::from(character.len) == character.bytes.len() {
            return None;
        }
        character.push(hex(pair).filter(|_| pair.len() == 2)?);
    }
    let text = std::str::from_utf8(character.as_bytes()).ok()?;
    let first = first(text).filter(|first| first.len_utf8() == text.len())?;
    Some((character, u16::try_from(first as u32).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn koi8() -> CharsetMap {
        let mut map = CharsetMap::new(b"utf-8");
        for (from, to) in [("C1", "D0B0"), ("C2", "D0B1"), ("80", "E282AC"), ("5c", "c2a5")] {
            map.line(from.as_bytes(), to.as_bytes()).unwrap();
        }
        map
    }

    /// All of `text`, in pieces that end where `cuts` has a bit, through a buffer of that size.
    fn through(recode: &Recode, text: &[u8], cuts: u32, room: usize) -> Vec<u8> {
        let (mut begun, mut out) = (Character::default(), Vec::new());
        let mut buffer = vec![0; room];
        let mut start = 0;
        for end in 1..=text.len() {
            let last = end == text.len();
            if !last && cuts >> (end % 32) & 1 == 0 {
                continue;
            }
            loop {
                let step = recode.step(&mut begun, &text[start..end], last, &mut buffer);
                out.extend_from_slice(&buffer[..step.written]);
                start += step.consumed;
                if !step.more && start == end {
                    break;
                }
            }
        }
        out
    }

    #[test]
    fn text_may_be_cut_anywhere() {
        let map = koi8();
        let text = "aа€б\u{10ffff}я¥z".as_bytes();
        let broken = [text, b"\xd0A\xe2\x82<\xff\xed\xa0\x80\xf0\x9f".as_slice()].concat();
        let want = b"a\xc1\x80\xc2&#1114111;&#1103;\\z";
        let want_broken = [want.as_slice(), b"?A?<????", b"?"].concat();
        for cuts in [0, !0, 0x5555_5555, 0x9249_2492, 0x8888_8888] {
            assert_eq!(through(&map.back, text, cuts, 16), want);
            assert_eq!(through(&map.back, &broken, cuts, 16), want_broken);
            let back = through(&map.there, b"a\xc1\x80\xc2z\xfe", cuts, 16);
            assert_eq!(back, "aа€бz?".as_bytes());
        }
    }

    #[test]
    fn bytes() {
        let mut map = CharsetMap::new(b"windows-1251");
        map.line(b"c0", b"FE").unwrap();
        assert_eq!(through(&map.there, b"a\xc0\xc1", 0, 16), b"a\xfe?");
        assert_eq!(through(&map.back, b"a\xfe\xc1", !0, 16), b"a\xc0?");
    }

    #[test]
    fn words() {
        let mut map = koi8();
        for (from, to, wrong) in [
            ("100", "D0B0", "100"),
            ("g", "D0B0", "g"),
            ("", "D0B0", ""),
            ("+1", "D0B0", "+1"),
            ("80", "D0", "D0"),
            ("80", "D0B", "D0B"),
            ("80", "", ""),
            ("80", "F09F9880", "F09F9880"),
            ("80", "D0B0D0B1", "D0B0D0B1"),
            ("80", "D0B0D0B1D0", "D0B0D0B1D0"),
        ] {
            let found = map.line(from.as_bytes(), to.as_bytes());
            assert_eq!(found, Err(wrong.as_bytes()), "{from} {to}");
        }
        assert_eq!(map.line(b"041", b"42"), Ok(()));
    }

    #[test]
    fn names() {
        let mut charsets = Charsets::default();
        let id = charsets.add(b"Koi8-R").unwrap();
        assert_eq!(charsets.add(b"KOI8-r"), Some(id));
        assert_eq!(charsets.name(id), b"Koi8-R");
        assert_eq!(charsets.find(b"x"), None);
    }
}
