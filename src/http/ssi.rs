//! What the commands in a body have set so far.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::ids::RequestId;
use crate::base::regex::Captures;
use crate::proto::ssi::Parser;

/// Of one body.
#[derive(Debug, Default)]
pub struct Ssi {
    pub parser: Parser,
    /// A command was read that is obeyed once what stands before it has been passed on.
    pub is_due: bool,
    /// What commands write, and how much of it has been passed on.
    pub output: Vec<u8>,
    pub passed: usize,
    pub waits: Option<Waits>,
    /// Between the commands of an `if` whose branch is not taken, or in a block.
    pub is_hidden: bool,
    /// A branch was taken.
    pub is_chosen: bool,
    pub is_block: bool,
    pub conditional: Conditional,
    pub encoding: Encoding,
    /// `config`
    pub errmsg: Option<Box<[u8]>>,
    pub timefmt: Option<Box<[u8]>>,
}

impl Ssi {
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What has to end before the body goes on.
#[derive(Debug)]
pub struct Waits {
    pub child: RequestId,
    /// The variable that its body becomes; none: it is a part of the body.
    pub set: Option<Box<[u8]>>,
}

/// The command of a condition that was obeyed last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Conditional {
    #[default]
    None,
    /// `if` or `elif`
    If,
    Else,
}

/// How `echo` writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    None,
    Url,
    #[default]
    Entity,
}

/// Of a main request: what the bodies of its subrequests know, too.
#[derive(Debug, Default)]
pub struct SsiShared {
    /// By their names in lower case.
    variables: BTreeMap<Box<[u8]>, Box<[u8]>>,
    /// Of the last expression that has matched.
    pub captures: Captures,
    /// By their names; the first of a name counts.
    blocks: Vec<Block>,
    /// Bytes of the variables and of the blocks.
    size: usize,
}

#[derive(Debug)]
struct Block {
    name: Box<[u8]>,
    text: Rc<Vec<u8>>,
}

/// Bytes that variables and blocks of one request take, at most.
const SIZE: usize = 1 << 20;
/// What one of them takes beside its name and its text.
const ENTRY: usize = 64;

impl SsiShared {
    /// The value of a variable, or of a capture. `name` is in lower case.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        if let [digit @ b'0'..=b'9'] = name {
            let n = usize::from(digit - b'0');
            if self.captures.has(n) {
                return Some(self.captures.get(n));
            }
        }
        self.variables.get(name).map(|value| &**value)
    }

    /// False: there is no room.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        let before = self.variables.get(name).map_or(0, |it| ENTRY + name.len() + it.len());
        let size = self.size - before + ENTRY + name.len() + value.len();
        if size > SIZE {
            return false;
        }
        self.size = size;
        self.variables.insert(name.into(), value.into());
        true
    }

    pub fn begin_block(&mut self, name: &[u8]) -> bool {
        let size = self.size + ENTRY + name.len();
        if size > SIZE {
            return false;
        }
        self.size = size;
        self.blocks.push(Block { name: name.into(), text: Rc::default() });
        true
    }

    /// Adds to the last block. False: there is no room.
    pub fn add_to_block(&mut self, text: &[u8]) -> bool {
        let Some(block) = self.blocks.last_mut() else { return false };
        if self.size + text.len() > SIZE {
            return false;
        }
        self.size += text.len();
        Rc::make_mut(&mut block.text).extend_from_slice(text);
        true
    }

    pub fn block(&self, name: &[u8]) -> Option<&Rc<Vec<u8>>> {
        self.blocks.iter().find(|block| *block.name == *name).map(|block| &block.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_blocks_are_bounded_together() {
        let mut it = SsiShared::default();
        assert!(it.set(b"a", b"1") && it.set(b"a", b"two"));
        assert_eq!((it.get(b"a"), it.get(b"b"), it.get(b"1")), (Some(&b"two"[..]), None, None));
        let half = vec![0; SIZE / 2];
        assert!(it.set(b"b", &half) && it.set(b"b", &half) && !it.set(b"c", &half));
        assert!(it.begin_block(b"x") && !it.add_to_block(&half) && it.add_to_block(b"text"));
        assert!(it.set(b"b", b"") && it.add_to_block(&half));
        assert_eq!(it.block(b"x").map(|text| text.len()), Some(4 + SIZE / 2));
        assert_eq!(it.block(b"y"), None);
    }

    #[test]
    fn blocks_of_no_bytes_are_bounded() {
        let mut it = SsiShared::default();
        assert_eq!((0..).take_while(|_| it.begin_block(b"")).count(), SIZE / ENTRY);
    }
}
