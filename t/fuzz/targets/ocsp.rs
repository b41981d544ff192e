//! What OCSP responders answer, and the certificates that they are asked about. A response is believed only if a whole
//! one that the authority has signed is in it; a question is as long as the names that it is made of.

use std::sync::OnceLock;

use peerage::http::settings::responder::Responder;
use peerage::tls::{Answer, Question};

use super::certificate::of_pem;

pub const WORDS: &[&[u8]] = &[
    b"\x30\x82",
    b"\x30\x80",
    b"\x0a\x01\x00",
    b"\xa0\x03\x02\x01\x00",
    b"\xa0\x11\x18\x0f21200101000000Z",
    b"\x18\x0f19700101000000Z",
    b"\x80\x00",
    b"\xa1\x11",
    b"\x82\x00",
    b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01",
    b"\x06\x05\x2b\x0e\x03\x02\x1a",
];

const NOW: u64 = 2_000_000_000;
const SIGNED: [&str; 5] = ["good", "delegated", "revoked", "unknown", "unlimited"];

struct Known {
    issuer: Vec<u8>,
    question: Question,
    /// What may be believed, and what it comes to.
    answers: Vec<(Vec<u8>, Answer)>,
}

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");
    of_pem(std::fs::read(format!("{folder}/{name}")).expect("it is there"))
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let issuer = file("ca.crt");
        let question = Question::new(&file("client.crt"), &issuer).expect("it has issued it");
        let answer = |name: &&str| {
            let response = file(&format!("client-{name}.ocsp"));
            let answer = question.read(&response, NOW).expect("it is signed");
            (response, answer)
        };
        Known { answers: SIGNED.iter().map(answer).collect(), issuer, question }
    })
}

pub fn seeds() -> Vec<Vec<u8>> {
    let others = ["client-forged.ocsp", "client-expired.ocsp", "inner-good.ocsp", "named.crt"];
    let all = SIGNED.iter().map(|name| format!("client-{name}.ocsp"));
    all.chain(others.map(String::from)).map(|name| file(&name)).collect()
}

pub fn check(input: &[u8]) {
    let known = known();
    match known.question.read(input, NOW) {
        // Mutations change what comes beside the signed part, or take it from another.
        Ok(answer) => assert!(known.answers.iter().any(|(_, it)| *it == answer), "{answer:?}"),
        Err(e) => assert!(!e.to_string().is_empty()),
    }
    let Some(question) = Question::new(input, &known.issuer) else { return };
    assert!(question.request().ends_with(question.id()));
    assert!(question.request().len() <= 64 + 64 + input.len());
    if let Some(responder) = question.responder.as_deref().and_then(|it| Responder::parse(it).ok())
    {
        assert!(responder.uri.starts_with('/') && !responder.host.is_empty());
        let is_plain = |byte: u8| byte > b' ' && byte != 0x7f;
        assert!(responder.uri.bytes().chain(responder.host.bytes()).all(is_plain));
    }
}
