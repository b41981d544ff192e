//! What is read of a certificate that rustls has parsed already, but does not show (RFC 5280, 4.1).

/// In seconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct X509<'a> {
    pub not_before: u64,
    pub not_after: u64,
    /// The last CN of the subject.
    pub common_name: Option<&'a [u8]>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0] EXPLICIT`, the version.
const VERSION: u8 = 0xa0;
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 4, 3];

impl<'a> X509<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let (certificate, _) = expect(der, SEQUENCE)?;
        let (mut rest, _) = expect(certificate, SEQUENCE)?;
        if rest.first() == Some(&VERSION) {
            rest = element(rest)?.2;
        }
        // Serial number, signature, issuer.
        for _ in 0..3 {
            rest = element(rest)?.2;
        }
        let (validity, rest) = expect(rest, SEQUENCE)?;
        let (not_before, validity) = time(validity)?;
        let (not_after, _) = time(validity)?;
        let (subject, _) = expect(rest, SEQUENCE)?;
        Some(Self { not_before, not_after, common_name: common_name(subject) })
    }
}

/// The tag, the contents, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = der.split_first_chunk()?;
    let mut len = usize::from(first);
    if first & 0x80 != 0 {
        let digits = usize::from(first & 0x7f);
        if !(1..=4).contains(&digits) {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(digits)?;
        len = bytes.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
        rest = after;
    }
    let (contents, rest) = rest.split_at_checked(len)?;
    Some((tag, contents, rest))
}

fn expect(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    let (tag, contents, rest) = element(der)?;
    (tag == expected).then_some((contents, rest))
}

fn common_name(mut subject: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    while !subject.is_empty() {
        let (mut set, rest) = expect(subject, SET)?;
        subject = rest;
        while !set.is_empty() {
            let (attribute, rest) = expect(set, SEQUENCE)?;
            set = rest;
            let (kind, value) = expect(attribute, OID)?;
            if kind == COMMON_NAME {
                found = Some(element(value)?.1);
            }
        }
    }
    found
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn time(der: &[u8]) -> Option<(u64, &[u8])> {
    let (tag, text, rest) = element(der)?;
    let (year, text) = match tag {
        UTC_TIME => {
            let (year, text) = text.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text)
        }
        GENERALIZED_TIME => {
            let (year, text) = text.split_at_checked(4)?;
            (number(year)?, text)
        }
        _ => return None,
    };
    if text.len() != 11 || text[10] != b'Z' {
        return None;
    }
    let at = |n: usize| number(&text[2 * n..2 * n + 2]);
    let (month, day, hour, minute, second) = (at(0)?, at(1)?, at(2)?, at(3)?, at(4)?);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let secs = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((u64::try_from(secs).unwrap_or(0), rest))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value: i64, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March, so that the odd day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    #[test]
    fn dates_and_names_are_read() {
        let der = |pem: &[u8]| CertificateDer::from_pem_slice(pem).unwrap().to_vec();
        let expired = der(include_bytes!("../../t/tls/expired.crt"));
        let own = der(include_bytes!("../../t/tls/self.crt"));
        let name = Some(b"localhost".as_slice());
        let dates = (1_577_836_800, 1_577_923_200);
        let it = X509::parse(&expired).unwrap();
        assert_eq!(((it.not_before, it.not_after), it.common_name), (dates, name));
        let it = X509::parse(&own).unwrap();
        assert_eq!((it.not_after, it.common_name), (4_733_510_400, name));
        for (year, month, day, expected) in
            [(1970, 1, 1, 0), (2000, 3, 1, 11_017), (2024, 2, 29, 19_782)]
        {
            assert_eq!(days(year, month, day), expected);
        }
    }

    #[test]
    fn what_is_cut_or_changed_does_no_harm() {
        let whole = CertificateDer::from_pem_slice(include_bytes!("../../t/tls/rsa.crt")).unwrap();
        for at in 0..whole.len() {
            X509::parse(&whole[..at]);
            let mut changed = whole.to_vec();
            changed[at] ^= 0xff;
            X509::parse(&changed);
        }
    }
}
