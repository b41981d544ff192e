//! The constructs of pcre2pattern(3), section by section, and what becomes of each.

use std::sync::OnceLock;

use super::{Outcome, ours, pcre, theirs};
use peerage::base::regex::{Regex, SyntaxError};

enum Row {
    /// Matches what PCRE matches, in each of the subjects (apart by blanks).
    Same(&'static str, &'static str),
    /// Refused at the start, for this reason.
    Refused(&'static str, &'static str),
    /// Refused by PCRE as well.
    Wrong(&'static str),
    /// Matches another thing in the subject, for a reason.
    Differs(&'static str, &'static str, Outcome, &'static str),
}

use Row::{Differs, Refused, Same, Wrong};

fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(special_start_of_pattern());
    rows.extend(characters());
    rows.extend(classes());
    rows.extend(groups());
    rows.extend(repetition_and_references());
    rows.extend(assertions_and_conditions());
    rows.extend(calls_and_verbs());
    rows
}

#[rustfmt::skip]
fn special_start_of_pattern() -> Vec<Row> {
    vec![
        Same("(*UTF)^.$", "é a"),
        Same("(*UTF8)ж", "ж"),
        Same("(*LF)a.b", "axb"),
        Same(r"(*BSR_ANYCRLF)a\Rb", "a\rb a\x0bb"),
        Same(r"(*BSR_UNICODE)a\Rb", "a\x0bb"),
        Same("(*LIMIT_MATCH=999)(*LIMIT_DEPTH=9)(*LIMIT_HEAP=9)(*LIMIT_RECURSION=9)a", "a"),
        Same("(*NO_JIT)(*NO_START_OPT)(*NO_AUTO_POSSESS)(*NO_DOTSTAR_ANCHOR)a", "a"),
        Refused("(*UCP)é", "(*UCP) is not supported"),
        Refused("(*CR)a", "(*CR) is not supported"),
        Refused("(*CRLF)a", "(*CRLF) is not supported"),
        Refused("(*ANYCRLF)a", "(*ANYCRLF) is not supported"),
        Refused("(*ANY)a", "(*ANY) is not supported"),
        Refused("(*NUL)a", "(*NUL) is not supported"),
        Refused("(*NOTEMPTY)a", "(*NOTEMPTY) is not supported"),
        Refused("(*NOTEMPTY_ATSTART)a", "(*NOTEMPTY_ATSTART) is not supported"),
    ]
}

#[rustfmt::skip]
fn characters() -> Vec<Row> {
    vec![
        Same(r"^(?P<name>[a-z]+)\Q.example.com\E$", "a.example.com axexample.com"),
        Same(r"\Qa*b", "a*b"),
        Same(r"\Qa\Eb+\E", "abb"),
        Same(r"a\Q\E*?b", "b aab"),
        Same(r"\a\e\f\n\r\t", "\x07\x1b\x0c\n\r\t"),
        Same(r"\cA\c[\x41\x{42}\o{103}\104\0\01", "\x01\x1bABCD\0\x01"),
        Same(r"\.\-\@\_\é", ".-@_é"),
        Same(r"[\x80-\xff]\xe9?", "é"),
        Same(r"\d\D\w\W\s\S\h\H\v\V", "1xa- y\tz\x0bq"),
        Same(r"a\Nb.c", "axbyc"),
        Same(r"a\Rb", "a\r\nb a\nb a\rb"),
        Same(r"\R\n", "\r\n \n\n"),
        Same(r"a\Xb\C", "axb. a\r\nb."),
        Same(r"\pL\p{Lu}\PN\p{^Lu}\p{L&}\p{Any}\p{Xan}\p{Xwd}", "aAbbaaaaa"),
        Same(r"\p{Xsp}\p{Xps}\p{ L & }?", "  "),
        Same(r"\p{L-&}\p{l_u}\p{x-an}\p{ANY}(?i)\p{l-l}", "aAb.A"),
        Same(r"(*UTF)\p{Cyrillic}\p{Lu}", "жЖ"),
        Same("a.b", "axb a\rb"),
        Same(r"foo\Kbar", "foobar"),
        Same(r"^(a\Kb)+", "abab"),
        Same(r"\Aa\z", "a aa"),
        Same(r"a\Z", "a a\n"),
        Same(r"\Ga", "ba ab"),
        Same(r"\bfoo\b.\B", "foo-- xfoo"),
        Same("^a$", "a ab"),
        Differs("^a$", "a\n", Outcome::None, "$ before a newline at the end lets %0A pass a check of the end"),
        Refused(r"\x{ 41}", "spaces in \\x{} and \\o{} are read differently by versions of PCRE"),
        Refused(r"\o{101 }", "spaces in \\x{} and \\o{} are read differently by versions of PCRE"),
        Refused(r"\N{U+41}", "\\N{name} is not supported"),
        Refused(r"(*UTF)\X", "\\X is not supported with (*UTF)"),
        Refused(r"(*UTF)\C", "\\C is not supported with (*UTF)"),
        Refused(r"\p{Nonsense", "malformed \\P or \\p sequence"),
        Wrong(r"\p{Nonsense}"), Wrong(r"\y"), Wrong(r"\u"), Wrong(r"\L"), Wrong(r"a\"), Wrong(r"\x{100}"), Wrong(r"\400"),
        Wrong(r"\o{9}"), Wrong(r"\c"), Wrong(r"\cé"), Wrong(r"\x{}"), Wrong(r"\x{1"), Wrong(r"(*UTF)\x{d800}"),
    ]
}

#[rustfmt::skip]
fn classes() -> Vec<Row> {
    vec![
        Same("^[]a]+$", "a]"),
        Same("^[^]a]+$", "b ]"),
        Same("^[a-c-e.]+$", "ab-e. d"),
        Same("^[a&&b]+$", "a&b"),
        Same("^[+--~~b]+$", "+,-~b"),
        Same("^[[a]]$", "a] [] a"),
        Same(r"^[\w-]+$", "a-b"),
        Same(r"^[\g1]+$", "g1 \\"),
        Same(r"^[\Qa]^\E]+$", "a]^"),
        Same(r"[\b\x41\101\cA\e]?", "\x08"),
        Same(r"^[\d\s\H\V\pL\P{L}]+$", "1 a"),
        Same("^[[:alpha:][:^digit:]]+$", "ab-"),
        Same("^[[:alnum:]][[:ascii:]][[:blank:]][[:cntrl:]][[:digit:]][[:graph:]][[:lower:]]", "aa\t\x011ga"),
        Same("^[[:print:]][[:punct:]][[:space:]][[:upper:]][[:word:]][[:xdigit:]]", "p!\tUwF"),
        Same("[[:<:]]foo[[:>:]]", "foo xfoo foob"),
        Same("(?i)^[^a-c]+[[:upper:]]$", "dE A"),
        Same("(*UTF)(?i)^[ж-я][^ж]$", "ЖЯ жЖ"),
        Wrong("[[.a.]]"), Wrong("[[=a=]]"), Wrong("[[:nonsense:]]"), Wrong("[z-a]"), Wrong(r"[a-\d]"), Wrong(r"[\d-z]"),
        Wrong("[a"), Wrong(r"[\R]"), Wrong("[:alpha:]"), Wrong(r"[\B]"), Wrong(r"[\N]"),
        Refused(r"[\k{a}]", "\\k in a class is read differently by versions of PCRE"),
        Refused("[[:<:]]?a", "quantifier does not follow a repeatable item"),
    ]
}

#[rustfmt::skip]
fn groups() -> Vec<Row> {
    vec![
        Same("a|b|", "a b c"),
        Same("(a)(?:b)(c)", "abc"),
        Same("(?<n>a)(?'m'b)(?P<o>c)", "abc"),
        Same("(?|(a)(b)|(c))(d)", "abd cd"),
        Same(r"(?|(?<n>a)|(?<n>b))\k<n>", "aa bb ab"),
        Same("(?>a+)b|(*atomic:c+)d", "aab ccd"),
        Same("^(a(?i)b|c)d", "aBd Cd abD"),
        Same("^/(a(?i)b)c(?=d)", "/aBcd /aBCd"),
        Same("(?i:a)(?s:.)(?-i:b)", "A\nb A\nB"),
        Same("(?m)^a$", "b\na a\nb"),
        Same("(?m)^", "a\n"),
        Same("(?x) a b # comment\n c", "abc"),
        Same("(?xx)[a b]+ c", "abc a c"),
        Same("(?x: a + ? b)", "aab"),
        Same("(?n)(a)(?<b>b)", "ab"),
        Same("(?U)a+", "aaa"),
        Same("(?U)a+?", "aaa"),
        Same("(?i)(?^)a", "a A"),
        Same("(?^i:A)(?i-sm:B)", "ab"),
        Same("a(?#comment)+b", "aab"),
        Refused("(?J)(?<n>a)|(?<n>b)", "(?J) is not supported"),
        Refused("(?aD)a", "(?a) is not supported"),
        Refused("(?:(?|(a)|(b)))+", "repeated groups that share a number are not supported"),
        Wrong("(?<n>a)(?<n>b)"), Wrong("(?<1>a)"), Wrong("(a"), Wrong("a)"), Wrong("(?z)"), Wrong("(?<n"), Wrong("(?#"),
        Wrong("(?i-s-m)a"), Wrong("(?^-i)a"),
    ]
}

#[rustfmt::skip]
fn repetition_and_references() -> Vec<Row> {
    vec![
        Same("^a*b+c?d{2}e{1,}f{0,2}$", "aabdde bddeff"),
        Same("a*?b+?c??d{2,3}?", "aabcdd"),
        Same("a*+b++c?+d{1,2}+d", "aabdd abddd"),
        Same("^a{b}c{,}d{x$", "a{b}c{,}d{x"),
        Same("(a*)*|(b*)+", "aa bb"),
        Same("(|a)+b", "aab"),
        Same("(?:)*(?:){2}a{0}b{1}", "b"),
        Same("(?=a)*(?=a){3}a", "a"),
        Same(r"(a)\1\g1\g{1}\g{-1}", "aaaaa"),
        Same(r"(?<n>a)\k<n>\k'n'\k{n}(?P=n)\g{n}", "aaaaaa"),
        Same(r"(a)\g{+1}?(b)", "ab"),
        Same(r"(?i)(a)\1", "aA"),
        Same(r"(?:(\1|a)b){2}", "abab"),
        Same(r"(\2b|(a))+?c", "aabc"),
        Same(r"(a)?\1b", "b aab"),
        Same(r"(a)\11", "a\t"),
        Refused("a{,3}", "{,n} and spaces in {n,m} are read differently by versions of PCRE"),
        Refused("a{ 1, 3 }", "{,n} and spaces in {n,m} are read differently by versions of PCRE"),
        Refused(r"(?:(a|)\1)*", "a repetition that may be empty and refers to its own groups is not supported"),
        Refused("(?:a{9999}){9999}", "pattern is too large"),
        Wrong("a**"), Wrong("*a"), Wrong("a{3,2}"), Wrong("a{65536}"), Wrong(r"(a)\2"), Wrong(r"\81"), Wrong(r"\k<n>"), Wrong(r"\g{-1}"),
    ]
}

#[rustfmt::skip]
fn assertions_and_conditions() -> Vec<Row> {
    vec![
        Same("a(?=b)(?!bc)", "ab abc"),
        Same("(?<=a)b(?<!ab)|(?<=x|yz)c", "ab yzc"),
        Same("(*pla:a)a(*nla:b)(*plb:a)(*nlb:b)", "a ab"),
        Same("(*positive_lookahead:a)a(*negative_lookahead:b)", "a ab"),
        Same("(*positive_lookbehind:a)b|(*negative_lookbehind:a)c", "ab bc"),
        Same("(?<=a{1,3}b?)c", "abc aac"),
        Same("(?=(a))b|a", "a"),
        Same("^(?!/no)/(.*)", "/yes /nothing"),
        Same("(a)?(?(1)b|c)", "ab c a"),
        Same("(?<n>a)?(?(<n>)b|c)(?('n')d|e)(?(n)f)", "abdf ce"),
        Same("(a)?(?(-1)b|c)", "ab c"),
        Same("(?(?=a)ab|c)(?(?!x)y)(?(?<=y)z)", "abyz cyz"),
        Same("(?(*pla:a)a|b)", "a b"),
        Refused("(?*a)a", "non-atomic lookaround is not supported"),
        Refused("(*napla:a)a", "(*napla) is not supported"),
        Refused("(*sr:a)", "(*sr) is not supported"),
        Refused("(?(VERSION>=10)a|b)", "this condition is not supported"),
        Refused("(?(R)a|b)", "a condition on recursion is not supported"),
        Refused("(?|(a)|(b))(?(1)c)", "a condition on groups that share a number is not supported"),
        Refused(r"(?(?=(a)\1)a|b)", "a condition that refers to groups inside it is not supported"),
        Wrong("(?<=a*)b"), Wrong(r"(?=a\K)"), Wrong("(?(1)a|b|c)"), Wrong("(?(9)a)"),
    ]
}

#[rustfmt::skip]
fn calls_and_verbs() -> Vec<Row> {
    vec![
        Same(r"(a|b)(?1)\g<1>\g'1'(?-1)", "abbab"),
        Same(r"(?<n>a|b)(?&n)(?P>n)\g<n>", "abab"),
        Same("(?+1)(a)", "aa"),
        Same("(?(DEFINE)(?<n>[0-9]+))^(?&n)[.](?&n)$", "1.22"),
        Same("a(?C)b(?C1)c(?C'text')d(?C{a}}b})", "abcd"),
        Same("a(*F)|b(*FAIL)|c", "c a"),
        Refused(r"\((?R)?\)", "recursion is not supported"),
        Refused(r"(a(?1)?b)", "recursion is not supported"),
        Refused(r"((.)\2)(?1)", "a call of a group that refers to groups inside it is not supported"),
        Refused("a(*ACCEPT)b", "(*ACCEPT) is not supported"),
        Refused("a(*COMMIT)b", "(*COMMIT) is not supported"),
        Refused("a(*PRUNE)b", "(*PRUNE) is not supported"),
        Refused("a(*SKIP)b", "(*SKIP) is not supported"),
        Refused("a(*THEN)b", "(*THEN) is not supported"),
        Refused("a(*MARK:m)b", "(*MARK) is not supported"),
        Refused("a(*:m)b", "(*) is not supported"),
        Wrong("(*NONSENSE)a"), Wrong("(?C256)"), Wrong("(?2)(a)"),
    ]
}

#[test]
fn each_construct_is_as_in_pcre_or_refused_by_name() {
    let wrong: Vec<String> = table().iter().filter_map(|row| fault(row).err()).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Why patterns are refused that are good to PCRE.
pub fn reasons() -> &'static [&'static str] {
    static REASONS: OnceLock<Vec<&str>> = OnceLock::new();
    REASONS.get_or_init(|| {
        let reason = |row: Row| if let Refused(_, reason) = row { Some(reason) } else { None };
        table().into_iter().filter_map(reason).collect()
    })
}

fn fault(row: &Row) -> Result<(), String> {
    let (Same(pattern, _) | Refused(pattern, _) | Wrong(pattern) | Differs(pattern, ..)) = row;
    let regex = Regex::new(pattern.as_bytes(), false);
    let reference = pcre(pattern.as_bytes(), false);
    let refused = |e: SyntaxError| format!("{pattern}: {}", e.reason);
    match row {
        Same(_, subjects) => {
            let (regex, reference) = (regex.map_err(refused)?, reference?);
            let mut is_found = false;
            for subject in [*subjects].into_iter().chain(subjects.split(' ')) {
                let found = ours(&regex, subject.as_bytes());
                let wanted = theirs(&reference, subject.as_bytes());
                is_found |= wanted != Outcome::None;
                if found != wanted {
                    return Err(format!("{pattern} in {subject:?}: {found:?}, not {wanted:?}"));
                }
            }
            is_found.then_some(()).ok_or_else(|| format!("{pattern} matches no subject"))
        }
        Refused(_, reason) => match regex {
            Err(e) if *e.reason == **reason => Ok(()),
            Err(e) => Err(refused(e)),
            Ok(_) => Err(format!("{pattern} is accepted")),
        },
        Wrong(_) if regex.is_ok() => Err(format!("{pattern} is accepted")),
        Wrong(_) if reference.is_ok() => Err(format!("{pattern} is good")),
        Wrong(_) => Ok(()),
        Differs(_, subject, wanted, why) => {
            let found = ours(&regex.map_err(refused)?, subject.as_bytes());
            let is_different = theirs(&reference?, subject.as_bytes()) != *wanted;
            let is_known = found == *wanted && is_different;
            is_known.then_some(()).ok_or_else(|| format!("{pattern} in {subject:?}: {why}"))
        }
    }
}
