//! Whose certificates are trusted, and whether some certificate is one of them.
//!
//! webpki's rules, with two leniencies of OpenSSL's: a certificate that is trusted itself is accepted, also if it is an
//! authority (`openssl req -x509` makes such); and where a server's has no names but its CN, that counts. Beside
//! revocation lists the first does not hold, for none of them speaks of such a certificate.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::Arc;

use aws_lc_rs::digest::Context;
use rustls::client::verify_server_name;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, ServerName, TrustAnchor, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DistinguishedName, Error, RootCertStore};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder, VerifiedPath,
};

use super::verify_error::VerifyError;
use super::x509::{RevocationList, X509};

#[derive(Clone, Debug)]
pub struct Authorities {
    roots: RootCertStore,
    /// Of each of `roots`: from when to when it is good, in seconds since 1970, and its place in `trusted`.
    dates: Vec<(i64, i64)>,
    places: Vec<usize>,
    trusted: Vec<CertificateDer<'static>>,
    depth: usize,
    lists: Vec<Arc<CertRevocationList<'static>>>,
    lists_der: Vec<CertificateRevocationListDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Of the certificates that a peer sends along no more are looked at: webpki would try each order of hundreds.
const MOST_BETWEEN: usize = 16;

/// What a certificate is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Usage {
    Client,
    Server,
}

impl Authorities {
    /// None yet. `depth`: the most authorities that may be between a certificate and one that is trusted
    /// (SSL_CTX_set_verify_depth(3)).
    pub fn new(depth: u32) -> Self {
        Self {
            roots: RootCertStore::empty(),
            dates: vec![],
            places: vec![],
            trusted: vec![],
            depth: depth as usize,
            lists: vec![],
            lists_der: vec![],
            algorithms: default_provider().signature_verification_algorithms,
        }
    }

    /// Trusts the certificates of a file in PEM; the error is what is wrong with the file.
    pub fn trust(&mut self, pem: &[u8]) -> Result<(), String> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let all: Vec<CertificateDer<'static>> = all.map_err(|e| e.to_string())?;
        if all.is_empty() {
            return Err("no start line".into());
        }
        for certificate in all {
            let it = X509::parse(&certificate).ok_or("bad encoding of a certificate")?;
            // Another's certificate may be trusted, but says nothing of others.
            if it.is_authority() {
                self.roots.add(certificate.clone()).map_err(|e| e.to_string())?;
                self.dates.push((it.not_before(), it.not_after()));
                self.places.push(self.trusted.len());
            }
            self.trusted.push(certificate);
        }
        Ok(())
    }

    /// From here on each certificate of a chain is to be on no revocation list of its issuer, and there is to be such
    /// a list: those of a file in PEM, and of the calls before. The error is what is wrong with the file.
    pub fn revoke(&mut self, pem: &[u8]) -> Result<(), String> {
        let all: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
        let all: Vec<CertificateRevocationListDer<'static>> = all.map_err(|e| e.to_string())?;
        if all.is_empty() {
            return Err("no start line".into());
        }
        self.lists_der.extend(all);
        // Of several by one issuer the first one counts: that is to be the newest, as with OpenSSL.
        self.lists_der.sort_by_cached_key(|der| Reverse(RevocationList::parse(der)));
        self.lists = self.lists_der.iter().map(|der| list(der)).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The names of those that are trusted, in the form of TLS.
    pub(super) fn subjects(&self) -> Vec<DistinguishedName> {
        let mut all = RootCertStore::empty();
        all.add_parsable_certificates(self.trusted.iter().cloned());
        all.subjects()
    }

    /// Adds all that [`Self::check`] depends on.
    pub(super) fn digest(&self, context: &mut Context) {
        let trusted = self.trusted.iter().map(|it| &**it);
        let lists = self.lists_der.iter().map(|it| &**it);
        context.update(&(self.depth as u64).to_be_bytes());
        for (kind, it) in trusted.map(|it| (0, it)).chain(lists.map(|it| (1, it))) {
            context.update(&[kind]);
            context.update(&(it.len() as u64).to_be_bytes());
            context.update(it);
        }
    }

    /// Whether a certificate is trusted; `between` are those that came with it, in any order.
    pub(super) fn check(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<(), VerifyError> {
        if self.lists.is_empty() && self.trusted.iter().any(|it| it == certificate) {
            let dates = X509::parse(certificate).map(|it| (it.not_before(), it.not_after()));
            return dates.ok_or(VerifyError::Unspecified).and_then(|dates| check_dates(dates, now));
        }
        let between = &useful(between);
        let refused = Cell::new(None);
        let found = self.find_path(certificate, between, usage, now, &refused, |_| ());
        match (found, refused.get()) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(e)) => Err(e),
            (Err(webpki::Error::UnknownIssuer | webpki::Error::CaUsedAsEndEntity), None) => {
                Err(unknown_issuer(certificate, between))
            }
            (Err(e), None) => Err(e.into()),
        }
    }

    /// The certificates of the path by which one is trusted, from itself to the authority that is trusted; just
    /// itself, if that is trusted as it is; none, if it is not.
    pub(super) fn path(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Vec<CertificateDer<'static>> {
        let own = certificate.clone().into_owned();
        if self.lists.is_empty() && self.trusted.contains(&own) {
            return vec![own];
        }
        let take = |path: &VerifiedPath<'_>| {
            let middle = path.intermediate_certificates().map(|it| it.der().into_owned());
            let of_end =
                |(root, _): &(&TrustAnchor<'_>, &usize)| std::ptr::eq(*root, path.anchor());
            let end = self.roots.roots.iter().zip(&self.places).find(of_end);
            let end = self.trusted.get(*end?.1)?.clone();
            Some([own].into_iter().chain(middle).chain([end]).collect())
        };
        let refused = Cell::new(None);
        let found = self.find_path(certificate, &useful(between), usage, now, &refused, take);
        found.ok().flatten().unwrap_or_default()
    }

    /// `refused`: why a path was not taken that webpki would take. `take` sees the one that was.
    fn find_path<T>(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
        refused: &Cell<Option<VerifyError>>,
        take: impl FnOnce(&VerifiedPath<'_>) -> T,
    ) -> Result<T, webpki::Error> {
        let judge = |path: &VerifiedPath<'_>| {
            let verdict = self.judge(path, now);
            refused.set(verdict.err().or_else(|| refused.get()));
            verdict.map_err(|_| webpki::Error::UnknownIssuer)
        };
        let usage = match usage {
            Usage::Client => KeyUsage::client_auth(),
            Usage::Server => KeyUsage::server_auth(),
        };
        let lists: Vec<&CertRevocationList<'_>> = self.lists.iter().map(|it| &**it).collect();
        let revocation = RevocationOptionsBuilder::new(&lists).ok();
        let revocation =
            revocation.map(|it| it.with_expiration_policy(ExpirationPolicy::Enforce).build());
        let (algorithms, anchors) = (self.algorithms.all, &self.roots.roots);
        let certificate = EndEntityCert::try_from(certificate)?;
        certificate
            .verify_for_usage(algorithms, anchors, between, now, usage, revocation, Some(&judge))
            .map(|path| take(&path))
    }
}

/// Those that are looked at: not the same one twice, and not too many.
fn useful<'a>(between: &'a [CertificateDer<'_>]) -> Vec<CertificateDer<'a>> {
    let mut useful: Vec<CertificateDer<'a>> = vec![];
    for it in between {
        if useful.len() < MOST_BETWEEN && !useful.contains(it) {
            useful.push((&**it).into());
        }
    }
    useful
}

/// One revocation list; the error is what is wrong with it.
fn list(der: &[u8]) -> Result<Arc<CertRevocationList<'static>>, String> {
    match (OwnedCertRevocationList::from_der(der), RevocationList::parse(der)) {
        (Ok(list), _) => Ok(Arc::new(list.into())),
        (Err(_), Some(RevocationList { version: 1, .. })) => {
            Err("a revocation list of version 1 is not supported".into())
        }
        (Err(e), _) => Err(e.to_string()),
    }
}

impl Authorities {
    /// What webpki does not look at: the length of the path, and the dates of the certificate where it ends.
    fn judge(&self, path: &VerifiedPath<'_>, now: UnixTime) -> Result<(), VerifyError> {
        if path.intermediate_certificates().count() > self.depth {
            // What OpenSSL says last of a chain that it has cut off.
            return Err(VerifyError::NoIssuer);
        }
        let roots = self.roots.roots.iter().zip(&self.dates);
        let mut ends = roots.filter(|(root, _)| std::ptr::eq(*root, path.anchor()));
        ends.try_for_each(|(_, &dates)| check_dates(dates, now))
    }
}

/// Whether a server's certificate is for that name.
pub(super) fn check_name(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    match verify_server_name(&parsed, name) {
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        })) if presented.is_empty() && is_common_name(certificate, name) => Ok(()),
        verdict => verdict,
    }
}

/// Of a certificate that leads to no authority which is trusted: how far it leads.
fn unknown_issuer(certificate: &CertificateDer<'_>, between: &[CertificateDer<'_>]) -> VerifyError {
    let Some(mut last) = X509::parse(certificate) else { return VerifyError::Unspecified };
    if last.is_self_issued() {
        return VerifyError::SelfSigned;
    }
    let mut others: Vec<X509<'_>> = between.iter().filter_map(|it| X509::parse(it)).collect();
    let mut found = VerifyError::NoIssuerOfFirst;
    while let Some(at) = others.iter().position(|it| last.is_of(it)) {
        let issuer = others.swap_remove(at);
        if issuer.is_self_issued() {
            return VerifyError::SelfSignedInChain;
        }
        (found, last) = (VerifyError::NoIssuer, issuer);
    }
    found
}

fn check_dates(dates: (i64, i64), now: UnixTime) -> Result<(), VerifyError> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match dates {
        (from, _) if now < from => Err(VerifyError::NotYetValid),
        (_, to) if now > to => Err(VerifyError::Expired),
        _ => Ok(()),
    }
}

fn is_common_name(certificate: &[u8], name: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = name else { return false };
    let name = name.as_ref();
    let Some(parsed) = X509::parse(certificate) else { return false };
    let Some(common) = parsed.common_name() else { return false };
    match common.strip_prefix("*.") {
        // It stands for one label.
        Some(rest) => {
            name.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest))
        }
        None => name.eq_ignore_ascii_case(common),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../t/tls/", $name)).as_slice()
        };
    }

    fn chain(pem: &[u8]) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect()
    }

    fn authorities(lists: &[&[u8]]) -> Authorities {
        let mut authorities = Authorities::new(5);
        authorities.trust(file!("ca.crt")).unwrap();
        for list in lists {
            authorities.revoke(list).unwrap();
        }
        authorities
    }

    #[test]
    fn no_changed_certificate_is_trusted() {
        let authorities = authorities(&[]);
        let step = |len: usize| (0..len).step_by(3);
        let check = |chain: &[CertificateDer<'_>]| {
            authorities.check(&chain[0], &chain[1..], Usage::Server, NOW)
        };
        let whole = chain(file!("deep.crt"));
        assert_eq!(check(&whole), Ok(()));
        for (n, it) in whole.iter().enumerate() {
            for at in step(it.len()) {
                let mut changed = whole.clone();
                let mut der = it.to_vec();
                der[at] ^= [1, 0x10, 0x80, 0xff][at / 3 % 4];
                changed[n] = der.into();
                assert!(check(&changed).is_err(), "{n} {at}");
                changed[n] = it[..at].to_vec().into();
                assert!(check(&changed).is_err(), "{n} {at}");
            }
        }
    }

    #[test]
    fn no_changed_list_takes_a_revocation_back() {
        let revoked = chain(file!("revoked.crt"));
        let list = CertificateRevocationListDer::from_pem_slice(file!("ca.crl")).unwrap();
        let check = |it: &Authorities| it.check(&revoked[0], &revoked[1..], Usage::Server, NOW);
        assert_eq!(check(&authorities(&[file!("ca.crl")])), Err(VerifyError::Revoked));
        for at in 0..list.len() {
            let mut der = list.to_vec();
            der[at] ^= [1, 0x10, 0x80, 0xff][at % 4];
            let Ok(changed) = OwnedCertRevocationList::from_der(&der) else { continue };
            let mut it = authorities(&[file!("ca.crl")]);
            it.lists = vec![Arc::new(changed.into())];
            assert!(check(&it).is_err(), "{at}");
        }
    }

    #[test]
    fn of_lists_the_newest_counts_and_none_is_of_version_1() {
        let client = chain(file!("client.crt"));
        let check = |lists: &[&[u8]]| {
            authorities(lists).check(&client[0], &client[1..], Usage::Client, NOW)
        };
        assert_eq!(check(&[file!("expired.crl")]), Err(VerifyError::ListExpired));
        assert_eq!(check(&[file!("expired.crl"), file!("ca.crl")]), Ok(()));
        let error = Authorities::new(1).revoke(file!("version1.crl")).unwrap_err();
        assert_eq!(error, "a revocation list of version 1 is not supported");
        let both = [file!("expired.crl"), file!("ca.crl")].concat();
        assert_eq!(check(&[&both]), Ok(()));
    }

    #[test]
    fn an_authority_whose_time_is_over_vouches_for_none() {
        let chain = chain(file!("of-old.crt"));
        let mut old = Authorities::new(5);
        old.trust(file!("old.crt")).unwrap();
        let check = |now| {
            let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
            old.check(&chain[0], &chain[1..], Usage::Client, now)
        };
        // 2020-01-02T00:00:00Z
        assert_eq!(check(1_577_923_200), Ok(()));
        assert_eq!(check(1_577_923_201), Err(VerifyError::Expired));
        assert_eq!(check(1_577_836_799), Err(VerifyError::NotYetValid));
    }

    #[test]
    fn of_many_certificates_some_are_looked_at() {
        let whole = chain(file!("deep.crt"));
        let other = chain(file!("rsa.crt"))[0].to_vec();
        let others: Vec<CertificateDer<'_>> =
            (0..200).map(|n| [&other[..other.len() - 1], &[n]].concat().into()).collect();
        let with = |before: usize| {
            let mut many = vec![whole.clone(); 100].concat();
            many.splice(1..1, others[..before].iter().cloned());
            authorities(&[]).check(&many[0], &many[1..], Usage::Client, NOW)
        };
        // Of the same certificate one counts; the leaf is there again too.
        assert_eq!(with(MOST_BETWEEN - 2), Ok(()));
        assert_eq!(with(MOST_BETWEEN), Err(VerifyError::NoIssuerOfFirst));
    }
}
