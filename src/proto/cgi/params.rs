//! Parameters: names as CGI has them, and their values, in the form of one protocol.

/// What the name of a parameter begins with that stands for a field of the request (RFC 3875, section 4.1.18).
const FIELD: &[u8] = b"HTTP_";

/// How a protocol writes parameters.
///
/// Each is opened, then its value is appended to the output, then it is finished.
pub trait Params {
    /// Appends what goes before a name of `len` bytes.
    fn begin_name(out: &mut Vec<u8>, len: usize);

    /// Appends what goes between a name and its value.
    fn end_name(out: &mut Vec<u8>);

    /// The value of `pair` ends where `out` ends.
    fn end_value(&mut self, out: &mut Vec<u8>, pair: Pair);

    /// Appends a parameter up to its value.
    #[inline]
    fn open(&self, out: &mut Vec<u8>, name: &ParamName) -> Pair {
        let start = out.len();
        out.extend_from_slice(&name.start);
        Pair { start, value: out.len() }
    }

    /// As [`Self::open`], of a header field as CGI names it: `HTTP_`, then the name in capitals, with `_` for `-`.
    fn open_field(&self, out: &mut Vec<u8>, name: &[u8]) -> Pair {
        let start = out.len();
        Self::begin_name(out, FIELD.len() + name.len());
        push_field(out, name);
        Self::end_name(out);
        Pair { start, value: out.len() }
    }

    /// The value of `pair` ends where `out` ends. With `if_not_empty` an empty one takes its name away.
    #[inline]
    fn finish(&mut self, out: &mut Vec<u8>, pair: Pair, if_not_empty: bool) {
        match if_not_empty && out.len() == pair.value {
            true => out.truncate(pair.start),
            false => self.end_value(out, pair),
        }
    }
}

/// The name of the parameter that stands for the field of that name.
pub fn name_of_field(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_field(&mut out, name.as_bytes());
    out
}

fn push_field(out: &mut Vec<u8>, name: &[u8]) {
    out.extend_from_slice(FIELD);
    out.extend(name.iter().map(|&byte| match byte {
        b'-' => b'_',
        _ => byte.to_ascii_uppercase(),
    }));
}

/// A parameter whose value is being written: where in the output it starts, and where its value begins.
pub struct Pair {
    pub start: usize,
    pub value: usize,
}

/// The name of a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParamName {
    name: Box<[u8]>,
    /// All that a protocol has before the value.
    start: Box<[u8]>,
}

impl ParamName {
    /// As the protocol of `P` writes it.
    pub fn new<P: Params>(name: &[u8]) -> Self {
        let mut start = Vec::new();
        P::begin_name(&mut start, name.len());
        start.extend_from_slice(name);
        P::end_name(&mut start);
        Self { name: name.into(), start: start.into() }
    }

    /// The name of the field that it stands for, in lower case with `_` for `-`.
    pub fn field(&self) -> Option<String> {
        let field = self.name.strip_prefix(FIELD).filter(|name| !name.is_empty())?;
        Some(String::from_utf8_lossy(field).to_ascii_lowercase())
    }
}
