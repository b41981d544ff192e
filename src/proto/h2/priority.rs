//! Priorities of responses (RFC 9218): `u=0` to `u=7`, and `i`.

/// The order is that in which responses are sent; equal ones in turn if they are incremental.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority {
    /// 0 is the most urgent, 7 the least.
    pub urgency: u8,
    pub incremental: bool,
}

impl Default for Priority {
    fn default() -> Self {
        Self { urgency: 3, incremental: false }
    }
}

impl Priority {
    /// The value of a `priority` field: a dictionary of structured fields (RFC 9651), of which the members that are not
    /// known, and parameters, are passed over. What cannot be read counts as not there.
    pub fn parse(value: &[u8]) -> Self {
        let mut found = Self::default();
        for member in value.split(|&byte| byte == b',') {
            let member = member.split(|&byte| byte == b';').next().unwrap_or_default();
            match member.trim_ascii() {
                [b'u', b'=', digit @ b'0'..=b'7'] => found.urgency = digit - b'0',
                b"i" | b"i=?1" => found.incremental = true,
                b"i=?0" => found.incremental = false,
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        for (value, urgency, incremental) in [
            ("", 3, false),
            ("u=0", 0, false),
            ("u=7, i", 7, true),
            ("i,u=1", 1, true),
            ("u=2;x=1, i;y", 2, true),
            ("i=?1, i=?0", 3, false),
            ("u=5,u=6", 6, false),
            ("u=8", 3, false),
            ("u=-1", 3, false),
            ("u=1.0", 3, false),
            ("i=1", 3, false),
            ("x, u=4 ,\ti ", 4, true),
        ] {
            assert_eq!(Priority::parse(value.as_bytes()), Priority { urgency, incremental });
        }
        assert!(Priority::parse(b"u=0, i") < Priority::parse(b"u=1"));
    }
}
