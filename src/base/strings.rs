//! Strings that are searched for together, without regard to the case of ASCII letters.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

/// A set of strings, known by their places in the list that it was made of.
#[derive(Clone, Debug)]
pub struct Strings {
    automaton: AhoCorasick,
    /// In lower case.
    list: Vec<Box<[u8]>>,
    /// Indices into `list`, in the order of the strings.
    sorted: Vec<usize>,
    longest: usize,
}

/// What stands at the beginning of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    Nothing,
    /// This string, whatever follows.
    String(usize),
    /// The text is the beginning of a string that would have precedence.
    Open,
}

impl Strings {
    /// None of the strings is empty. None: they are too many, or too long.
    pub fn new(list: Vec<Box<[u8]>>) -> Option<Self> {
        Self::build(list, None)
    }

    /// As `new`, for a single text: built sooner and in less memory, where `new` may take 1 KiB for a byte.
    pub fn for_one_text(list: Vec<Box<[u8]>>) -> Option<Self> {
        Self::build(list, Some(AhoCorasickKind::ContiguousNFA))
    }

    fn build(mut list: Vec<Box<[u8]>>, kind: Option<AhoCorasickKind>) -> Option<Self> {
        list.iter_mut().for_each(|it| it.make_ascii_lowercase());
        let automaton = AhoCorasick::builder()
            .kind(kind)
            .match_kind(MatchKind::LeftmostFirst)
            .ascii_case_insensitive(true)
            .build(&list)
            .ok()?;
        let mut sorted: Vec<_> = (0..list.len()).collect();
        sorted.sort_by(|&a, &b| list[a].cmp(&list[b]));
        let longest = list.iter().map(|it| it.len()).max()?;
        Some(Self { automaton, list, sorted, longest })
    }

    /// The number of the strings.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Bytes of the longest string.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Bytes of one string.
    pub fn len_of(&self, index: usize) -> usize {
        self.list[index].len()
    }

    /// The first place before `until` where one of the strings that are `wanted` begins, and the first string in the
    /// list that stands there.
    pub fn find(
        &self,
        text: &[u8],
        until: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<(usize, usize)> {
        let mut from = 0;
        loop {
            let found = self.automaton.find(Input::new(text).range(from..))?;
            let (start, index) = (found.start(), found.pattern().as_usize());
            if start >= until {
                return None;
            }
            if wanted(index) {
                return Some((start, index));
            }
            if let At::String(index) = self.at(&text[start..], &wanted) {
                return Some((start, index));
            }
            from = start + 1;
        }
    }

    /// Which of the strings that are `wanted` the text begins with.
    pub fn at(&self, text: &[u8], wanted: impl Fn(usize) -> bool) -> At {
        let mut left = self.sorted.as_slice();
        let mut best = None;
        for depth in 0..=text.len() {
            // Those that end here stand before those that go on.
            while let Some((&index, rest)) = left.split_first() {
                if self.list[index].len() > depth {
                    break;
                }
                if wanted(index) && best.is_none_or(|best| index < best) {
                    best = Some(index);
                }
                left = rest;
            }
            let Some(byte) = text.get(depth).map(u8::to_ascii_lowercase) else { break };
            let start = left.partition_point(|&it| self.list[it][depth] < byte);
            let end = left.partition_point(|&it| self.list[it][depth] <= byte);
            left = &left[start..end];
            if left.is_empty() {
                break;
            }
        }
        let is_open = left.iter().any(|&it| wanted(it) && best.is_none_or(|best| it < best));
        match best {
            _ if is_open => At::Open,
            Some(index) => At::String(index),
            None => At::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Strings {
        Strings::new(list.iter().map(|it| it.as_bytes().into()).collect()).unwrap()
    }

    #[test]
    fn the_leftmost_is_found_and_of_those_the_first() {
        let it = strings(&["bc", "ABCD", "ab", "x"]);
        let find = |text: &str, until| it.find(text.as_bytes(), until, |_| true);
        assert_eq!(find("zzaBcD", 6), Some((2, 1)));
        assert_eq!(find("zzabce", 6), Some((2, 2)));
        assert_eq!(find("zzbcab", 6), Some((2, 0)));
        assert_eq!(find("zzbcab", 2), None);
        assert_eq!(it.find(b"abcdX", 5, |index| index != 1), Some((0, 2)));
        assert_eq!(it.find(b"abcdX", 5, |index| index == 0), Some((1, 0)));
        assert_eq!(it.find(b"abcdX", 5, |index| index == 3), Some((4, 3)));
        assert_eq!((it.longest(), it.count(), it.len_of(3)), (4, 4, 1));
    }

    #[test]
    fn long_strings_for_one_text_take_little_memory() {
        let long: Vec<_> = (0..8192_u32).map(|n| ((n * n) >> 5) as u8).collect();
        let it = Strings::for_one_text(vec![long.as_slice().into(), (*b"x").into()]).unwrap();
        assert!(it.automaton.memory_usage() < 1 << 20);
        let text = [b"ab", long.as_slice()].concat();
        assert_eq!(it.find(&text, text.len(), |index| index == 0), Some((2, 0)));
    }

    #[test]
    fn a_text_may_be_the_beginning_of_a_string() {
        let it = strings(&["abcd", "ab", "abc", "b"]);
        let at = |text: &str| it.at(text.as_bytes(), |_| true);
        assert_eq!(at(""), At::Open);
        assert_eq!(at("x"), At::Nothing);
        assert_eq!(at("a"), At::Open);
        assert_eq!(at("Ab"), At::Open);
        assert_eq!(at("abx"), At::String(1));
        assert_eq!(at("b"), At::String(3));
        assert_eq!(it.at(b"ab", |index| index > 0), At::String(1));
        assert_eq!(it.at(b"abc", |index| index > 1), At::String(2));
        assert_eq!(it.at(b"ab", |index| index == 3), At::Nothing);
    }

    #[test]
    fn a_thousand_are_found() {
        let list: Vec<_> = (0..1000).map(|n| format!("<{n}>")).collect();
        let it = strings(&list.iter().map(String::as_str).collect::<Vec<_>>());
        for (n, string) in list.iter().enumerate() {
            let text = format!("<{string}");
            assert_eq!(it.find(text.as_bytes(), text.len(), |_| true), Some((1, n)));
            assert_eq!(it.at(string.as_bytes(), |_| true), At::String(n));
        }
    }
}
