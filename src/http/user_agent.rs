//! Browsers that are treated in another way, by their `User-Agent`.

use memchr::memmem;

fn has(agent: &[u8], what: &[u8]) -> bool {
    memmem::find(agent, what).is_some()
}

/// nginx's `msie`: Internet Explorer, and what does not name itself otherwise, too.
pub fn is_msie(agent: &[u8]) -> bool {
    has(agent, b"MSIE ") && !has(agent, b"Opera")
}

/// nginx's `msie6`: Internet Explorer 4 to 6, but 6 with the service pack of Windows XP that mended it.
pub fn is_msie6(agent: &[u8]) -> bool {
    let Some(at) = memmem::find(agent, b"MSIE ") else { return false };
    let is_old = matches!(agent.get(at + 5), Some(b'4' | b'5' | b'6'));
    is_old && agent.get(at + 6) == Some(&b'.') && !has(agent, b"SV1") && !has(agent, b"Opera")
}

/// nginx's `safari`: on a Macintosh.
pub fn is_safari(agent: &[u8]) -> bool {
    has(agent, b"Safari/") && has(agent, b"Mac OS X") && !has(agent, b"Chrome/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_explorers() {
        for (agent, want) in [
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", true),
            ("Mozilla/4.0 (compatible; MSIE 5.5; Windows NT 5.0)", true),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", false),
            ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)", false),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1) Opera 8.0", false),
            ("MSIE 6", false),
        ] {
            assert_eq!(is_msie6(agent.as_bytes()), want, "{agent}");
        }
    }
}
