//! Blocks of HPACK: of one connection, each behind two bytes that say its length. They are read as a naive model
//! reads them, which keeps its table as a list; and what was read, encoded anew, is read as the same, with equal
//! tables at both ends.

use peerage::proto::Name;
use peerage::proto::h2::hpack::{Decoder, Encoder};

pub const WORDS: &[&[u8]] = &[
    b"\x00\x03\x82\x86\x84",
    b"\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
    b"\x40\x01a\x01b",
    b"\x00\x01a\x01b",
    b"\x10\x01a\x01b",
    b"\x0f\x0d\x013",
    b"\x7e\x01c",
    b"\x20",
    b"\x3f\x09",
    b"\x3f\xe1\x1f",
    b"\xbe\xbf\xc0",
    b"\x7f\x00\x05",
];

const LIMIT: usize = 200;

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

pub fn seeds() -> Vec<Vec<u8>> {
    let get = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
    let added = b"\x40\x01a\x05value\x40\x01b\x05value\x58\x86\xa8\xeb\x10\x64\x9c\xbf";
    let sized = b"\x20\x3f\x51\x82\xbe";
    let again = b"\xbe\xbf\x7e\x03abc\x0f\x0d\x013";
    vec![blocks(&[get, added, again]), blocks(&[added, sized]), blocks(&[added, added, again])]
}

fn blocks(all: &[&[u8]]) -> Vec<u8> {
    all.iter().flat_map(|block| [&(block.len() as u16).to_be_bytes()[..], block].concat()).collect()
}

pub fn check(mut input: &[u8]) {
    let (mut decoder, mut model) = (Decoder::new(LIMIT), Model { table: vec![], size: LIMIT });
    let (mut encoder, mut peer) = (Encoder::new(), Decoder::new(4096));
    while let Some((len, rest)) = input.split_first_chunk() {
        let (block, rest) = rest.split_at(rest.len().min(u16::from_be_bytes(*len).into()));
        input = rest;
        let read = decoded(&mut decoder, block);
        assert_eq!(read, model.decode(block));
        let Some(fields) = read else { return };
        assert!(decoder.entries().eq(model.table.iter().map(|it| (&*it.0, &*it.1))));
        if block.len().is_multiple_of(5) {
            encoder.resize(block.len());
        }
        if block.len().is_multiple_of(7) {
            encoder.shrink();
        }
        let mut again = vec![];
        encoder.begin(&mut again);
        for (name, value) in &fields {
            encoder.field(Name::of(name), name, value, &mut again);
        }
        let lower = |it: &(Vec<u8>, Vec<u8>)| (it.0.to_ascii_lowercase(), it.1.clone());
        let fields = fields.iter().map(lower).collect();
        assert_eq!(decoded(&mut peer, &again), Some(fields));
        assert!(encoder.entries().eq(peer.entries()));
    }
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Option<Fields> {
    let mut fields = vec![];
    let taken = decoder.decode(block, |it| fields.push((it.name.to_vec(), it.value.to_vec())));
    taken.ok().map(|()| fields)
}

/// The decoder again, in the words of RFC 7541.
struct Model {
    /// The newest first.
    table: Fields,
    size: usize,
}

impl Model {
    fn decode(&mut self, mut block: &[u8]) -> Option<Fields> {
        let (mut fields, mut sizes) = (vec![], 0);
        while let Some(&first) = block.first() {
            if first & 0x80 != 0 {
                let index = integer(&mut block, 7)?;
                fields.push(self.entry(index)?);
            } else if first & 0xe0 == 0x20 {
                let size = integer(&mut block, 5)?;
                sizes += 1;
                if size > LIMIT || !fields.is_empty() || sizes > 2 {
                    return None;
                }
                self.size = size;
                self.evict();
            } else {
                let is_added = first & 0x40 != 0;
                let index = integer(&mut block, if is_added { 6 } else { 4 })?;
                let name = match index {
                    0 => string(&mut block)?,
                    index => self.entry(index)?.0,
                };
                let field = (name, string(&mut block)?);
                if is_added {
                    self.table.insert(0, field.clone());
                    self.evict();
                }
                fields.push(field);
            }
        }
        Some(fields)
    }

    fn evict(&mut self) {
        let size = |table: &Fields| table.iter().map(|it| it.0.len() + it.1.len() + 32).sum();
        while self.size < size(&self.table) {
            self.table.pop();
        }
    }

    fn entry(&self, index: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        match index {
            0 => None,
            // Of the static table, the decoder's own word.
            1..=61 => decoded(&mut Decoder::new(0), &[index as u8 | 0x80])?.pop(),
            _ => self.table.get(index - 62).cloned(),
        }
    }
}

fn integer(input: &mut &[u8], prefix: u32) -> Option<usize> {
    let (first, mut rest) = input.split_first()?;
    let most = (1 << prefix) - 1;
    let mut value = u64::from(first & most);
    if value == u64::from(most) {
        for at in 0.. {
            let (byte, behind) = rest.split_first().filter(|_| at < 4)?;
            rest = behind;
            value += u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    *input = rest;
    usize::try_from(value).ok()
}

/// In Huffman code, as a decoder of its own reads it.
fn string(input: &mut &[u8]) -> Option<Vec<u8>> {
    let whole = *input;
    let is_coded = whole.first()? & 0x80 != 0;
    let len = integer(input, 7)?;
    let (text, rest) = input.split_at_checked(len)?;
    *input = rest;
    if !is_coded {
        return Some(text.to_vec());
    }
    let string = &whole[..whole.len() - rest.len()];
    let block = [b"\0\x01a", string].concat();
    Some(decoded(&mut Decoder::new(0), &block)?.pop()?.1)
}
