//! `Cookie` and `Set-Cookie`: `$cookie_NAME` is looked up, a `Set-Cookie` is cut into its attributes and written again.

/// The value of a cookie, over all Cookie lines, as sent. A `;` alone ends a pair (RFC 6265, 5.4). As in
/// nginx, names are compared in any case, and quotes mean nothing.
pub fn find<'a>(lines: impl IntoIterator<Item = &'a [u8]>, name: &[u8]) -> Option<&'a [u8]> {
    lines.into_iter().find_map(|line| find_in(line, name))
}

fn find_in<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = without_spaces(line);
    while !rest.is_empty() {
        if let Some(value) = value(rest, name) {
            let end = memchr::memchr(b';', value).unwrap_or(value.len());
            return Some(&value[..end]);
        }
        let end = memchr::memchr(b';', rest)?;
        rest = without_spaces(&rest[end + 1..]);
    }
    None
}

/// What is behind `name=`, if `text` begins so.
fn value<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(name.len())?;
    let rest = without_spaces(rest).strip_prefix(b"=")?;
    start.eq_ignore_ascii_case(name).then(|| without_spaces(rest))
}

fn without_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&b| b == b' ').count()..]
}

/// A `Set-Cookie` value cut at its semicolons (RFC 6265, 5.2), quotes meaning nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// The first is the name and the value of the cookie.
    attributes: Vec<Attribute>,
}

/// `key=value`, or a key alone; without the blanks around either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

impl SetCookie {
    /// None: no `=` stands before the first semicolon, so this is not a cookie.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let attributes: Vec<_> = line.split(|&byte| byte == b';').map(Attribute::parse).collect();
        attributes[0].value.is_some().then_some(Self { attributes })
    }

    pub fn name(&self) -> &[u8] {
        &self.attributes[0].key
    }

    /// All but the name and the value.
    pub fn attributes_mut(&mut self) -> &mut [Attribute] {
        &mut self.attributes[1..]
    }

    /// An attribute that is set stands once, at the end if it was not there; one that is cleared not at all.
    pub fn set(&mut self, flag: Flag) {
        let name = NAMES[flag.kind];
        let is_it = |it: &Attribute| it.key.eq_ignore_ascii_case(name);
        let value = (!flag.value.is_empty()).then(|| flag.value.to_vec());
        match self.attributes[1..].iter_mut().find(|it| is_it(it)) {
            _ if !flag.on => {
                let mut first = true;
                self.attributes.retain(|it| std::mem::take(&mut first) || !is_it(it));
            }
            None => self.attributes.push(Attribute { key: name.to_vec(), value }),
            Some(it) if value.is_some() => it.value = value,
            Some(_) => {}
        }
    }

    /// The value of the field, with `; ` between the attributes.
    pub fn written(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (at, attribute) in self.attributes.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(b"; ");
            }
            out.extend_from_slice(&attribute.key);
            if let Some(value) = &attribute.value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
        out
    }
}

impl Attribute {
    fn parse(part: &[u8]) -> Self {
        let equals = memchr::memchr(b'=', part);
        let key = part[..equals.unwrap_or(part.len())].trim_ascii().to_vec();
        Self { key, value: equals.map(|at| part[at + 1..].trim_ascii().to_vec()) }
    }
}

/// What a word of `proxy_cookie_flags` does to an attribute.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Which of `Secure`, `HttpOnly` and `SameSite`, below [`Flag::KINDS`].
    pub kind: usize,
    on: bool,
    value: &'static [u8],
}

impl Flag {
    pub const KINDS: usize = NAMES.len();

    /// The flag that the word names, in any case.
    pub fn named(word: &[u8]) -> Option<Self> {
        let is_it = |(name, _): &&(&str, Self)| word.eq_ignore_ascii_case(name.as_bytes());
        FLAGS.iter().find(is_it).map(|(_, flag)| *flag)
    }
}

const NAMES: [&[u8]; 3] = [b"Secure", b"HttpOnly", b"SameSite"];

const FLAGS: [(&str, Flag); 8] = [
    ("secure", Flag { kind: 0, on: true, value: b"" }),
    ("nosecure", Flag { kind: 0, on: false, value: b"" }),
    ("httponly", Flag { kind: 1, on: true, value: b"" }),
    ("nohttponly", Flag { kind: 1, on: false, value: b"" }),
    ("samesite=strict", Flag { kind: 2, on: true, value: b"Strict" }),
    ("samesite=lax", Flag { kind: 2, on: true, value: b"Lax" }),
    ("samesite=none", Flag { kind: 2, on: true, value: b"None" }),
    ("nosamesite", Flag { kind: 2, on: false, value: b"" }),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row was asked of nginx 1.22, which splits at a comma, too.
    #[test]
    fn finds_as_nginx_does() {
        for (lines, value) in [
            (&["a=1; b=2"][..], Some("1")),
            (&["A=1"], Some("1")),
            (&["xa=0; a=1"], Some("1")),
            (&["b=a=3; a=4"], Some("4")),
            (&["b=1,a=5"], None),
            (&["b=1,a=5; a=6"], Some("6")),
            (&["a=1,b=2; c"], Some("1,b=2")),
            (&["a = 6 ;b"], Some("6 ")),
            (&["a"], None),
            (&["a="], Some("")),
            (&["a=\"x;y\""], Some("\"x")),
            (&["ab=2;a=1"], Some("1")),
            (&["  a=7"], Some("7")),
            (&["b=1", "a=2"], Some("2")),
            (&[""], None),
            (&[";;, ;"], None),
        ] {
            let found = find(lines.iter().map(|line| line.as_bytes()), b"a");
            assert_eq!(found, value.map(str::as_bytes), "{lines:?}");
        }
    }
}
