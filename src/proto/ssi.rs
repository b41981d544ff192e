//! Server side includes: commands in a text, `<!--#name parameter="value" … -->`, read in pieces of any size.

/// What stands before a command.
const OPENING: &[u8] = b"<!--#";

/// Bytes of the name of a command, and of a parameter, at most.
const NAME: usize = 32;

/// Parameters of a command, at most.
pub const PARAMETERS: usize = 16;

/// What was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// All of the input; what it is the beginning of is not complete.
    Nothing,
    /// A part of the input.
    Text(&'a [u8]),
    /// What was the beginning of a command and is none.
    Opening(&'static [u8]),
    /// The parser has one, until it goes on.
    Command,
    /// What is wrong with a command, of which the rest is still to come.
    Mistake(String),
    /// The end of such a command.
    Broken,
}

/// A parameter of a command. The value is as it stands between its quotes, with the backslashes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parameter {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
}

/// Reads one text.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// Of the command that was read last.
    pub command: Vec<u8>,
    /// At most one more than [`PARAMETERS`].
    pub parameters: Vec<Parameter>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Text,
    /// The number of bytes of [`OPENING`] that were found.
    Opening(usize),
    BeforeName,
    Name,
    BeforeParameter,
    Parameter,
    BeforeEqual,
    BeforeValue,
    /// Up to this quote.
    Value(u8),
    Quoted(u8),
    BehindValue,
    /// One, or two, of the dashes behind a command.
    Dash,
    Dashes,
    /// The same of a command with a mistake.
    Wrong,
    WrongDash,
    WrongDashes,
}

impl Parser {
    /// Reads from the front of `input`. `longest`: bytes of a value, at most.
    pub fn next<'a>(&mut self, input: &mut &'a [u8], longest: usize) -> Event<'a> {
        if self.state == State::Text {
            let end = memchr::memchr(b'<', input).unwrap_or(input.len());
            let (text, rest) = input.split_at(end);
            *input = rest;
            if !text.is_empty() {
                return Event::Text(text);
            }
        }
        while let Some((&byte, rest)) = input.split_first() {
            if let State::Opening(read) = self.state {
                if byte != OPENING[read] {
                    self.state = State::Text;
                    return Event::Opening(&OPENING[..read]);
                }
            }
            *input = rest;
            if let Some(event) = self.take(byte, longest) {
                return event;
            }
        }
        Event::Nothing
    }

    /// The text has ended: what looked like the beginning of a command and is none. A command without an end is dropped.
    pub fn finish(&mut self) -> &'static [u8] {
        match std::mem::take(&mut self.state) {
            State::Opening(read) => &OPENING[..read],
            _ => b"",
        }
    }

    fn take(&mut self, byte: u8, longest: usize) -> Option<Event<'static>> {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.state = match self.state {
            State::Text => State::Opening(1),
            State::Opening(read) if read + 1 < OPENING.len() => State::Opening(read + 1),
            State::Opening(_) => {
                self.command.clear();
                self.parameters.clear();
                State::BeforeName
            }
            State::BeforeName | State::BeforeParameter if is_space => self.state,
            State::BeforeName => {
                self.command.push(byte);
                State::Name
            }
            State::Name if is_space => State::BeforeParameter,
            State::Name | State::BeforeParameter if byte == b'-' => State::Dash,
            State::Name if self.command.len() == NAME => {
                let name = self.name();
                let byte = char::from(byte);
                return self
                    .mistake(byte, format!("the \"{name}{byte}...\" SSI command is too long"));
            }
            State::Name => {
                self.command.push(byte);
                State::Name
            }
            State::BeforeParameter => {
                self.add_parameter(byte);
                State::Parameter
            }
            State::Parameter if is_space => State::BeforeEqual,
            State::Parameter | State::BeforeEqual if byte == b'=' => State::BeforeValue,
            State::BeforeEqual | State::BeforeValue if is_space => self.state,
            State::BeforeValue if matches!(byte, b'"' | b'\'') => State::Value(byte),
            State::Parameter | State::BeforeEqual | State::BeforeValue => {
                return self.parameter(byte);
            }
            State::Value(quote) if byte == quote => State::BehindValue,
            State::Value(quote) | State::Quoted(quote) => return self.value(byte, quote, longest),
            State::BehindValue if is_space => State::BeforeParameter,
            State::BehindValue if byte == b'-' => State::Dash,
            State::BehindValue => {
                let text = format!("value of \"{}\" parameter", self.last());
                return self.unexpected(byte, &format!("after \"{}\" {text}", self.last_value()));
            }
            State::Dash if byte == b'-' => State::Dashes,
            State::Dashes if byte == b'>' => {
                self.state = State::Text;
                return Some(Event::Command);
            }
            State::Dash | State::Dashes => {
                let text = format!("unexpected \"{}\" symbol in", char::from(byte));
                let text = format!("{text} \"{}\" SSI command", self.name());
                return self.mistake(char::from(byte), text);
            }
            State::WrongDash if byte == b'-' => State::WrongDashes,
            State::WrongDashes if byte == b'>' => {
                self.state = State::Text;
                return Some(Event::Broken);
            }
            State::Wrong if byte == b'-' => State::WrongDash,
            State::Wrong | State::WrongDash | State::WrongDashes => State::Wrong,
        };
        None
    }

    fn add_parameter(&mut self, byte: u8) {
        // Those beyond the bound are one, so that it shows.
        if self.parameters.len() > PARAMETERS {
            self.parameters.pop();
        }
        self.parameters.push(Parameter { name: vec![byte], value: vec![] });
    }

    /// A byte in the name of a parameter, or one that should be `=` or a quote.
    fn parameter(&mut self, byte: u8) -> Option<Event<'static>> {
        let (command, name) = (self.name(), self.last());
        let symbol = char::from(byte);
        let text = match self.state {
            State::Parameter if byte != b'-' => {
                let parameter = self.parameters.last_mut()?;
                if parameter.name.len() < NAME {
                    parameter.name.push(byte);
                    return None;
                }
                format!("too long \"{name}{symbol}...\" parameter in \"{command}\" SSI command")
            }
            State::Parameter | State::BeforeEqual => {
                return self.unexpected(byte, &format!("after \"{name}\" parameter"));
            }
            _ => return self.unexpected(byte, &format!("before value of \"{name}\" parameter")),
        };
        self.mistake(symbol, text)
    }

    fn value(&mut self, byte: u8, quote: u8, longest: usize) -> Option<Event<'static>> {
        let is_quoting = byte == b'\\' && matches!(self.state, State::Value(_));
        let parameter = self.parameters.last_mut()?;
        if parameter.value.len() >= longest {
            let (command, name, value) = (self.name(), self.last(), self.last_value());
            let symbol = char::from(byte);
            let text = format!("too long \"{value}{symbol}...\" value of \"{name}\" parameter");
            return self.mistake(symbol, format!("{text} in \"{command}\" SSI command"));
        }
        parameter.value.push(byte);
        self.state = if is_quoting { State::Quoted(quote) } else { State::Value(quote) };
        None
    }

    fn unexpected(&mut self, byte: u8, place: &str) -> Option<Event<'static>> {
        let (symbol, command) = (char::from(byte), self.name());
        let text = format!("unexpected \"{symbol}\" symbol {place} in \"{command}\" SSI command");
        self.mistake(symbol, text)
    }

    fn mistake(&mut self, symbol: char, text: String) -> Option<Event<'static>> {
        self.state = if symbol == '-' { State::WrongDash } else { State::Wrong };
        Some(Event::Mistake(text))
    }

    fn name(&self) -> String {
        String::from_utf8_lossy(&self.command).into_owned()
    }

    fn last(&self) -> String {
        let name = self.parameters.last().map_or(&b""[..], |it| &it.name);
        String::from_utf8_lossy(name).into_owned()
    }

    fn last_value(&self) -> String {
        let value = self.parameters.last().map_or(&b""[..], |it| &it.value);
        String::from_utf8_lossy(value).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of the pieces, one line for each event; text in one line.
    fn read(pieces: &[&[u8]]) -> String {
        let (mut it, mut out) = (Parser::default(), String::new());
        for mut piece in pieces.iter().copied() {
            loop {
                match it.next(&mut piece, 8) {
                    Event::Nothing => break,
                    Event::Text(text) | Event::Opening(text) => {
                        out.push_str(str::from_utf8(text).unwrap());
                    }
                    Event::Command => {
                        let parameters = it.parameters.iter();
                        let parameters: Vec<_> = parameters
                            .map(|it| [&it.name, &b"="[..], &it.value].concat())
                            .map(|it| String::from_utf8(it).unwrap())
                            .collect();
                        out += &format!("[{} {}]", it.name(), parameters.join(","));
                    }
                    Event::Mistake(text) => out += &format!("[! {text}]"),
                    Event::Broken => out += "[!]",
                }
            }
        }
        out.push_str(str::from_utf8(it.finish()).unwrap());
        out
    }

    const TEXTS: &[(&str, &str)] = &[
        ("a<b<!-<!--x<!--", "a<b<!-<!--x<!--"),
        ("<<!--#a--><!--#b c=\"d\"-->", "<[a ][b c=d]"),
        ("x<!--# \r\na\tb = 'c\"\\'d' e=\"\\\\\" -->y", "x[a b=c\"\\'d,e=\\\\]y"),
        ("<!--#a b=\"-->\" -->", "[a b=-->]"),
        ("<!--#a -x-->y", "[! unexpected \"x\" symbol in \"a\" SSI command][!]y"),
        ("<!--#a--x--->y--> z", "[! unexpected \"x\" symbol in \"a\" SSI command]"),
        (
            "<!--#a b-->c",
            "[! unexpected \"-\" symbol after \"b\" parameter in \"a\" SSI command][!]c",
        ),
        (
            "<!--#a b c-->d",
            "[! unexpected \"c\" symbol after \"b\" parameter in \"a\" SSI command][!]d",
        ),
        (
            "<!--#a b=c-->d",
            "[! unexpected \"c\" symbol before value of \"b\" parameter in \"a\" SSI command][!]d",
        ),
        (
            "<!--#a b='c'd-->e",
            "[! unexpected \"d\" symbol after \"c\" value of \"b\" parameter in \"a\" SSI command][!]e",
        ),
        ("<!--#a b='12345678'-->", "[a b=12345678]"),
        (
            "<!--#a b='123456789'-->c",
            "[! too long \"123456789...\" value of \"b\" parameter in \"a\" SSI command][!]c",
        ),
        ("<!--#a b=\"c", ""),
    ];

    #[test]
    fn commands_cut_at_every_byte() {
        for (text, want) in TEXTS {
            let text = text.as_bytes();
            // What follows three dashes is a mistake that lasts.
            for cut in 0..=text.len() {
                let found = read(&[&text[..cut], &text[cut..]]);
                assert!(found.starts_with(want), "{found} {want}");
            }
            let bytes: Vec<_> = text.chunks(1).collect();
            assert!(read(&bytes).starts_with(want));
        }
    }

    #[test]
    fn names_are_bounded() {
        let long = "n".repeat(NAME);
        assert_eq!(
            read(&[format!("<!--#{long} {long}=''-->").as_bytes()]),
            format!("[{long} {long}=]")
        );
        let text = read(&[format!("<!--#{long}n-->").as_bytes()]);
        assert_eq!(text, format!("[! the \"{long}n...\" SSI command is too long][!]"));
        let text = read(&[format!("<!--#a {long}n=''-->").as_bytes()]);
        assert_eq!(text, format!("[! too long \"{long}n...\" parameter in \"a\" SSI command][!]"));
    }

    #[test]
    fn parameters_are_bounded() {
        let mut it = Parser::default();
        let text = format!("<!--#a {}-->", "b='c' ".repeat(1000));
        assert_eq!(it.next(&mut text.as_bytes(), 8), Event::Command);
        assert_eq!(it.parameters.len(), PARAMETERS + 1);
    }
}
