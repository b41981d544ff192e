//! `health_check`, and the lines of `match`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, check_args, text};
use crate::conf::error::{Error, Wrong};
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::health::{HealthRaw, Match, Test};
use crate::http::vars::{Part, Template};
use crate::upstream::health::Rule;

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "health_check",
    places: Places::LOCATION,
    args: Args(0, u8::MAX),
    set: Set::Own(health_check),
}];

fn health_check(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    if l.health.is_some() {
        return Err(Wrong::duplicate());
    }
    let mut check = HealthRaw {
        rule: Rule { fails: 1, passes: 1, mandatory: false, persistent: false },
        interval: 5000,
        jitter: 0,
        uri: (*b"/").into(),
        port: None,
        matching: None,
        keepalive_time: 0,
        at: line.at.clone(),
    };
    for word in line.args() {
        let invalid = || Wrong::Message(format!("invalid parameter \"{}\"", text(word)));
        let end = word.iter().position(|&byte| byte == b'=').map_or(word.len(), |at| at + 1);
        let (name, value) = word.split_at(end);
        let count = || {
            let count = value::number(value).and_then(|count| u32::try_from(count).ok());
            count.filter(|&count| count > 0)
        };
        match name {
            b"interval=" => {
                let time = value::msec(value).filter(|&time| time > 0);
                check.interval = time.ok_or_else(invalid)?;
            }
            b"jitter=" => check.jitter = value::msec(value).ok_or_else(invalid)?,
            b"fails=" => check.rule.fails = count().ok_or_else(invalid)?,
            b"passes=" => check.rule.passes = count().ok_or_else(invalid)?,
            b"uri=" if is_uri(value) => check.uri = value.into(),
            b"port=" => {
                let port = count().and_then(|port| u16::try_from(port).ok());
                check.port = Some(port.ok_or_else(invalid)?);
            }
            b"match=" if !value.is_empty() => check.matching = Some(value.into()),
            b"keepalive_time=" => {
                check.keepalive_time = value::msec(value).ok_or_else(invalid)?;
            }
            b"mandatory" => check.rule.mandatory = true,
            b"persistent" => check.rule.persistent = true,
            _ => return Err(invalid()),
        }
    }
    if check.rule.persistent && !check.rule.mandatory {
        return Err("\"persistent\" requires \"mandatory\" parameter".into());
    }
    l.health = Some(check);
    Ok(())
}

/// It goes into the request as it is.
fn is_uri(value: &[u8]) -> bool {
    value.first() == Some(&b'/') && value.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

impl Match {
    /// Obeys a line of the block.
    pub fn line(&mut self, builder: &mut Builder, line: &Line<'_>) -> Result<(), Error> {
        check_args(Args::SOME, line)?;
        let (name, words) = (&*line.words[0], line.args());
        let words: Vec<&[u8]> = words.iter().map(|word| &**word).collect();
        let test = match name {
            b"status" => status(&words),
            b"header" => header(builder, &words),
            b"body" => body(builder, &words),
            b"require" => {
                let required = require(builder, &words);
                self.required.extend(required.map_err(|wrong| wrong.at("require", line.at))?);
                return Ok(());
            }
            _ => {
                let message = format!("unknown directive \"{}\"", text(name));
                return Err(Error::new(message, line.at));
            }
        };
        self.tests.push(test.map_err(|wrong| wrong.at(&text(name), line.at))?);
        // As the answer comes: that is what the error log says of it.
        self.tests.sort_by_key(Test::rank);
        Ok(())
    }
}

/// `status 200 301-303`, `status ! 500`
fn status(words: &[&[u8]]) -> Result<Test, Wrong> {
    let (not, words) = match words {
        [b"!", words @ ..] => (true, words),
        words => (false, words),
    };
    let code = |word: &[u8]| {
        let code = value::number(word).and_then(|code| u16::try_from(code).ok());
        code.filter(|code| (100..1000).contains(code))
    };
    let mut ranges = vec![];
    for word in words {
        let dash = word.iter().position(|&byte| byte == b'-');
        let range = match dash {
            None => code(word).map(|code| (code, code)),
            Some(at) => code(&word[..at]).zip(code(&word[at + 1..])),
        };
        let range = range.filter(|(from, to)| from <= to);
        ranges.push(range.ok_or_else(|| format!("invalid status \"{}\"", text(word)))?);
    }
    if ranges.is_empty() {
        return Err(Wrong::directive("invalid number of arguments"));
    }
    Ok(Test::Status(not, ranges))
}

/// `header X`, `header ! X`, and `header X OPERATOR VALUE`
fn header(builder: &mut Builder, words: &[&[u8]]) -> Result<Test, Wrong> {
    match *words {
        [name] if name != b"!" => Ok(Test::Present(name.into())),
        [b"!", name] => Ok(Test::Absent(name.into())),
        [name, b"=", value] => Ok(Test::Equal(false, name.into(), value.into())),
        [name, b"!=", value] => Ok(Test::Equal(true, name.into(), value.into())),
        [name, b"~", source] => Ok(Test::Like(false, name.into(), builder.pattern(source, false)?)),
        [name, b"!~", source] => Ok(Test::Like(true, name.into(), builder.pattern(source, false)?)),
        _ => Err(Wrong::directive("invalid arguments")),
    }
}

/// `body ~ EXPRESSION`, `body !~ EXPRESSION`
fn body(builder: &mut Builder, words: &[&[u8]]) -> Result<Test, Wrong> {
    match *words {
        [b"~", source] => Ok(Test::Body(false, builder.pattern(source, false)?)),
        [b"!~", source] => Ok(Test::Body(true, builder.pattern(source, false)?)),
        _ => Err(Wrong::directive("invalid arguments")),
    }
}

/// `require $variable ...`
fn require(builder: &mut Builder, words: &[&[u8]]) -> Result<Vec<Template>, Wrong> {
    let variable = |word: &&[u8]| {
        let required = builder.template(word)?;
        match *required.parts {
            [Part::Var(_)] => Ok(required),
            _ => Err(Wrong::Message(format!("invalid variable name \"{}\"", text(word)))),
        }
    };
    words.iter().map(variable).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::ids::GroupIndex;
    use crate::http::conf::load::parse_text;
    use crate::http::settings::health::{BODY, HEADER, STATUS, Verdict, judge_status};
    use crate::proto::Head;

    fn http(text: &str) -> Result<crate::http::conf::Http, String> {
        let text = format!("events {{}} http {{ {text} }}");
        parse_text(&text).map(|loaded| loaded.conf.http).map_err(|e| e.to_string())
    }

    fn block(lines: &str) -> Result<Arc<Match>, String> {
        let http = http(&format!(
            "server {{ location / {{ health_check match=m; proxy_pass http://127.0.0.1:1; }} }} \
             match m {{ {lines} }}"
        ))?;
        Ok(http.checks[0].matching.clone().unwrap())
    }

    fn judge(lines: &str) -> Verdict {
        let mut head = Head::default();
        for (name, value) in [("Type", "text/html"), ("Via", "a"), ("Via", "b")] {
            head.push_copy(name.as_bytes(), value.as_bytes());
        }
        block(lines).unwrap().judge(404, &head, b"Welcome here")
    }

    #[test]
    fn every_form_of_a_test() {
        for good in [
            "",
            "status 404;",
            "status 200 404;",
            "status 400-404;",
            "status 301-303 404 500-599;",
            "status ! 200;",
            "status ! 500-599 200;",
            "header type;",
            "header ! X;",
            "header Type = text/html;",
            "header Type != text/plain;",
            "header X != y;",
            "header Via = b;",
            "header Type ~ ^text/;",
            "header Type !~ plain;",
            "body ~ \"Welcome h\";",
            "body !~ welcome;",
            "status 404; header Via; body ~ here;",
        ] {
            assert!(judge(good).is_ok(), "{good}");
        }
        for (bad, what) in [
            ("status 200;", STATUS),
            ("status 405-499 300-403;", STATUS),
            ("status ! 404;", STATUS),
            ("status ! 200 400-499;", STATUS),
            ("header X;", HEADER),
            ("header ! via;", HEADER),
            ("header Type = text;", HEADER),
            ("header Via != a;", HEADER),
            ("header Type ~ ^html;", HEADER),
            ("header X ~ .;", HEADER),
            ("header Type !~ html;", HEADER),
            ("body ~ welcome;", BODY),
            ("body !~ Welcome;", BODY),
            ("status 404; header Via; body ~ there;", BODY),
        ] {
            assert_eq!(judge(bad), Err(what), "{bad}");
        }
        for (lines, last) in [
            ("", STATUS),
            ("status 404;", STATUS),
            ("header Via; status 404;", HEADER),
            ("body ~ here; status 404; header Via;", BODY),
        ] {
            assert_eq!(judge(lines), Ok(last), "{lines}");
        }
        assert_eq!(judge("body ~ there; header X; status 404;"), Err(HEADER));
        assert!(block("body ~ a;").unwrap().wants_body());
        assert!(!block("status 200;").unwrap().wants_body());
        let good = [199, 200, 399, 400].map(|status| judge_status(status).is_ok());
        assert_eq!(good, [false, true, true, false]);
    }

    #[test]
    fn what_is_no_test() {
        for (lines, message) in [
            ("status;", "invalid number of arguments in \"status\" directive"),
            ("status !;", "invalid number of arguments"),
            ("status 20;", "invalid status \"20\""),
            ("status 300-200;", "invalid status \"300-200\""),
            ("header X is y;", "\"header\" directive invalid arguments"),
            ("header !;", "\"header\" directive invalid arguments"),
            ("body welcome;", "\"body\" directive invalid arguments"),
            ("body ~ (;", "pcre2_compile() failed"),
            ("require;", "invalid number of arguments in \"require\" directive"),
            ("require $upstream_status x;", "invalid variable name \"x\""),
            ("require $upstream_status$msec;", "invalid variable name"),
            ("require $x;", "unknown \"x\" variable"),
            ("ensure $x;", "unknown directive \"ensure\""),
            ("status 200 { }", "unexpected \"{\""),
        ] {
            let error = block(lines).unwrap_err();
            assert!(error.contains(message), "{lines}: {error}");
        }
    }

    #[test]
    fn parameters() {
        let http = http(
            "upstream back { server 127.0.0.1:1; server 127.0.0.1:2; } match other { } \
             server { location /a { proxy_pass http://back; health_check; } \
             location /b { health_check interval=1 jitter=20ms fails=3 passes=4 uri=/ok?x \
             port=81 match=other mandatory persistent keepalive_time=2s; \
             proxy_pass http://back; } }",
        );
        let http = http.unwrap();
        let [first, second] = &http.checks[..] else { panic!("{:?}", http.checks) };
        assert_eq!((first.group, first.number), (GroupIndex(0), 0));
        assert_eq!((second.group, second.number), (GroupIndex(0), 1));
        assert_eq!((first.interval, first.jitter, first.port), (5000, 0, None));
        assert_eq!((second.interval, second.jitter, second.port), (1000, 20, Some(81)));
        assert_eq!((&*first.uri, &*second.uri), (b"/".as_slice(), b"/ok?x".as_slice()));
        assert!(first.matching.is_none() && second.matching.is_some());
        assert_eq!(
            [first, second].map(|it| (it.keepalive_time, it.wants_body())),
            [(0, false), (2000, true)]
        );
        let rules = &http.groups[0].checks;
        assert_eq!(rules[0], Rule { fails: 1, passes: 1, mandatory: false, persistent: false });
        assert_eq!(rules[1], Rule { fails: 3, passes: 4, mandatory: true, persistent: true });
    }

    #[test]
    fn mistakes() {
        let own = "proxy_pass http://127.0.0.1:1;";
        for (lines, message) in [
            (format!("health_check interval=0; {own}"), "invalid parameter \"interval=0\""),
            (format!("health_check fails=0; {own}"), "invalid parameter \"fails=0\""),
            (format!("health_check passes=x; {own}"), "invalid parameter \"passes=x\""),
            (format!("health_check uri=x; {own}"), "invalid parameter \"uri=x\""),
            (format!("health_check \"uri=/a b\"; {own}"), "invalid parameter \"uri=/a b\""),
            (format!("health_check port=65536; {own}"), "invalid parameter \"port=65536\""),
            (format!("health_check type=grpc; {own}"), "invalid parameter \"type=grpc\""),
            (format!("health_check persistent; {own}"), "requires \"mandatory\""),
            (format!("health_check; health_check; {own}"), "\"health_check\" directive is dup"),
            (format!("health_check match=x; {own}"), "unknown match \"x\""),
            ("health_check;".into(), "\"health_check\" requires \"proxy_pass\""),
            ("set $x a; health_check; proxy_pass http://$x;".into(), "requires \"proxy_pass\""),
        ] {
            let error = http(&format!("server {{ location / {{ {lines} }} }}")).unwrap_err();
            assert!(error.contains(message), "{lines}: {error}");
        }
        let error = http("match a { } match a { }").unwrap_err();
        assert!(error.contains("duplicate match \"a\""), "{error}");
        let error = http("server { health_check; }").unwrap_err();
        assert!(error.contains("\"health_check\" directive is not allowed here"), "{error}");
    }
}
