//! A head in memory: an exact copy of its bytes, and its fields as spans into them.
//!
//! Known names become a [`Name`] when the head is parsed, so that a lookup compares bytes, not
//! strings. A request keeps its `Head` and clears it: after warm-up neither vector allocates.

/// A part of a head's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub len: u32,
}

impl Span {
    /// Heads are bounded far below 4 GiB by every limit.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, len: end.saturating_sub(start) as u32 }
    }

    /// Where `part`, which is a part of `whole`, lies in it.
    pub fn within(whole: &[u8], part: &[u8]) -> Self {
        let start = part.as_ptr() as usize - whole.as_ptr() as usize;
        Self { start: start as u32, len: part.len() as u32 }
    }

    pub fn start(self) -> usize {
        self.start as usize
    }

    pub fn end(self) -> usize {
        self.start as usize + self.len as usize
    }

    pub fn len(self) -> usize {
        self.len as usize
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The bytes it stands for; none if `bytes` is not what it was made for.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start()..self.end()).unwrap_or_default()
    }

    /// The same bytes, when what they lie in begins `by` bytes further left.
    pub fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by as u32, len: self.len }
    }
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub id: Name,
    pub name: Span,
    pub value: Span,
}

#[derive(Clone, Debug, Default)]
pub struct Head {
    /// A copy of the head as it was sent. Lines that were dropped for an invalid name may be
    /// missing in it.
    pub bytes: Vec<u8>,
    pub fields: Vec<Field>,
}

impl Head {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
    }

    /// Becomes equal to another, in the memory that it has.
    pub fn copy(&mut self, from: &Self) {
        self.bytes.clone_from(&from.bytes);
        self.fields.clone_from(&from.fields);
    }

    /// The first field with this name.
    pub fn get(&self, id: Name) -> Option<&[u8]> {
        self.all(id).next()
    }

    /// The values of all fields with this name, in the order they were sent.
    pub fn all(&self, id: Name) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |field| field.id == id).map(|field| self.value(field))
    }

    /// The first field with this name in any case, known or not.
    pub fn find(&self, name: &[u8]) -> Option<&[u8]> {
        match Name::of(name) {
            Name::Other => {
                self.iter().find(|(_, other, _)| other.eq_ignore_ascii_case(name)).map(|f| f.2)
            }
            id => self.get(id),
        }
    }

    /// All fields for `$http_NAME` and its kin, which nginx joins with commas.
    pub fn all_underscored<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(_, other, _)| is_underscored(other, name)).map(|field| field.2)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Name, &[u8], &[u8])> {
        self.fields.iter().map(|field| (field.id, self.name(field), self.value(field)))
    }

    pub fn name(&self, field: &Field) -> &[u8] {
        field.name.of(&self.bytes)
    }

    pub fn value(&self, field: &Field) -> &[u8] {
        field.value.of(&self.bytes)
    }

    /// The field's line with its end, as it goes on to the next: nearly always as it came, in one piece.
    pub fn push_line(&self, field: &Field, out: &mut Vec<u8>) {
        let (start, colon) = (field.name.start(), field.name.end());
        let (value, end) = (field.value.start(), field.value.end());
        let is_usual = value == colon + 2
            && self.bytes.get(colon..value) == Some(b": ")
            && self.bytes.get(end..end + 2) == Some(b"\r\n");
        match self.bytes.get(start..end + 2) {
            Some(line) if is_usual => out.extend_from_slice(line),
            _ => {
                out.extend_from_slice(self.name(field));
                out.extend_from_slice(b": ");
                out.extend_from_slice(self.value(field));
                out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// Adds a copy of a field.
    pub fn push_copy(&mut self, name: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.push(Span::new(start, middle), Span::new(middle, self.bytes.len()));
    }

    /// Adds a field whose bytes are in `self.bytes` already.
    pub fn push(&mut self, name: Span, value: Span) {
        let id = Name::of(name.of(&self.bytes));
        self.fields.push(Field { id, name, value });
    }
}

/// Is `field` what a variable spells as `name` (lower case, `_` for `-`)?
pub fn is_underscored(field: &[u8], name: &str) -> bool {
    field.len() == name.len()
        && field.iter().zip(name.bytes()).all(|(&have, want)| match have {
            b'-' => want == b'_',
            _ => have.to_ascii_lowercase() == want,
        })
}

/// The elements of a comma-separated list, trimmed; empty ones are left out (RFC 9110, 5.6.1).
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

macro_rules! names {
    ($($variant:ident $text:literal)*) => {
        /// The names that some part of the program asks for.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Name {
            Other,
            $($variant,)*
        }

        static ALL: &[(Name, &str)] = &[(Name::Other, ""), $((Name::$variant, $text),)*];
    };
}

names! {
    Host "Host"
    Connection "Connection"
    ContentLength "Content-Length"
    TransferEncoding "Transfer-Encoding"
    KeepAlive "Keep-Alive"
    Te "TE"
    Trailer "Trailer"
    Upgrade "Upgrade"
    Expect "Expect"
    ContentType "Content-Type"
    Date "Date"
    Server "Server"
    Location "Location"
    Refresh "Refresh"
    SetCookie "Set-Cookie"
    LastModified "Last-Modified"
    Etag "ETag"
    IfModifiedSince "If-Modified-Since"
    IfUnmodifiedSince "If-Unmodified-Since"
    IfMatch "If-Match"
    IfNoneMatch "If-None-Match"
    IfRange "If-Range"
    Authorization "Authorization"
    Range "Range"
    AcceptRanges "Accept-Ranges"
    ContentRange "Content-Range"
    ContentEncoding "Content-Encoding"
    ContentLanguage "Content-Language"
    ContentDisposition "Content-Disposition"
    CacheControl "Cache-Control"
    Pragma "Pragma"
    Age "Age"
    Expires "Expires"
    Vary "Vary"
    Cookie "Cookie"
    UserAgent "User-Agent"
    Referer "Referer"
    Origin "Origin"
    ProxyAuthorization "Proxy-Authorization"
    ProxyAuthenticate "Proxy-Authenticate"
    ProxyConnection "Proxy-Connection"
    XForwardedFor "X-Forwarded-For"
    XForwardedProto "X-Forwarded-Proto"
    XForwardedHost "X-Forwarded-Host"
    XRealIp "X-Real-IP"
    Forwarded "Forwarded"
    Via "Via"
    XAccelRedirect "X-Accel-Redirect"
    XAccelBuffering "X-Accel-Buffering"
    XAccelExpires "X-Accel-Expires"
    XAccelLimitRate "X-Accel-Limit-Rate"
    XAccelCharset "X-Accel-Charset"
    XPad "X-Pad"
    Link "Link"
    Allow "Allow"
    WwwAuthenticate "WWW-Authenticate"
    Status "Status"
    Accept "Accept"
    AcceptEncoding "Accept-Encoding"
    AcceptLanguage "Accept-Language"
    Depth "Depth"
    Destination "Destination"
    Overwrite "Overwrite"
}

impl Name {
    /// The id of a name in any case. One slot can be meant, found by the length and two letters;
    /// then one comparison, or two if the name is in another case than usual.
    pub fn of(name: &[u8]) -> Self {
        if name.is_empty() {
            return Self::Other;
        }
        let id = SLOTS[slot(name)];
        let usual = ALL[id as usize].1.as_bytes();
        let is_meant = usual == name || usual.len() == name.len() && is_in_other_case(name, usual);
        if is_meant { id } else { Self::Other }
    }
}

impl Name {
    /// `X-Accel-…`: it is for us.
    pub fn is_accel(self) -> bool {
        ACCEL.has(self)
    }

    /// Only the first field of this name counts in a response.
    pub fn is_single(self) -> bool {
        SINGLE.has(self)
    }
}

/// A set of names, a bit each. [`Name::Other`] is one of them, and stands for all that have no id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names(u128);

impl Names {
    pub const ALL: Self = Self(!0);

    pub const fn of(names: &[Name]) -> Self {
        let (mut set, mut i) = (Self(0), 0);
        while i < names.len() {
            set = set.or(Self::one(names[i]));
            i += 1;
        }
        set
    }

    pub const fn one(id: Name) -> Self {
        Self(1 << id as u32)
    }

    pub fn insert(&mut self, id: Name) {
        *self = self.or(Self::one(id));
    }

    pub fn has(self, id: Name) -> bool {
        self.meets(Self::one(id))
    }

    /// What is in either.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Something is in both.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// `X-Accel-…`: what the server tells us, not the client.
pub(super) const ACCEL: Names = Names::of(&[
    Name::XAccelRedirect,
    Name::XAccelExpires,
    Name::XAccelLimitRate,
    Name::XAccelBuffering,
    Name::XAccelCharset,
]);

pub(super) const SINGLE: Names = ACCEL.or(Names::of(&[
    Name::ContentType,
    Name::ContentEncoding,
    Name::Date,
    Name::Server,
    Name::LastModified,
    Name::Etag,
    Name::Expires,
    Name::Location,
    Name::Refresh,
]));

/// Whether `name` is `usual`, which is one of the table and as long, but for the case of letters.
///
/// Apart, so that what is usual takes few registers.
#[inline(never)]
fn is_in_other_case(name: &[u8], usual: &[u8]) -> bool {
    let (name_words, name_end) = name.as_chunks::<8>();
    let (usual_words, usual_end) = usual.as_chunks::<8>();
    let differs = |name: u64, usual: u64| (name ^ usual) & !((usual >> 1) & CASE) != 0;
    let words = name_words.iter().zip(usual_words);
    let mut words = words.map(|it| (u64::from_le_bytes(*it.0), u64::from_le_bytes(*it.1)));
    let mut bytes = name_end.iter().zip(usual_end).map(|it| (u64::from(*it.0), u64::from(*it.1)));
    !words.any(|(name, usual)| differs(name, usual))
        && !bytes.any(|(name, usual)| differs(name, usual))
}

/// The bit in which the cases of a letter differ, in each byte. Of a letter the bit above it is set, of `-` it is not.
const CASE: u64 = u64::from_ne_bytes([0x20; 8]);

const _: () = {
    let mut i = 0;
    while i < ALL.len() {
        let (text, mut at) = (ALL[i].1.as_bytes(), 0);
        while at < text.len() {
            assert!(text[at].is_ascii_alphabetic() || text[at] == b'-');
            at += 1;
        }
        i += 1;
    }
};

const SLOT_COUNT: usize = 512;

/// The factors were found by trying: no two names of the table meet.
const fn slot(name: &[u8]) -> usize {
    let first = (name[0] | 0x20) as usize;
    let late = (name[name.len() * 3 / 4] | 0x20) as usize;
    (name.len() * 7 + first * 42 + late) & (SLOT_COUNT - 1)
}

static SLOTS: [Name; SLOT_COUNT] = {
    let mut slots = [Name::Other; SLOT_COUNT];
    let mut i = 1;
    while i < ALL.len() {
        let text = ALL[i].1.as_bytes();
        let at = slot(text);
        assert!(slots[at] as usize == 0, "two names in one slot: choose other factors");
        slots[at] = ALL[i].0;
        i += 1;
    }
    slots
};

const _: () = assert!(size_of::<Field>() == 20);
/// [`Names`] has a bit for each.
const _: () = assert!(ALL.len() <= 128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for &(id, text) in &ALL[1..] {
            assert_eq!(Name::of(text.as_bytes()), id);
            assert_eq!(Name::of(text.to_ascii_uppercase().as_bytes()), id);
            assert_eq!(ALL[id as usize], (id, text));
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut other = text.as_bytes().to_vec();
                    other[at] ^= 1 << bit;
                    let is_meant = other.eq_ignore_ascii_case(text.as_bytes());
                    let wanted = if is_meant { id } else { Name::Other };
                    assert_eq!(Name::of(&other), wanted, "{other:?}");
                }
            }
        }
        assert_eq!(Name::of(b""), Name::Other);
        assert_eq!(Name::of(b"h"), Name::Other);
    }

    #[test]
    fn sets_of_names() {
        let mut set = Names::of(&[Name::Host, Name::Overwrite]);
        assert!(set.has(Name::Host) && set.has(Name::Overwrite) && !set.has(Name::Other));
        assert!(set.meets(Names::one(Name::Host)) && !set.meets(Names::one(Name::Te)));
        set.insert(Name::Other);
        assert!(set.has(Name::Other) && !set.has(Name::Te));
        assert!(Names::ALL.has(Name::Other) && Names::ALL.has(Name::Overwrite));
    }

    fn head(fields: &[(&str, &str)]) -> Head {
        let mut head = Head::default();
        for (name, value) in fields {
            head.push_copy(name.as_bytes(), value.as_bytes());
        }
        head
    }

    #[test]
    fn looks_up() {
        let head = head(&[("X-Real-IP", "a"), ("x-one", "1"), ("X-One", "2"), ("HOST", "h")]);
        assert_eq!(head.get(Name::Host), Some(&b"h"[..]));
        assert_eq!(head.get(Name::XRealIp), Some(&b"a"[..]));
        assert_eq!(head.get(Name::Via), None);
        assert_eq!(head.find(b"X-ONE"), Some(&b"1"[..]));
        assert_eq!(head.find(b"host"), Some(&b"h"[..]));
        assert_eq!(head.all_underscored("x_one").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(head.all_underscored("x-one").count(), 0);
    }

    #[test]
    fn a_line_goes_on_in_the_usual_form() {
        let mut head =
            Head { bytes: b"A: b\r\nC:d\r\nE:  f\r\nG: h\n".to_vec(), ..Head::default() };
        for (name, value) in
            [((0, 1), (3, 4)), ((6, 7), (8, 9)), ((11, 12), (15, 16)), ((18, 19), (21, 22))]
        {
            head.push(Span::new(name.0, name.1), Span::new(value.0, value.1));
        }
        let mut out = Vec::new();
        head.fields.iter().for_each(|field| head.push_line(field, &mut out));
        assert_eq!(out, b"A: b\r\nC: d\r\nE: f\r\nG: h\r\n");
    }

    #[test]
    fn lists() {
        assert_eq!(list(b" a ,, b,").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(list(b"").count(), 0);
    }

    #[test]
    fn a_span_of_other_bytes_is_empty() {
        assert_eq!(Span::new(3, 9).of(b"abc"), b"");
        assert_eq!(Span::new(9, 3).of(b"abcdefghijkl"), b"");
    }
}
