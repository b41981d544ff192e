//! Random patterns of PCRE's grammar, and subjects that they have a chance to match.

use peerage::base::rng::Rng;

pub struct Generator {
    rng: Rng,
    text: String,
    /// Groups opened until now.
    groups: u64,
    /// Whether the pattern begins with `(*UTF)`.
    utf: bool,
}

/// What matches one character, in many ways of writing.
const CHARACTERS: &[&str] = &[
    "a", "b", "c", "A", "a", "b", "c", r"\x61", r"\x{62}", r"\o{143}", r"\141", r"\.", r"\x0a",
    r"\n", r"\t", r"\e", r"\cJ", r"\xe9", r"\351", ".", ".", r"\N", r"\d", r"\D", r"\w", r"\W",
    r"\s", r"\S", r"\h", r"\H", r"\v", r"\V", r"\Qa\E", r"\Q.\E", r"\E", r"\Q\E", r"\pL",
    r"\p{Lu}", r"\p{^Lu}", r"\PN", r"\p{L&}", r"\C", "{", "}", "]", "a{", "{a}", r"\-", r"\@", "-",
    " ", "#", "/", "é",
];

const CODE_POINTS: &[&str] = &[
    "é",
    "ж",
    "Ж",
    r"\x{436}",
    "(?i:é)",
    "(?i)Ж",
    "[а-я]",
    "[^ж]",
    "(?i:[а-г])",
    r"\p{Cyrillic}",
    r"[\p{L}]",
    r"\P{Lu}",
    r"[^\p{Ll}a]",
    r"[^a-\x{d7ff}]",
    "[[:^alpha:]]",
    r"[\Wé]",
];

const CLASSES: &[&str] = &[
    "[ab]",
    "[^a]",
    "[a-c]",
    "[^b-z]",
    "[]a]",
    "[^]a]",
    "[[a]",
    "[a&&b]",
    "[a--b]",
    "[a~~b]",
    "[[:alpha:]]",
    "[[:^digit:]]",
    "[^[:space:][:punct:]]",
    "[[:upper:]a]",
    r"[\w-]",
    r"[\d.]",
    r"[\Wa]",
    r"[\h\v]",
    r"[^\Sa]",
    r"[\b]",
    r"[\x61-\x63]",
    r"[a\-c]",
    r"[\Qa-c]\E]",
    r"[\]]",
    "[-a]",
    "[a-]",
    r"[\x80-\xff]",
    r"[^\x00-\x7f]",
    r"[\p{Ll}1]",
    r"[^\p{L}]",
    "[ a]",
    "[.]",
    "[*+?]",
    "[$^]",
    r"[\1]",
    r"[\141]",
    "[(|)]",
    "[#]",
    "[a-c-e]",
    "[[:alpha:]-]",
    "[[:word:]]",
    "[[:xdigit:]]",
    "[[:blank:]]",
    "[[:cntrl:]]",
    "[[:graph:]]",
    "[[:print:]]",
    "[[:ascii:]]",
    "[[:lower:]]",
    "[[:alnum:]]",
    "[[:a]",
    "[a[:]",
    "[[:digit:]b]",
];

const ASSERTIONS: &[&str] = &[
    "^",
    "$",
    r"\A",
    r"\z",
    r"\Z",
    r"\G",
    r"\b",
    r"\B",
    "[[:<:]]",
    "[[:>:]]",
    "(?<=a)",
    "(?<!b)",
    "(?<=ab|c)",
    "(?<![^a])",
    r"(?<=\d)",
    "(*plb:a)",
    "(*nlb:a)",
    "(?<=^)",
];

const FLAGS: &[&str] =
    &["i", "m", "s", "x", "xx", "n", "U", "-i", "i-s", "^", "^i", "-s", "im", "-x"];

const QUANTIFIERS: &[&str] = &[
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "*+", "++", "?+", "{2,}", "{2,}+",
    "{0}", "{1}", "{0,1}", "{,a}", "{1,2}+", "{3,3}", "* ", "+",
];

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), text: String::new(), groups: 0, utf: false }
    }

    /// A pattern, and whether it is to be matched without case.
    pub fn pattern(&mut self) -> (Vec<u8>, bool) {
        self.text.clear();
        self.groups = 0;
        self.utf = self.rng.one_in(10);
        if self.utf {
            self.put(&["(*UTF)", "(*UTF8)"]);
        }
        if self.rng.one_in(30) {
            self.put(&["(*LF)", "(*BSR_ANYCRLF)", "(*NO_JIT)", "(*LIMIT_MATCH=900)"]);
        }
        self.alternatives(3);
        let mut pattern = std::mem::take(&mut self.text).into_bytes();
        if self.rng.one_in(20) {
            self.mutate(&mut pattern);
        }
        // PCRE's crate takes text alone.
        let pattern = String::from_utf8_lossy(&pattern).into_owned().into_bytes();
        (pattern, self.rng.one_in(5))
    }

    /// Up to 12 bytes of the patterns' alphabet; no newline at the end, which `$` sees differently.
    pub fn subject(&mut self) -> Vec<u8> {
        const LETTERS: &[u8] = b"aaabbbcccAB1.- \n\r\xe9\xc3{]#/\x0b";
        let len = self.rng.below(13);
        let mut subject: Vec<u8> = (0..len).map(|_| self.letter(LETTERS)).collect();
        while subject.last() == Some(&b'\n') {
            subject.pop();
        }
        if self.utf {
            let letters = ["é", "ж", "Ж", "ǆ"];
            for _ in 0..self.rng.below(4) {
                let letter = letters[self.rng.below(4) as usize];
                let at = self.rng.below(subject.len() as u64 + 1) as usize;
                subject.splice(at..at, letter.bytes());
            }
            subject = String::from_utf8_lossy(&subject).into_owned().into_bytes();
        }
        subject
    }

    /// Changes some bytes, so that the pattern is likely to be wrong.
    pub fn mutate(&mut self, pattern: &mut Vec<u8>) {
        const LETTERS: &[u8] = b"()[]{}*+?|\\^$.<>=!:#'-&,QEPRKgkxo0123456789aiUx \xe9\n";
        for _ in 0..=self.rng.below(3) {
            let at = self.rng.below(pattern.len() as u64 + 1) as usize;
            let letter = self.letter(LETTERS);
            match self.rng.below(3) {
                0 => pattern.insert(at, letter),
                1 if at < pattern.len() => pattern[at] = letter,
                _ if at < pattern.len() => {
                    pattern.remove(at);
                }
                _ => {}
            }
        }
    }

    fn letter(&mut self, letters: &[u8]) -> u8 {
        letters[self.rng.below(letters.len() as u64) as usize]
    }

    fn put(&mut self, choice: &[&str]) {
        let choice = choice[self.rng.below(choice.len() as u64) as usize];
        self.text.push_str(choice);
    }

    fn alternatives(&mut self, depth: u32) {
        self.sequence(depth);
        while self.rng.one_in(3) {
            self.text.push('|');
            self.sequence(depth);
        }
    }

    fn sequence(&mut self, depth: u32) {
        for _ in 0..self.rng.below(4) {
            self.item(depth);
            if self.rng.below(3) == 0 {
                self.put(QUANTIFIERS);
            }
        }
    }

    fn item(&mut self, depth: u32) {
        match self.rng.below(if depth == 0 { 10 } else { 24 }) {
            0 if self.utf => self.put(CODE_POINTS),
            0..=4 => self.put(CHARACTERS),
            5 => self.put(CLASSES),
            6 => self.put(ASSERTIONS),
            7 | 8 => self.reference(),
            9 => self.oddity(),
            10..=13 => self.capture(depth - 1),
            14 | 15 => self.grouped(&["(?:"], depth - 1),
            16 => self.look(depth - 1),
            17 => self.grouped(&["(?>", "(*atomic:"], depth - 1),
            18 => self.flags(depth - 1),
            19 => self.conditional(depth - 1),
            20 => self.grouped(&["(?|"], depth - 1),
            21 | 22 => self.call(),
            _ => self.put(CHARACTERS),
        }
    }

    fn grouped(&mut self, openings: &[&str], depth: u32) {
        self.put(openings);
        self.alternatives(depth);
        self.text.push(')');
    }

    fn capture(&mut self, depth: u32) {
        self.groups += 1;
        let n = self.groups;
        let opening = match self.rng.below(8) {
            0 => format!("(?<g{n}>"),
            1 => format!("(?P<g{n}>"),
            2 => format!("(?'g{n}'"),
            _ => "(".to_owned(),
        };
        self.text.push_str(&opening);
        self.alternatives(depth);
        self.text.push(')');
    }

    fn look(&mut self, depth: u32) {
        self.grouped(&["(?=", "(?!", "(?=", "(?!", "(*pla:", "(*nla:"], depth);
    }

    fn reference(&mut self) {
        if self.groups == 0 {
            return self.put(CHARACTERS);
        }
        let n = 1 + self.rng.below(self.groups);
        let text = match self.rng.below(12) {
            0 => format!("\\g{n}"),
            1 => format!("\\g{{{n}}}"),
            2 => format!("\\g{{-{n}}}"),
            3 => format!("\\k<g{n}>"),
            4 => format!("\\k'g{n}'"),
            5 => format!("\\k{{g{n}}}"),
            6 => format!("(?P=g{n})"),
            7 => format!("\\g{{g{n}}}"),
            _ => format!("\\{n}"),
        };
        self.text.push_str(&text);
    }

    fn oddity(&mut self) {
        self.put(&[
            "(?#comment)",
            "(?C)",
            "(?C1)",
            "(?C'x')",
            "(*F)",
            "(*FAIL)",
            r"\R",
            r"\X",
            r"\K",
            "(?i)",
            "(?x)",
            "(?-i)",
            "(?s)",
            "(?U)",
            "(?n)",
            "(?^)",
            "(?m)",
            r"\8",
            "a",
        ]);
    }

    fn flags(&mut self, depth: u32) {
        self.text.push_str("(?");
        self.put(FLAGS);
        self.text.push(':');
        self.alternatives(depth);
        self.text.push(')');
    }

    fn conditional(&mut self, depth: u32) {
        let n = 1 + self.rng.below(self.groups.max(1));
        match self.rng.below(6) {
            0 => self.text.push_str(&format!("(?(<g{n}>)")),
            1 => self.text.push_str(&format!("(?(-{n})")),
            2 => {
                self.text.push_str("(?");
                self.look(depth.saturating_sub(1));
            }
            _ => self.text.push_str(&format!("(?({n})")),
        }
        self.sequence(depth);
        if self.rng.below(4) != 0 {
            self.text.push('|');
            self.sequence(depth);
        }
        self.text.push(')');
    }

    fn call(&mut self) {
        let n = 1 + self.rng.below(self.groups.max(1));
        let text = match self.rng.below(6) {
            0 => format!("(?&g{n})"),
            1 => format!("(?P>g{n})"),
            2 => format!("\\g<{n}>"),
            3 => format!("(?-{n})"),
            4 => format!("\\g'g{n}'"),
            _ => format!("(?{n})"),
        };
        self.text.push_str(&text);
    }
}
