//! Clients that are asked for certificates; both sides ours.

use std::sync::Arc;

use super::client_tests::{End, NOW, V12, V13, certificate, client_settings, pair, pem};
use super::tests::settings;
use super::*;

fn authorities(name: &str, depth: u32, lists: &[&str]) -> Authorities {
    let mut authorities = Authorities::new(depth);
    authorities.trust(&pem(name)).unwrap();
    for list in lists {
        authorities.revoke(&pem(list)).unwrap();
    }
    authorities
}

fn rules(name: &str, depth: u32, lists: &[&str]) -> Arc<ClientRules> {
    let authorities = authorities(name, depth, lists);
    Arc::new(ClientRules::new(authorities.clone(), Some(&authorities)))
}

fn server(rules: &Arc<ClientRules>, key: &TicketKeys, protocols: Protocols) -> Server {
    let certificates = [certificate("localhost")];
    let (client_rules, tickets) = (Some(rules.clone()), Some(key.clone()));
    let settings = ServerSettings { protocols, tickets, client_rules, ..settings(&certificates) };
    Server::new(&settings).unwrap()
}

fn client(own: Option<&str>) -> Client {
    let own = own.map(certificate);
    Client::new(ClientSettings { certificate: own.as_ref(), ..client_settings() }).unwrap()
}

/// The server's end, after the client has had its tickets.
fn accept(client: &Client, server: &Server) -> End {
    let (mut one, other) = pair(client, "localhost", server).unwrap();
    one.peek();
    other
}

fn verdict(own: Option<&str>, rules: &Arc<ClientRules>) -> Verdict {
    let key = TicketKeys::generate().unwrap();
    let [one, other] = [V12, V13].map(|protocols| {
        accept(&client(own), &server(rules, &key, protocols)).tls.judge_client(None, NOW)
    });
    assert_eq!(one, other);
    one
}

#[test]
fn a_handshake_ends_well_whatever_the_client_shows() {
    use VerifyError::*;
    let failed = Verdict::Failed;
    for (own, authority, depth, expected) in [
        (Some("client"), "ca.crt", 0, Verdict::Trusted),
        (Some("deep"), "ca.crt", 2, Verdict::Trusted),
        (Some("deep"), "ca.crt", 1, failed(NoIssuer)),
        (Some("self"), "self.crt", 0, Verdict::Trusted),
        (Some("client"), "client.crt", 0, Verdict::Trusted),
        // It is trusted itself, but as no authority.
        (Some("revoked"), "client.crt", 0, failed(NoIssuerOfFirst)),
        (Some("client"), "self.crt", 1, failed(NoIssuerOfFirst)),
        (Some("deep"), "self.crt", 9, failed(NoIssuer)),
        (Some("self"), "ca.crt", 1, failed(SelfSigned)),
        (Some("expired"), "ca.crt", 1, failed(Expired)),
        (Some("expired"), "expired.crt", 1, failed(Expired)),
        (None, "ca.crt", 1, Verdict::None),
    ] {
        assert_eq!(verdict(own, &rules(authority, depth, &[])), expected, "{own:?} {authority}");
    }
}

#[test]
fn what_is_revoked_is_not_trusted() {
    use VerifyError::*;
    let failed = Verdict::Failed;
    for (own, lists, expected) in [
        ("client", ["ca.crl"].as_slice(), Verdict::Trusted),
        ("revoked", &["ca.crl"], failed(Revoked)),
        ("client", &["expired.crl"], failed(ListExpired)),
        // None of the authorities between has one.
        ("deep", &["ca.crl"], failed(NoRevocationList)),
    ] {
        assert_eq!(verdict(Some(own), &rules("ca.crt", 2, lists)), expected, "{own} {lists:?}");
    }
    // Another way to be trusted does not lead past the list.
    assert_ne!(verdict(Some("self"), &rules("self.crt", 1, &["ca.crl"])), Verdict::Trusted);
    for broken in [b"".to_vec(), pem("ca.crt"), pem("ca.crl")[..200].to_vec()] {
        assert!(Authorities::new(1).revoke(&broken).is_err());
    }
}

#[test]
fn a_session_goes_on_under_the_same_rules_alone() {
    let key = TicketKeys::generate().unwrap();
    for protocols in [V12, V13] {
        let rules_of = |depth, lists| rules("ca.crt", depth, lists);
        let [first, same] = [(); 2].map(|()| server(&rules_of(1, &[]), &key, protocols));
        let client = client(Some("client"));
        assert!(!accept(&client, &first).tls.is_resumed());
        let mut resumed = accept(&client, &same);
        assert!(resumed.tls.is_resumed());
        assert_eq!(resumed.tls.judge_client(None, NOW), Verdict::Trusted);
        let shown = resumed.tls.client_certificate().map(<[u8]>::to_vec);
        assert_eq!(shown.as_deref(), Some(certificate("client").der()));
        let others: [(&str, u32, &[&str]); 3] =
            [("ca.crt", 2, &[]), ("ca.crt", 1, &["ca.crl"]), ("self.crt", 1, &[])];
        for (authority, depth, lists) in others {
            let other = server(&rules(authority, depth, lists), &key, protocols);
            assert!(!accept(&client, &other).tls.is_resumed(), "{authority} {depth} {lists:?}");
        }
        let certificates = [certificate("localhost")];
        let tickets = Some(key.clone());
        let without =
            Server::new(&ServerSettings { protocols, tickets, ..settings(&certificates) });
        let mut end = accept(&client, &without.unwrap());
        assert!(!end.tls.is_resumed());
        assert_eq!(end.tls.judge_client(Some(&rules_of(1, &[])), NOW), Verdict::None);
        assert_eq!(end.tls.client_certificate(), None);
    }
}

#[test]
fn no_verdict_outlives_its_rules() {
    let key = TicketKeys::generate().unwrap();
    let (one, other) = (rules("ca.crt", 1, &[]), rules("self.crt", 1, &[]));
    let mut end = accept(&client(Some("client")), &server(&one, &key, V13));
    assert_eq!(end.tls.judge_client(None, NOW), Verdict::Trusted);
    let failed = Verdict::Failed(VerifyError::NoIssuerOfFirst);
    assert_eq!(end.tls.judge_client(Some(&other), NOW), failed);
    assert_eq!(end.tls.judge_client(None, NOW), Verdict::Trusted);
    assert_eq!(end.tls.client_signature(), "ecdsa_secp256r1_sha256");
}
