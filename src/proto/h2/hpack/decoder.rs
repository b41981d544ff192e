//! Blocks of fields in.

use super::table::{Field, Table};
use super::{huffman, integer, static_table};
use crate::proto::h2::field::Facts;

/// The block is not one, and the tables of the two ends differ from here on: COMPRESSION_ERROR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Debug)]
pub struct Decoder {
    table: Table,
    /// What the table's size may be set to.
    limit: usize,
    /// Strings that are not in the block as they are.
    strings: Vec<u8>,
}

/// Where a string is.
enum Text<'a> {
    Block(&'a [u8]),
    /// In [`Decoder::strings`], up to here.
    Decoded(usize),
}

impl Decoder {
    /// `limit`: SETTINGS_HEADER_TABLE_SIZE, as it was sent to the peer.
    pub fn new(limit: usize) -> Self {
        Self { table: Table::new(limit), limit, strings: Vec::new() }
    }

    /// Calls `take` with each field of a whole block.
    pub fn decode(
        &mut self,
        mut block: &[u8],
        mut take: impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        // Sizes are said before the first field (RFC 7541, 4.2): the smallest in between, and the last.
        for _ in 0..2 {
            if !matches!(block.first(), Some(0x20..=0x3f)) {
                break;
            }
            let size = integer::take(&mut block, 5).filter(|&size| size <= self.limit);
            self.table.resize(size.ok_or(Malformed)?);
        }
        while let Some(&first) = block.first() {
            match first {
                0x80.. => {
                    let index = integer::take(&mut block, 7).ok_or(Malformed)?;
                    take(entry(&self.table, index)?);
                }
                0x40.. => self.literal(&mut block, 6, &mut take)?,
                0x20.. => return Err(Malformed),
                _ => self.literal(&mut block, 4, &mut take)?,
            }
        }
        Ok(())
    }

    /// A field whose name may be that of an entry. With a prefix of 6 bits it becomes an entry.
    fn literal(
        &mut self,
        block: &mut &[u8],
        prefix: u32,
        take: &mut impl FnMut(Field<'_>),
    ) -> Result<(), Malformed> {
        let Self { table, strings, .. } = self;
        strings.clear();
        let index = integer::take(block, prefix).ok_or(Malformed)?;
        let (name, known) = match index {
            0 => (string(block, strings)?, None),
            1..=61 => {
                let row = &static_table::ROWS[index - 1];
                (Text::Block(row.name.as_bytes()), Some(row.facts))
            }
            _ => {
                let entry = entry(table, index)?;
                // The entry may have to go for this field.
                strings.extend_from_slice(entry.name);
                (Text::Decoded(strings.len()), Some(entry.facts))
            }
        };
        let middle = strings.len();
        let value = string(block, strings)?;
        let name = match name {
            Text::Block(name) => name,
            Text::Decoded(end) => &strings[..end],
        };
        let value = match value {
            Text::Block(value) => value,
            Text::Decoded(end) => &strings[middle..end],
        };
        let facts = known.map_or_else(|| Facts::of(name, value), |facts| facts.with(value));
        let field = Field { name, value, facts };
        if prefix == 6 {
            table.add(field);
        }
        take(field);
        Ok(())
    }

    /// The entries of the dynamic table, the newest first.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fields = (0..self.table.len()).filter_map(|age| self.table.get(age));
        fields.map(|field| (field.name, field.value))
    }

    /// Holds no more memory than the table needs.
    pub fn shrink(&mut self) {
        self.strings = Vec::new();
        self.table.shrink();
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.strings.capacity() + self.table.memory()
    }
}

fn entry(table: &Table, index: usize) -> Result<Field<'_>, Malformed> {
    let rows = &static_table::ROWS;
    match index.checked_sub(1) {
        None => Err(Malformed),
        Some(at) if at < rows.len() => {
            let row = &rows[at];
            let (name, value) = (row.name.as_bytes(), row.value.as_bytes());
            Ok(Field { name, value, facts: row.facts })
        }
        Some(at) => table.get(at - rows.len()).ok_or(Malformed),
    }
}

/// Takes a string (RFC 7541, 5.2); one in Huffman code is decoded behind `strings`.
fn string<'a>(block: &mut &'a [u8], strings: &mut Vec<u8>) -> Result<Text<'a>, Malformed> {
    let is_encoded = block.first().ok_or(Malformed)? & 0x80 != 0;
    let len = integer::take(block, 7).ok_or(Malformed)?;
    let (text, rest) = block.split_at_checked(len).ok_or(Malformed)?;
    *block = rest;
    if !is_encoded {
        return Ok(Text::Block(text));
    }
    huffman::decode(text, strings).ok_or(Malformed)?;
    Ok(Text::Decoded(strings.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }

    fn fields(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, Malformed> {
        let mut found = vec![];
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        decoder.decode(block, |it| {
            found.push(format!("{}: {}", text(it.name), text(it.value)));
            assert_eq!(it.facts, Facts::of(it.name, it.value));
        })?;
        Ok(found)
    }

    fn entries(decoder: &Decoder) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        decoder.entries().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
    }

    /// Blocks of one connection, with the fields of each and the table behind it.
    fn check(limit: usize, blocks: &[(&str, &[&str], &[&str])]) {
        let mut decoder = Decoder::new(limit);
        for (block, wanted, table) in blocks {
            assert_eq!(fields(&mut decoder, &hex(block)).as_deref(), Ok(&strings(wanted)[..]));
            assert_eq!(entries(&decoder), *table);
        }
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    /// RFC 7541, appendix C.2.
    #[test]
    fn literals() {
        let custom = "custom-key: custom-header";
        check(
            4096,
            &[(
                "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                &[custom],
                &[custom],
            )],
        );
        check(4096, &[("040c 2f73 616d 706c 652f 7061 7468", &[":path: /sample/path"], &[])]);
        check(4096, &[("1008 7061 7373 776f 7264 0673 6563 7265 74", &["password: secret"], &[])]);
        check(4096, &[("82", &[":method: GET"], &[])]);
    }

    /// Appendices C.3 and C.4: the same requests without and with Huffman code.
    #[test]
    fn requests() {
        let first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
        let second = [&first[..], &["cache-control: no-cache"]].concat();
        let third = [
            ":method: GET",
            ":scheme: https",
            ":path: /index.html",
            ":authority: www.example.com",
            "custom-key: custom-value",
        ];
        let tables: [&[&str]; 3] = [
            &[":authority: www.example.com"],
            &["cache-control: no-cache", ":authority: www.example.com"],
            &["custom-key: custom-value", "cache-control: no-cache", ":authority: www.example.com"],
        ];
        for blocks in [
            [
                "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                "8286 84be 5808 6e6f 2d63 6163 6865",
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
            ],
            [
                "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
                "8286 84be 5886 a8eb 1064 9cbf",
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
            ],
        ] {
            check(
                4096,
                &[
                    (blocks[0], &first, tables[0]),
                    (blocks[1], &second, tables[1]),
                    (blocks[2], &third, tables[2]),
                ],
            );
        }
    }

    /// Appendices C.5 and C.6: responses, with evictions from a table of 256 bytes.
    #[test]
    fn responses() {
        let date = |second: &str| format!("date: Mon, 21 Oct 2013 20:13:{second} GMT");
        let (early, late) = (date("21"), date("22"));
        let (private, location) = ("cache-control: private", "location: https://www.example.com");
        let first = [":status: 302", private, &early, location];
        let second = [":status: 307", private, &early, location];
        let cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
        let gzip = "content-encoding: gzip";
        let third = [":status: 200", private, &late, location, gzip, cookie];
        let tables: [&[&str]; 3] = [
            &[location, &early, private, ":status: 302"],
            &[":status: 307", location, &early, private],
            &[cookie, gzip, &late],
        ];
        for blocks in [
            [
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 \
                 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 \
                 6c65 2e63 6f6d",
                "4803 3330 37c1 c0bf",
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d \
                 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 \
                 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e \
                 3d31",
            ],
            [
                "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 \
                 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
                "4883 640e ffc1 c0bf",
                "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab \
                 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f \
                 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
            ],
        ] {
            check(
                256,
                &[
                    (blocks[0], &first, tables[0]),
                    (blocks[1], &second, tables[1]),
                    (blocks[2], &third, tables[2]),
                ],
            );
        }
    }

    #[test]
    fn sizes() {
        let mut decoder = Decoder::new(4096);
        let added = hex("4001 6101 62");
        assert_eq!(fields(&mut decoder, &added), Ok(strings(&["a: b"])));
        // To nothing and back: the entry is gone.
        let block = [&hex("20 3fe1 1f")[..], &added].concat();
        assert_eq!(fields(&mut decoder, &block), Ok(strings(&["a: b"])));
        assert_eq!(entries(&decoder), ["a: b"]);
        assert_eq!(fields(&mut decoder, &hex("20")), Ok(vec![]));
        assert_eq!(fields(&mut decoder, &hex("be")), Err(Malformed));
        for wrong in ["3fe2 1f", "82 20", "20 20 20", "3f"] {
            assert_eq!(fields(&mut Decoder::new(4096), &hex(wrong)), Err(Malformed), "{wrong}");
        }
    }

    #[test]
    fn an_entry_may_go_for_a_field_that_has_its_name() {
        let mut decoder = Decoder::new(80);
        let value = "v".repeat(40);
        fields(&mut decoder, &hex("4001 6128 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676 7676")).unwrap();
        assert_eq!(entries(&decoder), [format!("a: {value}")]);
        assert_eq!(fields(&mut decoder, &hex("7e 0162")), Ok(strings(&["a: b"])));
        assert_eq!(entries(&decoder), ["a: b"]);
    }

    #[test]
    fn what_is_no_block() {
        for wrong in [
            "80",
            "be",
            "ff",
            "ff80",
            "40",
            "4001",
            "400161",
            "40016102",
            "4081ff",
            "7e0161",
            "0f",
            "0fff ffff ff7f 00",
            "00 7f ffff ff7f",
        ] {
            let mut decoder = Decoder::new(4096);
            assert_eq!(fields(&mut decoder, &hex(wrong)), Err(Malformed), "{wrong}");
        }
    }

    #[test]
    fn a_cut_block_is_none_or_a_shorter_one() {
        let block = hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");
        let whole = |len: usize| {
            let mut decoder = Decoder::new(4096);
            fields(&mut decoder, &hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")).unwrap();
            fields(&mut decoder, &hex("8286 84be 5886 a8eb 1064 9cbf")).unwrap();
            fields(&mut decoder, &block[..len])
        };
        let all = whole(block.len()).unwrap();
        for len in 0..block.len() {
            match len {
                0..=4 => assert_eq!(whole(len).unwrap(), all[..len]),
                _ => assert_eq!(whole(len), Err(Malformed)),
            }
        }
    }
}
