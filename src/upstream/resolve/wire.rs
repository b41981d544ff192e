//! What DNS messages are made of: the header, names, questions, records (RFC 1035, 4). Whatever a message holds, it
//! is read in a number of steps that its length bounds, and as nothing if it is not whole.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::name::Name;

/// Types of records.
pub const A: u16 = 1;
pub const CNAME: u16 = 5;
pub const SOA: u16 = 6;
pub const AAAA: u16 = 28;
pub const SRV: u16 = 33;

/// The class of the Internet.
pub const IN: u16 = 1;

/// Flags of a header.
pub const RESPONSE: u16 = 0x8000;
pub const TRUNCATED: u16 = 0x0200;
pub const RECURSION_DESIRED: u16 = 0x0100;
pub const OPCODE: u16 = 0x7800;
pub const CODE: u16 = 0x000f;

/// In octets.
const HEADER: usize = 12;
/// Pointers of one name that are followed: one before each label that it can have.
const MOST_POINTERS: usize = 128;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    pub id: u16,
    pub flags: u16,
    /// How many there are of each.
    pub questions: u16,
    pub answers: u16,
    pub authorities: u16,
    pub additional: u16,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    pub name: Name,
    pub kind: u16,
    pub class: u16,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    pub name: Name,
    /// In seconds.
    pub ttl: u32,
    pub data: Data,
}

/// What a record of the Internet says, if it is of a type that is asked for or that answers need.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Cname(Name),
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: Name,
    },
    Soa {
        /// For how many seconds it may be believed that something is not there (RFC 2308, 4).
        minimum: u32,
    },
    Other,
}

impl Header {
    pub fn write(self, out: &mut Vec<u8>) {
        let Self { id, flags, questions, answers, authorities, additional } = self;
        for word in [id, flags, questions, answers, authorities, additional] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

impl Question {
    pub fn write(&self, out: &mut Vec<u8>) {
        self.name.write(out);
        out.extend_from_slice(&self.kind.to_be_bytes());
        out.extend_from_slice(&self.class.to_be_bytes());
    }
}

/// Reads a message from its front. After a `None` it is not to be used further.
#[derive(Debug)]
pub struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self { message, at: 0 }
    }

    pub fn header(&mut self) -> Option<Header> {
        Some(Header {
            id: self.u16()?,
            flags: self.u16()?,
            questions: self.u16()?,
            answers: self.u16()?,
            authorities: self.u16()?,
            additional: self.u16()?,
        })
    }

    pub fn question(&mut self) -> Option<Question> {
        Some(Question { name: self.name()?, kind: self.u16()?, class: self.u16()? })
    }

    pub fn records(&mut self, count: u16) -> Option<Vec<Record>> {
        (0..count).map(|_| self.record()).collect()
    }

    fn record(&mut self) -> Option<Record> {
        let (name, kind, class, ttl) = (self.name()?, self.u16()?, self.u16()?, self.u32()?);
        let len = self.u16()?;
        let mut data = Self { at: self.at, message: self.message };
        self.take(len.into())?;
        data.message = &self.message[..self.at];
        let data = match class {
            IN => data.data(kind)?,
            _ => Data::Other,
        };
        Some(Record { name, ttl, data })
    }

    /// The data of a record, which is all that is left.
    fn data(&mut self, kind: u16) -> Option<Data> {
        let data = match kind {
            A => Data::A(self.array::<4>()?.into()),
            AAAA => Data::Aaaa(self.array::<16>()?.into()),
            CNAME => Data::Cname(self.name()?),
            SRV => Data::Srv {
                priority: self.u16()?,
                weight: self.u16()?,
                port: self.u16()?,
                target: self.name()?,
            },
            SOA => {
                // The server and the mailbox; serial, refresh, retry, expire.
                self.name()?;
                self.name()?;
                self.take(16)?;
                Data::Soa { minimum: self.u32()? }
            }
            _ => return Some(Data::Other),
        };
        (self.at == self.message.len()).then_some(data)
    }

    /// A name, whose end may be a pointer to an earlier place where it stands (RFC 1035, 4.1.4). A pointer that does
    /// not lead to before the labels that it ends is refused, and so none leads in a circle.
    fn name(&mut self) -> Option<Name> {
        let mut name = Name::default();
        let mut behind = None;
        let (mut start, mut pointers) = (self.at, 0);
        loop {
            let len = self.u8()?;
            match len >> 6 {
                0b00 if len == 0 => break,
                0b00 => name.push(self.take(len.into())?)?,
                0b11 => {
                    let to = usize::from(u16::from_be_bytes([len & 0x3f, self.u8()?]));
                    behind.get_or_insert(self.at);
                    pointers += 1;
                    if !(HEADER..start).contains(&to) || pointers > MOST_POINTERS {
                        return None;
                    }
                    (self.at, start) = (to, to);
                }
                _ => return None,
            }
        }
        self.at = behind.unwrap_or(self.at);
        Some(name)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.message.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(message: &[u8], at: usize) -> Option<(Name, usize)> {
        let mut reader = Reader { message, at };
        Some((reader.name()?, reader.at))
    }

    #[test]
    fn names_may_end_in_a_pointer() {
        let message = [&[0; HEADER][..], b"\x01a\x02bc\0\x01D\xc0\x0e\xc0\x12\0"].concat();
        let of = |text| Name::of(text).unwrap();
        assert_eq!(name(&message, 12), Some((of("a.bc"), 18)));
        assert_eq!(name(&message, 18), Some((of("d.bc"), 22)));
        assert_eq!(name(&message, 22), Some((of("d.bc"), 24)), "of a pointer");
        assert_eq!(name(&message, 24), Some((Name::default(), 25)), "the root");
    }

    #[test]
    fn pointers_lead_back_and_labels_have_a_length() {
        let refused: [&[u8]; 9] = [
            b"\xc0\x0c",         // itself
            b"\x01a\xc0\x0c",    // the labels it ends
            b"\xc0\x0e\0",       // forward
            b"\xc0\x0e\xc0\x0c", // each other
            b"\xc0\x00",         // the header
            b"\xc0",             // half of one
            b"\x41a\0",          // a type of label that there is not
            b"\x80\0",           // another
            b"\x02a",            // cut short
        ];
        for bytes in refused {
            assert_eq!(name(&[&[0; HEADER], bytes].concat(), HEADER), None, "{bytes:?}");
        }
        // Pointer behind pointer: as many as there can be labels.
        let mut message = vec![0; HEADER + 1];
        for at in 0..200_u16 {
            let to = if at == 0 { 12 } else { 13 + 2 * (at - 1) };
            message.extend_from_slice(&(0xc000 | to).to_be_bytes());
        }
        let reached = (0..200).take_while(|at| name(&message, 13 + 2 * at).is_some()).count();
        assert_eq!(reached, MOST_POINTERS);
    }

    #[test]
    fn what_pointers_come_to_is_bounded() {
        let label = [&[63][..], &[b'a'; 63]].concat();
        let message = [&[0; HEADER][..], &label, &label, &label, &label[..61], b"\0"].concat();
        assert_eq!(name(&message, HEADER), None, "the last label says 63 and is 60");
        let mut fits =
            [&[0; HEADER][..], &label, &label, &label, &[61], &[b'b'; 61], b"\0"].concat();
        let (longest, end) = name(&fits, HEADER).unwrap();
        assert_eq!((longest.text().unwrap().len(), end), (253, HEADER + 255));
        fits.extend_from_slice(b"\x01a\xc0\x0c");
        assert_eq!(name(&fits, end), None, "a label more");
    }

    fn record(kind: u16, data: &[u8]) -> Option<Data> {
        let mut message = [&[0; HEADER][..], b"\x01a\0"].concat();
        for word in [kind, IN, 0, 60, data.len() as u16] {
            message.extend_from_slice(&word.to_be_bytes());
        }
        message.extend_from_slice(data);
        let whole = Reader { message: &message, at: HEADER }.record();
        for cut in HEADER..message.len() {
            assert_eq!(Reader { message: &message[..cut], at: HEADER }.record(), None);
        }
        whole.map(|record| {
            assert_eq!((record.name.text().as_deref(), record.ttl), (Some("a"), 60));
            record.data
        })
    }

    #[test]
    fn the_data_of_a_record_is_as_long_as_its_length() {
        assert_eq!(record(A, &[1, 2, 3, 4]), Some(Data::A([1, 2, 3, 4].into())));
        assert_eq!(record(AAAA, &[1; 16]), Some(Data::Aaaa([1; 16].into())));
        assert_eq!(record(CNAME, b"\xc0\x0c"), Some(Data::Cname(Name::of("a").unwrap())));
        let target = Name::of("b.a").unwrap();
        let srv = Data::Srv { priority: 1, weight: 2, port: 3, target };
        assert_eq!(record(SRV, b"\0\x01\0\x02\0\x03\x01b\xc0\x0c"), Some(srv));
        let soa = [b"\0\0".as_slice(), &[9; 16], &[0, 0, 0, 7]].concat();
        assert_eq!(record(SOA, &soa), Some(Data::Soa { minimum: 7 }));
        assert_eq!(record(16, b"text"), Some(Data::Other));
        let wrong: [(u16, &[u8]); 6] = [
            (A, &[1, 2, 3]),
            (A, &[1, 2, 3, 4, 5]),
            (AAAA, &[1; 4]),
            (CNAME, b"\xc0\x0c\0"),
            (SRV, b"\0\x01\0\x02\0\x03"),
            (SOA, &soa[..21]),
        ];
        for (kind, data) in wrong {
            assert_eq!(record(kind, data), None, "{kind} {data:?}");
        }
    }
}
