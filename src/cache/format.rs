//! A file of a cache: a head, which proves that the file is whole and of what it is, and the body behind it.
//!
//! ```text
//!   0  MAGIC                            8 bytes
//!   8  VERSION                          4; all numbers are little-endian
//!  12  CRC-32 of the bytes 16 to 127    4
//!  16  where the body begins            4
//!  20  lengths of key, entity tag, Vary and response head, 4 each
//!  36  CRC-32 of the bytes from 128 to the body  4
//!  40  length of the body               8
//!  48  the times and the rest of [`Meta`]
//! 128  key, entity tag, Vary, response head; then the body, to the end of the file
//! ```
//!
//! The first 128 bytes are written last, by one call: before that, the file is none of this format. Later they may be
//! replaced, by one call again, when a server has said that the response is still valid. A file that was cut anywhere has
//! not the length that its head says. The body has no checksum, as nginx's has none.

use super::key::{LEN, Variant};

/// Bytes of the first part of a head, which has the same length in every file.
pub const FIXED: usize = 128;

/// Bytes that a head may have in all.
pub const LONGEST: usize = 1 << 20;

const MAGIC: [u8; 8] = *b"\x89peerage";
const VERSION: u32 = 1;

/// What is known of a stored response, but for its variable parts. Times are seconds since 1970; 0: it was not said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Meta {
    /// Until when it is fresh.
    pub valid: i64,
    /// Until when it may be served while it is updated (`stale-while-revalidate`).
    pub updating: i64,
    /// Until when it may be served if the server fails (`stale-if-error`).
    pub error: i64,
    /// When it was asked for, in milliseconds.
    pub requested_ms: u64,
    /// When it came.
    pub received: i64,
    /// Its Date.
    pub date: i64,
    pub last_modified: i64,
    /// How old it was when it came, in seconds.
    pub age: u32,
    pub status: u16,
    /// The caller's.
    pub flags: u16,
    pub variant: Variant,
    /// Bytes of its body.
    pub body: u64,
}

/// The head of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head<'a> {
    pub meta: Meta,
    /// The cache key as it was before it was made a digest.
    pub key: &'a [u8],
    /// Empty: there is none.
    pub etag: &'a [u8],
    /// Empty: there is none.
    pub vary: &'a [u8],
    /// The head of the response, in whatever form the caller gave it.
    pub response: &'a [u8],
}

/// Why the bytes of a file are not used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unusable {
    /// It is not whole, or not of this format.
    Torn,
    OtherVersion(u32),
}

impl Head<'_> {
    /// Where the body begins; more than [`LONGEST`]: it cannot be stored.
    pub fn len(&self) -> usize {
        FIXED + self.key.len() + self.etag.len() + self.vary.len() + self.response.len()
    }

    pub fn is_empty(&self) -> bool {
        false
    }

    /// Appends the head to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + FIXED, 0);
        for part in [self.key, self.etag, self.vary, self.response] {
            out.extend_from_slice(part);
        }
        let rest = crc32fast::hash(&out[start + FIXED..]);
        out[start..start + FIXED].copy_from_slice(&self.fixed(rest));
    }

    /// The first part for the same variable parts, whose checksum `rest` is.
    fn fixed(&self, rest: u32) -> [u8; FIXED] {
        let mut fields = Fields { bytes: [0; FIXED], at: 16 };
        let lengths = [self.key, self.etag, self.vary, self.response].map(|it| it.len() as u32);
        fields.put(&(self.len() as u32).to_le_bytes());
        lengths.iter().for_each(|len| fields.put(&len.to_le_bytes()));
        fields.put(&rest.to_le_bytes());
        let meta = &self.meta;
        fields.put(&meta.body.to_le_bytes());
        for time in [meta.valid, meta.updating, meta.error] {
            fields.put(&time.to_le_bytes());
        }
        fields.put(&meta.requested_ms.to_le_bytes());
        for time in [meta.received, meta.date, meta.last_modified] {
            fields.put(&time.to_le_bytes());
        }
        fields.put(&meta.age.to_le_bytes());
        fields.put(&meta.status.to_le_bytes());
        fields.put(&meta.flags.to_le_bytes());
        fields.put(&meta.variant.0);
        let mut bytes = fields.bytes;
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let sum = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The first part with other times: what takes the place of that in the file.
    pub fn refreshed(&self, meta: Meta) -> [u8; FIXED] {
        let mut rest = crc32fast::Hasher::new();
        for part in [self.key, self.etag, self.vary, self.response] {
            rest.update(part);
        }
        let meta = Meta { body: self.meta.body, variant: self.meta.variant, ..meta };
        Head { meta, ..*self }.fixed(rest.finalize())
    }
}

/// The length of the head and that of the whole file, by the first [`FIXED`] bytes.
pub fn lengths(bytes: &[u8]) -> Result<(usize, u64), Unusable> {
    let fixed = bytes.first_chunk::<FIXED>().ok_or(Unusable::Torn)?;
    let mut fields = Fields { bytes: *fixed, at: 8 };
    if fixed[..8] != MAGIC {
        return Err(Unusable::Torn);
    }
    match fields.u32() {
        VERSION => {}
        other => return Err(Unusable::OtherVersion(other)),
    }
    if fields.u32() != crc32fast::hash(&fixed[16..]) {
        return Err(Unusable::Torn);
    }
    let start = fields.u32() as usize;
    let parts: u64 = (0..4).map(|_| u64::from(fields.u32())).sum();
    fields.at += 4;
    let body = fields.u64();
    let is_sum = FIXED as u64 + parts == start as u64 && start <= LONGEST;
    let whole = body.checked_add(start as u64).filter(|_| is_sum).ok_or(Unusable::Torn)?;
    Ok((start, whole))
}

/// The head, of the bytes of a file from its beginning to at least the body; `len` is the length of the file.
pub fn read(bytes: &[u8], len: u64) -> Result<Head<'_>, Unusable> {
    let (start, whole) = lengths(bytes)?;
    let head = bytes.get(..start).filter(|_| whole == len).ok_or(Unusable::Torn)?;
    let (fixed, mut rest) = head.split_first_chunk::<FIXED>().ok_or(Unusable::Torn)?;
    let mut fields = Fields { bytes: *fixed, at: 20 };
    let lengths: [usize; 4] = std::array::from_fn(|_| fields.u32() as usize);
    if fields.u32() != crc32fast::hash(rest) {
        return Err(Unusable::Torn);
    }
    let mut parts = [&[][..]; 4];
    for (part, len) in parts.iter_mut().zip(lengths) {
        (*part, rest) = rest.split_at_checked(len).ok_or(Unusable::Torn)?;
    }
    let [key, etag, vary, response] = parts;
    Ok(Head { meta: fields.meta(), key, etag, vary, response })
}

/// The first part of a head, one field after another. Their sum is less than [`FIXED`].
struct Fields {
    bytes: [u8; FIXED],
    at: usize,
}

impl Fields {
    fn put(&mut self, field: &[u8]) {
        let end = self.at + field.len();
        if let Some(place) = self.bytes.get_mut(self.at..end) {
            place.copy_from_slice(field);
        }
        self.at = end;
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let field = self.bytes.get(self.at..).and_then(|it| it.first_chunk::<N>());
        self.at += N;
        field.copied().unwrap_or([0; N])
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    /// In the order in which they are written.
    fn meta(&mut self) -> Meta {
        let body = self.u64();
        let [valid, updating, error] = std::array::from_fn(|_| self.i64());
        let requested_ms = self.u64();
        let [received, date, last_modified] = std::array::from_fn(|_| self.i64());
        let age = self.u32();
        let (status, flags) = (self.u16(), self.u16());
        let variant = Variant(self.take::<LEN>());
        Meta {
            valid,
            updating,
            error,
            requested_ms,
            received,
            date,
            last_modified,
            age,
            status,
            flags,
            variant,
            body,
        }
    }
}

#[cfg(test)]
mod tests;
