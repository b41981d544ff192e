//! Sets of media types: `gzip_types`, `addition_types`.

use super::name_set::NameSet;

/// Which types of responses a filter is for; `text/html` always.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MediaTypes {
    /// `*`: also a response without a type.
    Any,
    Of(NameSet),
}

impl Default for MediaTypes {
    fn default() -> Self {
        let mut names = NameSet::default();
        names.insert(b"text/html");
        Self::Of(names)
    }
}

impl MediaTypes {
    /// Whether `content_type`, the value of a field or empty, is of one of these types. Parameters do not matter.
    pub fn contain(&self, content_type: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Of(names) => {
                let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
                names.contains(content_type[..end].trim_ascii_end())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        let types = MediaTypes::default();
        for (content_type, want) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("text/html ;x", true),
            ("text/htm", false),
            ("text/html5", false),
            ("", false),
        ] {
            assert_eq!(types.contain(content_type.as_bytes()), want, "{content_type}");
        }
        assert!(MediaTypes::Any.contain(b""));
    }
}
