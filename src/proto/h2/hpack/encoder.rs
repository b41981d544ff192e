//! Blocks of fields out.
//!
//! A field becomes an entry of the table when it is sent for the second time: what is different in each response
//! costs no entry, and pushes out none.

use super::table::{Field, Table};
use super::{huffman, integer, static_table};
use crate::proto::Name;
use crate::proto::h2::field::{Facts, Kind};

/// Of the table, whatever the peer allows.
const MAX_TABLE: usize = 4096;

/// Longer fields become no entries.
const MAX_ENTRY: usize = 512;

/// Fields that were sent once are remembered by their hashes.
const SEEN: usize = 32;

#[derive(Debug)]
pub struct Encoder {
    table: Table,
    /// The hash of each entry, the newest last.
    hashes: Vec<u32>,
    seen: [u32; SEEN],
    /// A name in lower case.
    name: Vec<u8>,
    /// The next block begins with two sizes of the table: this one, the smallest since the last block, and that of now.
    resized: Option<usize>,
}

impl Encoder {
    pub fn new() -> Self {
        let table = Table::new(MAX_TABLE);
        Self { table, hashes: Vec::new(), seen: [0; SEEN], name: Vec::new(), resized: None }
    }

    /// SETTINGS_HEADER_TABLE_SIZE of the peer.
    pub fn resize(&mut self, limit: usize) {
        let size = limit.min(MAX_TABLE);
        if size == self.table.max() {
            return;
        }
        let least = self.resized.unwrap_or_else(|| self.table.max()).min(size);
        self.table.resize(size);
        self.forget_hashes();
        self.resized = Some(least);
    }

    /// Empties the table and gives up its memory.
    pub fn shrink(&mut self) {
        let max = self.table.max();
        if self.table.len() > 0 {
            self.resized = Some(0);
        }
        self.table = Table::new(max);
        self.hashes = Vec::new();
        self.name = Vec::new();
    }

    /// Before the first field of a block.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        let Some(least) = self.resized.take() else { return };
        if least < self.table.max() {
            integer::put(least, 5, 0x20, out);
        }
        integer::put(self.table.max(), 5, 0x20, out);
    }

    /// `:status`
    pub fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        let index = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => {
                out.extend_from_slice(&[8, 3]);
                return out.extend([100, 10, 1].map(|unit| b'0' + (status / unit % 10) as u8));
            }
        };
        out.push(0x80 | index);
    }

    /// A field; its name is written in lower case.
    pub fn field(&mut self, id: Name, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let mut lower = std::mem::take(&mut self.name);
        lower.clear();
        lower.extend(name.iter().map(u8::to_ascii_lowercase));
        self.lower_field(id, &lower, value, out);
        self.name = lower;
    }

    fn lower_field(&mut self, id: Name, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        if is_secret(id) {
            return literal(0x10, 4, id, name, value, out);
        }
        if is_singular(id) || name.len() + value.len() > MAX_ENTRY {
            return literal(0, 4, id, name, value, out);
        }
        let hash = hash(name, value);
        if let Some(age) = self.find(hash, name, value) {
            return integer::put(static_table::ROWS.len() + 1 + age, 7, 0x80, out);
        }
        let seen = &mut self.seen[hash as usize % SEEN];
        if std::mem::replace(seen, hash) != hash {
            return literal(0, 4, id, name, value, out);
        }
        let facts = Facts { id, kind: Kind::Plain, good_value: true };
        self.table.add(Field { name, value, facts });
        self.hashes.push(hash);
        self.forget_hashes();
        literal(0x40, 6, id, name, value, out);
    }

    /// The age of the entry that is this field.
    fn find(&self, hash: u32, name: &[u8], value: &[u8]) -> Option<usize> {
        let at = self.hashes.iter().rposition(|&it| it == hash)?;
        let age = self.hashes.len() - 1 - at;
        let entry = self.table.get(age)?;
        (entry.name == name && entry.value == value).then_some(age)
    }

    /// Those of entries that are gone.
    fn forget_hashes(&mut self) {
        let gone = self.hashes.len().saturating_sub(self.table.len());
        self.hashes.drain(..gone);
    }

    /// The entries of the dynamic table, the newest first.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fields = (0..self.table.len()).filter_map(|age| self.table.get(age));
        fields.map(|field| (field.name, field.value))
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.table.memory() + self.name.capacity() + self.hashes.capacity() * size_of::<u32>()
    }
}

/// `first` and `prefix` say what kind of literal it is. One that becomes an entry is written as short as it can be;
/// others, which would be encoded anew each time, as they are.
fn literal(first: u8, prefix: u32, id: Name, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let index = static_table::index_of(id);
    integer::put(index, prefix, first, out);
    let put = match prefix {
        6 => short_string,
        _ => plain_string,
    };
    if index == 0 {
        put(name, out);
    }
    put(value, out);
}

fn plain_string(text: &[u8], out: &mut Vec<u8>) {
    integer::put(text.len(), 7, 0, out);
    out.extend_from_slice(text);
}

fn short_string(text: &[u8], out: &mut Vec<u8>) {
    let len = huffman::encoded_len(text);
    if len >= text.len() {
        return plain_string(text, out);
    }
    integer::put(len, 7, 0x80, out);
    huffman::encode(text, out);
}

/// Never to be in a table (RFC 7541, 7.1.3).
fn is_secret(id: Name) -> bool {
    matches!(id, Name::SetCookie | Name::Authorization | Name::ProxyAuthorization | Name::Cookie)
}

/// Its values are as many as there are resources.
fn is_singular(id: Name) -> bool {
    matches!(
        id,
        Name::ContentLength
            | Name::ContentRange
            | Name::Etag
            | Name::LastModified
            | Name::Location
            | Name::Expires
            | Name::Age
    )
}

/// FNV-1a over words; equal fields are compared, so that it may be weak.
fn hash(name: &[u8], value: &[u8]) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ name.len() as u64;
    let mut add = |word: u64| {
        hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    };
    for text in [name, value] {
        let (words, rest) = text.as_chunks::<8>();
        words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        add(u64::from_le_bytes(last));
    }
    // 0 is the hash of nothing.
    ((hash >> 16) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;

    struct Pair {
        encoder: Encoder,
        decoder: Decoder,
    }

    impl Pair {
        fn new() -> Self {
            Self { encoder: Encoder::new(), decoder: Decoder::new(4096) }
        }

        /// Sends a block of fields; its length.
        fn send(&mut self, status: u16, fields: &[(&str, &str)]) -> usize {
            let mut block = vec![];
            self.encoder.begin(&mut block);
            self.encoder.status(status, &mut block);
            for (name, value) in fields {
                let id = Name::of(name.as_bytes());
                self.encoder.field(id, name.as_bytes(), value.as_bytes(), &mut block);
            }
            let mut found = vec![];
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            self.decoder
                .decode(&block, |it| found.push((text(it.name), text(it.value))))
                .expect("a block");
            let mut wanted = vec![(":status".to_owned(), status.to_string())];
            wanted.extend(fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
            assert_eq!(found, wanted);
            assert!(self.encoder.entries().eq(self.decoder.entries()));
            block.len()
        }
    }

    #[test]
    fn a_field_is_an_entry_from_the_second_time_on() {
        let mut pair = Pair::new();
        let fields = [("server", "peerage"), ("x-a", "b"), ("content-length", "12")];
        assert_eq!(pair.send(200, &fields), 1 + 10 + 7 + 5);
        assert_eq!(pair.encoder.entries().count(), 0);
        pair.send(200, &fields);
        assert_eq!(pair.encoder.entries().count(), 2);
        assert_eq!(pair.send(404, &fields), 1 + 1 + 1 + 5);
        pair.send(404, &[("server", "other")]);
        assert_eq!(pair.encoder.entries().count(), 2);
    }

    #[test]
    fn secrets_are_no_entries() {
        let mut pair = Pair::new();
        for _ in 0..3 {
            pair.send(302, &[("set-cookie", "a=b"), ("location", "/")]);
        }
        assert_eq!(pair.encoder.entries().count(), 0);
    }

    #[test]
    fn many_fields() {
        let mut pair = Pair::new();
        for i in 0..2000 {
            let value = "v".repeat(i % 97);
            let name = format!("x-{}", i % 61);
            let fields = [(&*name, &*value), ("server", "peerage"), ("via", &value)];
            pair.send(200 + (i % 300) as u16, &fields);
            pair.send(200, &fields);
            match i % 50 {
                10 => pair.encoder.resize(i),
                20 => pair.encoder.resize(0),
                21 => pair.encoder.resize(5000),
                30 => pair.encoder.shrink(),
                _ => {}
            }
        }
    }

    #[test]
    fn sizes_are_told() {
        let mut pair = Pair::new();
        for _ in 0..2 {
            pair.send(200, &[("server", "peerage")]);
        }
        pair.encoder.resize(100);
        pair.encoder.resize(0);
        pair.encoder.resize(4096);
        let mut block = vec![];
        pair.encoder.begin(&mut block);
        assert_eq!(block, b"\x20\x3f\xe1\x1f");
        block.clear();
        pair.encoder.begin(&mut block);
        assert!(block.is_empty());
    }
}
