//! Tests of the format itself, run along with the files.

use super::eval::{Variables, eval};
use super::{Pattern, Value, parse};
use libtest_mimic::{Failed, Trial};

type Check = fn() -> Result<(), String>;

pub fn trials() -> Vec<Trial> {
    let table: &[(&str, Check)] = &[
        ("a block, its sections and their text", sections),
        ("inline values, chomp and blank lines", inline),
        ("a block without config keeps the server", inheritance),
        ("the preamble", settings),
        ("mistakes have lines", mistakes),
        ("eval: strings", strings),
        ("eval: operators and lists", operators),
        ("eval: patterns", patterns),
        ("eval: what is not a literal", not_literals),
    ];
    let trial = |&(name, run): &(&str, Check)| {
        Trial::test(format!("format: {name}"), move || run().map_err(Failed::from))
    };
    table.iter().map(trial).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

fn block(text: &str) -> Result<super::Block, String> {
    let file = parse(&format!("__DATA__\n\n{text}")).map_err(|e| e.to_string())?;
    file.blocks.into_iter().next_back().ok_or_else(|| "no block".to_owned())
}

fn sections() -> Result<(), String> {
    let b =
        block("=== TEST 1: it\nwords\n--- config\n\n  a;\n\n  b;\n\n--- request\nPOST /\nx\ny\n")?;
    same(b.title.as_str(), "TEST 1: it")?;
    same(b.word("request").as_str(), "POST /\nx\ny")?;
    same(b.get("request"), Some(&Value::text("POST /\nx\ny")))?;
    same(b.get("config"), Some(&Value::text("  a;\n\n  b;\n")))?;
    same(b.line_of("config"), 5)
}

fn inline() -> Result<(), String> {
    let b = block(
        "=== a\n--- error_code:  404 \n--- response_body chomp\nhi\n\n--- request\n\\--- x\n",
    )?;
    same(b.get("error_code"), Some(&Value::text("404")))?;
    same(b.get("response_body"), Some(&Value::text("hi")))?;
    same(b.get("request"), Some(&Value::text("--- x")))
}

fn inheritance() -> Result<(), String> {
    let text = "=== a\n--- http_config\nh\n--- config\nc\n--- request\nGET /\n=== b\n--- request\nGET /b\n";
    let b = block(text)?;
    same(b.get("config"), Some(&Value::text("c\n")))?;
    same(b.get("http_config"), Some(&Value::text("h\n")))?;
    same(b.get("request"), Some(&Value::text("GET /b")))?;
    let b = block("=== a\n--- http_config\nh\n--- config\nc\n=== b\n--- config\nd\n")?;
    same(b.has("http_config"), false)
}

fn settings() -> Result<(), String> {
    let text = "use Test::Nginx::Socket;\nrepeat_each(2);\nno_long_string();\nmaster_on();\n\
                log_level('warn');\nour $A = 'x' x 3;\nour $B = <<'_E_';\none\ntwo\n_E_\n__DATA__\n\
                === a\n--- config eval: $::A . \"$::B\"\n";
    let file = parse(text).map_err(|e| e.to_string())?;
    same((file.settings.repeat_each, file.settings.master), (2, true))?;
    same(file.settings.log_level.as_str(), "warn")?;
    same(file.blocks[0].get("config"), Some(&Value::text("xxxone\ntwo\n")))
}

fn mistakes() -> Result<(), String> {
    for (text, line) in [
        ("=== a\n", 2),
        ("__DATA__\n=== a\n--- confg\n", 3),
        ("__DATA__\n=== a\n--- config evil\n", 3),
        ("__DATA__\n--- config\n", 2),
        ("__DATA__\n=== a\n--- timeout: 1\n--- timeout: 2\n", 4),
        ("__DATA__\n=== a\n--- timeout: 1\nx\n", 3),
        ("__DATA__\nx\n=== a\n", 2),
        ("__DATA__\n=== a\n--- request eval\nfoo()\n", 3),
    ] {
        let found = parse(text).err().map(|malformed| malformed.line);
        same(found, Some(line)).map_err(|e| format!("{text:?}: {e}"))?;
    }
    Ok(())
}

fn evaluated(text: &str) -> Result<Value, String> {
    let mut variables = Variables::new();
    variables.insert("N".to_owned(), Value::text("v"));
    eval(text, &variables)
}

fn strings() -> Result<(), String> {
    same(evaluated(r#""a\r\n\x41\x{263a}\$x""#)?, Value::text("a\r\nA\u{263a}$x"))?;
    same(evaluated(r"'a\n\'b'")?, Value::text("a\\n'b"))?;
    same(evaluated("qq{a{$::N}b}")?, Value::text("a{v}b"))?;
    same(evaluated("q(a(b)c)")?, Value::text("a(b)c"))?;
    same(evaluated(r#""\xff""#)?, Value::Text(vec![0xff]))?;
    same(evaluated(r#""$ENV{TEST_NGINX_HTML_DIR}/x""#)?, Value::text("$TEST_NGINX_HTML_DIR/x"))?;
    same(evaluated(r#""$TEST_NGINX_RAND_PORT_1""#)?, Value::text("$TEST_NGINX_RAND_PORT_1"))
}

fn operators() -> Result<(), String> {
    same(evaluated("'ab' x 2 . 'c'")?, Value::text("ababc"))?;
    same(evaluated("'a' . 'b' x (1 + 2)")?, Value::text("abbb"))?;
    same(evaluated("1024 * 2 - 1")?, Value::text("2047"))?;
    same(evaluated("['a', # first\n qr/b/i,]")?, {
        Value::List(vec![Value::text("a"), Value::Pattern(Pattern::new("b", "i"))])
    })?;
    same(evaluated("[['a'], 'b']")?.items().len(), 2)
}

fn patterns() -> Result<(), String> {
    same(evaluated(r"qr/a\/b\.c/s")?, Value::Pattern(Pattern::new(r"a/b\.c", "s")))?;
    same(evaluated(r"qr{a\{b}")?, Value::Pattern(Pattern::new(r"a\{b", "")))?;
    let dollar = Pattern::new("^ab$", "").compile()?;
    same(dollar.is_match("ab\n").unwrap_or(false), true)?;
    same(dollar.is_match("ab\nc").unwrap_or(true), false)?;
    same(Pattern::new("[$]", "").compile()?.is_match("$").unwrap_or(false), true)
}

fn not_literals() -> Result<(), String> {
    for text in ["foo()", "\"a", "'a' . ", "sub { 1 }", "$x", "'a' 'b'", "[1", "\"$::Unknown\""] {
        if let Ok(value) = evaluated(text) {
            return Err(format!("{text} became {value:?}"));
        }
    }
    Ok(())
}
