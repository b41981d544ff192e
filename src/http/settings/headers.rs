//! The headers module: `add_header`, `add_trailer`, what becomes of those of outer blocks, `expires`.

use crate::conf::value;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The headers module.
    pub struct Headers / HeadersRaw, inherit_unset {
        add: Vec<AddHeader> = vec![],
        add_inherit: Inherit = Inherit::On,
        /// As `add`, behind the body.
        trailers: Vec<AddHeader> = vec![],
        trailers_inherit: Inherit = Inherit::On,
        expires: Expires = Expires::Off,
    }
}

/// `add_header_inherit`, `add_trailer_inherit`: what a block has of the lines of the one around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inherit {
    Off,
    /// All of them if it has none of its own.
    On,
    /// All of them, behind its own.
    Merge,
}

impl HeadersRaw {
    /// Lines may be joined with those of the block around: the rule itself is inherited first.
    pub fn inherit(&mut self, outer: &Self) {
        let add = self.add_inherit.or(outer.add_inherit);
        add.unwrap_or(Inherit::On).apply(&mut self.add, outer.add.as_deref());
        let trailers = self.trailers_inherit.or(outer.trailers_inherit);
        trailers.unwrap_or(Inherit::On).apply(&mut self.trailers, outer.trailers.as_deref());
        self.inherit_unset(outer);
    }
}

impl Inherit {
    fn apply(self, own: &mut Option<Vec<AddHeader>>, outer: Option<&[AddHeader]>) {
        match self {
            Self::Off => {
                own.get_or_insert_default();
            }
            Self::On => {}
            Self::Merge => own.get_or_insert_default().extend_from_slice(outer.unwrap_or_default()),
        }
    }
}

impl Headers {
    /// Some response has fields of them.
    pub fn is_any(&self) -> bool {
        !self.add.is_empty() || !self.trailers.is_empty() || self.expires != Expires::Off
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddHeader {
    pub name: Box<[u8]>,
    /// Nothing is added when it comes to an empty string.
    pub value: Template,
    /// Whatever the status; else only with 200, 201, 204, 206, 301, 302, 303, 304, 307, 308.
    pub always: bool,
}

impl AddHeader {
    pub fn applies(&self, status: u16) -> bool {
        self.always || is_fine(status)
    }
}

/// The statuses whose answers are dated, or have fields added without `always`.
pub fn is_fine(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301..=304 | 307 | 308)
}

/// `Expires`, and `Cache-Control` with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expires {
    Off,
    Epoch,
    Max,
    /// In seconds from now.
    Access(i64),
    /// In seconds after the file was modified.
    Modified(i64),
    /// At that second of the day, by local time.
    Daily(i64),
    /// A string that is one of those when the answer is made; the flag says `modified`.
    Variable(Template, bool),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoExpires {
    Value,
    /// `@` with `modified`.
    DailyModified,
    /// More than a day.
    Daily,
}

impl Expires {
    /// A word of the directive, or what a variable came to.
    pub fn parse(word: &[u8], modified: bool) -> Result<Self, NoExpires> {
        match word {
            b"epoch" if !modified => return Ok(Self::Epoch),
            b"max" if !modified => return Ok(Self::Max),
            b"off" if !modified => return Ok(Self::Off),
            _ => {}
        }
        let (sign, time) = match word {
            [b'@', ..] if modified => return Err(NoExpires::DailyModified),
            [b'@' | b'+', time @ ..] => (1, time),
            [b'-', time @ ..] => (-1, time),
            time => (1, time),
        };
        let seconds = value::sec(time).and_then(|seconds| i32::try_from(seconds).ok());
        let seconds = sign * i64::from(seconds.ok_or(NoExpires::Value)?);
        match (word.first(), modified) {
            (Some(b'@'), _) if seconds > 86_400 => Err(NoExpires::Daily),
            (Some(b'@'), _) => Ok(Self::Daily(seconds)),
            (_, true) => Ok(Self::Modified(seconds)),
            (_, false) => Ok(Self::Access(seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires() {
        for (word, want) in [
            ("epoch", Ok(Expires::Epoch)),
            ("max", Ok(Expires::Max)),
            ("off", Ok(Expires::Off)),
            ("1d", Ok(Expires::Access(86_400))),
            ("+1m", Ok(Expires::Access(60))),
            ("-1", Ok(Expires::Access(-1))),
            ("@15h30m", Ok(Expires::Daily(55_800))),
            ("@25h", Err(NoExpires::Daily)),
            ("--1", Err(NoExpires::Value)),
            ("", Err(NoExpires::Value)),
            ("99999999999", Err(NoExpires::Value)),
        ] {
            assert_eq!(Expires::parse(word.as_bytes(), false), want, "{word}");
        }
        assert_eq!(Expires::parse(b"1h", true), Ok(Expires::Modified(3600)));
        assert_eq!(Expires::parse(b"max", true), Err(NoExpires::Value));
        assert_eq!(Expires::parse(b"@1h", true), Err(NoExpires::DailyModified));
    }
}
