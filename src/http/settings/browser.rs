//! The browser module: which browsers are modern, and which ancient.

use crate::settings;

settings! {
    /// A block that says something of modern browsers, or of ancient ones, inherits nothing of those.
    pub struct Browser / BrowserRaw, inherit_unset {
        /// In the order in which they are asked.
        modern: Vec<Modern> = vec![],
        modern_unlisted: bool = false,
        ancient: Vec<Box<[u8]>> = vec![],
        /// `ancient_browser netscape4`
        ancient_netscape4: bool = false,
        modern_value: Box<[u8]> = b"1".as_slice().into(),
        ancient_value: Box<[u8]> = b"1".as_slice().into(),
    }
}

impl BrowserRaw {
    pub fn inherit(&mut self, outer: &Self) {
        if self.modern.is_some() || self.modern_unlisted.is_some() {
            self.modern.get_or_insert_default();
            self.modern_unlisted.get_or_insert_default();
        }
        if self.ancient.is_some() || self.ancient_netscape4.is_some() {
            self.ancient.get_or_insert_default();
            self.ancient_netscape4.get_or_insert_default();
        }
        self.inherit_unset(outer);
    }
}

/// A browser from a version on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modern {
    pub family: &'static Family,
    pub version: Version,
}

/// How a family of browsers names itself in `User-Agent`.
#[derive(PartialEq, Eq, Debug)]
pub struct Family {
    pub name: &'static str,
    /// Bytes before which the sign is not looked for.
    skip: usize,
    sign: &'static str,
    /// From the sign to the version.
    add: usize,
}

/// In the order in which they are asked: some name themselves as others, too.
pub static FAMILIES: [Family; 5] = [
    Family { name: "opera", skip: 0, sign: "Opera", add: 6 },
    Family { name: "msie", skip: "Mozilla/4.0 (compatible; ".len(), sign: "MSIE ", add: 5 },
    Family { name: "gecko", skip: "Mozilla/5.0 (".len(), sign: "rv:", add: 3 },
    Family { name: "safari", skip: "Mozilla/5.0 (".len(), sign: "Safari/", add: 7 },
    Family {
        name: "konqueror",
        skip: "Mozilla/5.0 (compatible; ".len(),
        sign: "Konqueror/",
        add: 10,
    },
];

/// Four numbers in one: each after the first is less than 100 as a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Version(u64);

impl Version {
    /// The version at the beginning of `text`, and what follows it.
    pub fn read(text: &[u8]) -> (Self, &[u8]) {
        let (mut version, mut number, mut scale) = (0_u64, 0_u64, 1_000_000_u64);
        let mut rest = text;
        while let [byte @ (b'0'..=b'9' | b'.'), behind @ ..] = rest {
            rest = behind;
            if *byte == b'.' {
                version = version.saturating_add(number.saturating_mul(scale));
                (number, scale) = (0, scale / 100);
            } else {
                number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            }
        }
        (Self(version.saturating_add(number.saturating_mul(scale))), rest)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
    Modern,
    Ancient,
}

impl Browser {
    /// What a browser is that names itself so.
    pub fn age(&self, agent: Option<&[u8]>) -> Age {
        let Some(agent) = agent else { return self.unlisted() };
        for Modern { family, version } in &self.modern {
            if let Some(found) = family.version(agent) {
                return if found >= *version { Age::Modern } else { Age::Ancient };
            }
        }
        let is_ancient = |sign: &[u8]| memchr::memmem::find(agent, sign).is_some();
        if self.ancient_netscape4 && is_netscape4(agent)
            || self.ancient.iter().any(|sign| is_ancient(sign))
        {
            return Age::Ancient;
        }
        self.unlisted()
    }

    fn unlisted(&self) -> Age {
        if self.modern_unlisted { Age::Modern } else { Age::Ancient }
    }
}

impl Family {
    /// The version of this family's browser; none: it is another one.
    fn version(&self, agent: &[u8]) -> Option<Version> {
        let rest = agent.get(self.skip..)?;
        let at = memchr::memmem::find(rest, self.sign.as_bytes())?;
        let version = rest.get(at + self.add..).filter(|version| !version.is_empty())?;
        Some(Version::read(version).0)
    }
}

/// `Mozilla/1` to `Mozilla/4`.
fn is_netscape4(agent: &[u8]) -> bool {
    agent.len() > "Mozilla/4.72 ".len()
        && agent.starts_with(b"Mozilla/")
        && matches!(agent[8], b'1'..=b'4')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::read(text.as_bytes()).0
    }

    #[test]
    fn versions() {
        assert!(version("10.0") > version("9.99"));
        assert!(version("1.8.1") > version("1.8"));
        assert_eq!(version("5.0"), version("5"));
        assert_eq!(Version::read(b"7.5b2").1, b"b2");
        assert_eq!(version("1.2.3.4.5"), version("1.2.3.4"));
        let long = "9".repeat(8192);
        assert!(version(&long) >= version("99999999"));
    }

    #[test]
    fn families() {
        let browser = Browser {
            modern: vec![
                Modern { family: &FAMILIES[0], version: version("9") },
                Modern { family: &FAMILIES[1], version: version("7.0") },
            ],
            ..Browser::default()
        };
        for (agent, want) in [
            ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)", Age::Modern),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", Age::Ancient),
            ("Mozilla/4.0 (compatible; MSIE 7.0; Windows) Opera 8.5 [en]", Age::Ancient),
            ("Opera/9.64 (X11; Linux i686)", Age::Modern),
            ("MSIE 9.0", Age::Ancient),
            ("Opera", Age::Ancient),
            ("", Age::Ancient),
        ] {
            assert_eq!(browser.age(Some(agent.as_bytes())), want, "{agent}");
        }
        assert_eq!(browser.age(None), Age::Ancient);
    }
}
