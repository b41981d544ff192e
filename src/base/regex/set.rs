//! Sets of characters: bytes, or code points if the pattern begins with `(*UTF)`.

use regex_automata::meta;

/// The greatest character of a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Bytes,
    Utf,
}

impl Mode {
    pub fn last(self) -> u32 {
        match self {
            Self::Bytes => 0xff,
            Self::Utf => 0x10_ffff,
        }
    }
}

/// Inclusive ranges; sorted and apart once [`Set::normalized`]. In UTF mode also Unicode properties.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Set {
    ranges: Vec<(u32, u32)>,
    /// In the engine's form, `\p{L}`. Bytes have none: their ranges are worked out.
    properties: Vec<Box<str>>,
    negated: bool,
    /// Matches as Unicode's simple case folding has it. Of bytes both cases are in the ranges.
    pub caseless: bool,
}

impl Set {
    pub fn of(ranges: &[(u32, u32)]) -> Self {
        Self { ranges: ranges.to_vec(), ..Self::default() }
    }

    pub fn char(c: u32) -> Self {
        Self::of(&[(c, c)])
    }

    pub fn all(mode: Mode) -> Self {
        Self::of(&[(0, mode.last())])
    }

    /// A Unicode property by PCRE's name, as [`loose`] leaves it; none if it is not known.
    pub fn property(name: &str, negated: bool, mode: Mode) -> Option<Self> {
        let (name, negated) = match name.strip_prefix('^') {
            Some(rest) => (rest, !negated),
            None => (name, negated),
        };
        let class = match PCRE_PROPERTIES.iter().find(|(known, _)| *known == name) {
            Some((_, class)) => (*class).to_owned(),
            None if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return None;
            }
            None => format!("\\p{{{name}}}"),
        };
        let class = match negated {
            true => format!("[^{class}]"),
            false => class,
        };
        let regex = meta::Regex::new(&format!("^(?:{class})$")).ok()?;
        if mode == Mode::Utf {
            return Some(Self { properties: vec![class.into()], ..Self::default() });
        }
        let has = |c: &u8| regex.is_match(&*(*c as char).encode_utf8(&mut [0; 2]));
        let bytes = (0..=0xff).filter(has).map(|c| (c.into(), c.into())).collect();
        Some(Self { ranges: bytes, ..Self::default() }.normalized())
    }

    pub fn add(&mut self, first: u32, last: u32) {
        self.ranges.push((first, last));
    }

    pub fn union(&mut self, other: &Self, mode: Mode) {
        if other.negated {
            self.ranges.extend(other.complement(mode));
        } else {
            self.ranges.extend_from_slice(&other.ranges);
        }
        self.properties.extend_from_slice(&other.properties);
    }

    /// All that is not in it.
    pub fn not(&self, mode: Mode) -> Self {
        if self.properties.is_empty() && !self.caseless {
            return Self { ranges: self.complement(mode), ..Self::default() };
        }
        Self { negated: !self.negated, ..self.clone() }
    }

    /// Each ASCII letter in both cases; of code points the engine folds the rest.
    pub fn fold(&mut self, mode: Mode) {
        if mode == Mode::Utf {
            self.caseless = true;
            return;
        }
        let folded = |(first, last): (u32, u32)| {
            let overlap = move |low: u32, high: u32, to: u32| {
                let (first, last) = (first.max(low), last.min(high));
                (first <= last).then(|| (first - low + to, last - low + to))
            };
            let (lower, upper) = (u32::from(b'a'), u32::from(b'A'));
            [overlap(lower, lower + 25, upper), overlap(upper, upper + 25, lower)]
        };
        let more: Vec<_> = self.ranges.iter().flat_map(|range| folded(*range)).flatten().collect();
        self.ranges.extend(more);
    }

    /// The same set in the fewest ranges.
    pub fn normalized(mut self) -> Self {
        self.ranges = merged(self.ranges);
        self
    }

    /// The only character, if it is one that can be written by itself.
    pub fn single(&self) -> Option<u32> {
        match self.ranges[..] {
            [(first, last)] if first == last && self.properties.is_empty() && !self.negated => {
                Some(first)
            }
            _ => None,
        }
    }

    /// Whether no character is in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.properties.is_empty() && !self.negated
    }

    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub fn properties(&self) -> &[Box<str>] {
        &self.properties
    }

    pub fn is_negated(&self) -> bool {
        self.negated
    }

    fn complement(&self, mode: Mode) -> Vec<(u32, u32)> {
        let mut rest = vec![];
        let mut next = 0;
        for (first, last) in merged(self.ranges.clone()) {
            if first > next {
                rest.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= mode.last() {
            rest.push((next, mode.last()));
        }
        rest
    }
}

fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// The name of a property without what PCRE2 10.40 and later overlook in it.
pub fn loose(name: &str) -> String {
    let is_overlooked = |c: &char| c.is_ascii_whitespace() || matches!(c, '-' | '_');
    name.chars().filter(|c| !is_overlooked(c)).map(|c| c.to_ascii_lowercase()).collect()
}

/// Properties that are PCRE's own.
const PCRE_PROPERTIES: &[(&str, &str)] = &[
    ("any", r"[\x{0}-\x{10ffff}]"),
    ("l&", r"[\p{Lu}\p{Ll}\p{Lt}]"),
    ("lc", r"[\p{Lu}\p{Ll}\p{Lt}]"),
    ("xan", r"[\p{L}\p{N}]"),
    ("xsp", r"[\p{Z}\t\n\x0b\f\r\x{85}\x{180e}]"),
    ("xps", r"[\p{Z}\t\n\x0b\f\r\x{85}\x{180e}]"),
    ("xwd", r"[\p{L}\p{N}\p{Mn}\p{Pc}]"),
];

pub const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
pub const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
pub const SPACE: &[(u32, u32)] = &[(0x09, 0x0d), (0x20, 0x20)];
pub const NEWLINE: u32 = 0x0a;

/// `\h`. Of bytes the first three.
pub const HORIZONTAL: &[(u32, u32)] = &[
    (0x09, 0x09),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x180e, 0x180e),
    (0x2000, 0x200a),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
];

/// `\v`. Of bytes the first two.
pub const VERTICAL: &[(u32, u32)] = &[(0x0a, 0x0d), (0x85, 0x85), (0x2028, 0x2029)];

/// `\d`, `\W`, `\h` and the others of their kind.
pub fn escaped(letter: u8, mode: Mode) -> Option<Set> {
    let ranges = match letter.to_ascii_lowercase() {
        b'd' => DIGIT,
        b'w' => WORD,
        b's' => SPACE,
        b'h' => HORIZONTAL,
        b'v' => VERTICAL,
        _ => return None,
    };
    let known = ranges.iter().copied().filter(|range| range.1 <= mode.last());
    let set = Set { ranges: known.collect(), ..Set::default() };
    Some(if letter.is_ascii_uppercase() { set.not(mode) } else { set })
}

/// The name of a POSIX class.
#[rustfmt::skip]
pub fn posix(name: &str) -> Option<&'static [(u32, u32)]> {
    Some(match name {
        "alpha" => &[(0x41, 0x5a), (0x61, 0x7a)],
        "lower" => &[(0x61, 0x7a)],
        "upper" => &[(0x41, 0x5a)],
        "alnum" => &[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)],
        "ascii" => &[(0x00, 0x7f)],
        "blank" => &[(0x09, 0x09), (0x20, 0x20)],
        "cntrl" => &[(0x00, 0x1f), (0x7f, 0x7f)],
        "digit" => DIGIT,
        "graph" => &[(0x21, 0x7e)],
        "print" => &[(0x20, 0x7e)],
        "punct" => &[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)],
        "space" => SPACE,
        "word" => WORD,
        "xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return None,
    })
}
