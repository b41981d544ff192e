//! rustls' unbuffered machine, run until it needs more input: the same for either side of a connection.

use rustls::Error;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, ReadEarlyData, UnbufferedStatus,
    WriteTraffic,
};

/// Either of rustls' connections.
pub(super) trait Machine {
    type Data;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;
    /// Records are made that were not encoded yet.
    fn has_queued(&self) -> bool;
    /// Plaintext that came before the end of the handshake; returns the length of what is not needed again.
    fn early(data: ReadEarlyData<'_, '_, Self::Data>, plain: &mut impl FnMut(&[u8])) -> usize;
}

impl Machine for UnbufferedServerConnection {
    type Data = ServerConnectionData;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
    fn has_queued(&self) -> bool {
        self.wants_write()
    }
    fn early(mut data: ReadEarlyData<'_, '_, Self::Data>, plain: &mut impl FnMut(&[u8])) -> usize {
        let mut discard = 0;
        while let Some(Ok(record)) = data.next_record() {
            discard += record.discard;
            plain(record.payload);
        }
        discard
    }
}

impl Machine for UnbufferedClientConnection {
    type Data = ClientConnectionData;
    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
    fn has_queued(&self) -> bool {
        self.wants_write()
    }
    fn early(_: ReadEarlyData<'_, '_, Self::Data>, _: &mut impl FnMut(&[u8])) -> usize {
        // Servers send none.
        0
    }
}

/// What a piece of input came to.
pub(super) struct Driven {
    /// Bytes at the front of the input that are not needed again.
    pub used: usize,
    /// The peer said that it sends no more (close_notify).
    pub closed: bool,
    pub failed: Option<Error>,
}

/// Feeds `input` to the machine: each piece of plaintext goes to `plain`, what is to be sent is appended to `out`.
pub(super) fn drive<M: Machine>(
    machine: &mut M,
    input: &mut [u8],
    plain: &mut impl FnMut(&[u8]),
    out: &mut Vec<u8>,
) -> Driven {
    let (mut used, mut closed) = (0, false);
    loop {
        let UnbufferedStatus { mut discard, state } = machine.process(&mut input[used..]);
        let state = match state {
            Ok(state) => state,
            Err(e) => {
                used += discard;
                alert(machine, out);
                return Driven { used, closed, failed: Some(e) };
            }
        };
        let mut failed = None;
        let goes_on = match state {
            ConnectionState::ReadTraffic(mut records) => {
                while let Some(record) = records.next_record() {
                    match record {
                        Ok(record) => {
                            discard += record.discard;
                            plain(record.payload);
                        }
                        Err(e) => failed = Some(e),
                    }
                }
                true
            }
            ConnectionState::EncodeTlsData(mut data) => {
                append(out, |to| encode(&mut data, to));
                true
            }
            ConnectionState::TransmitTlsData(data) => {
                data.done();
                true
            }
            ConnectionState::PeerClosed => {
                closed = true;
                true
            }
            ConnectionState::ReadEarlyData(data) => {
                discard += M::early(data, plain);
                true
            }
            _ => false,
        };
        used += discard;
        if !goes_on || failed.is_some() {
            return Driven { used, closed, failed };
        }
    }
}

/// What the machine wants the peer to know of its own failure. It is asked for nothing else: to read on after a failure
/// is more than it can bear.
fn alert<M: Machine>(machine: &mut M, out: &mut Vec<u8>) {
    while machine.has_queued() {
        let Ok(ConnectionState::EncodeTlsData(mut data)) = machine.process(&mut []).state else {
            return;
        };
        append(out, |to| encode(&mut data, to));
    }
}

fn encode<D>(data: &mut EncodeTlsData<'_, D>, to: &mut [u8]) -> Result<usize, usize> {
    match data.encode(to) {
        Ok(n) => Ok(n),
        Err(EncodeError::InsufficientSize(e)) => Err(e.required_size),
        Err(EncodeError::AlreadyEncoded) => Ok(0),
    }
}

/// Appends what `encode` writes; it says how much that is, or how much room it needs.
fn append(out: &mut Vec<u8>, mut encode: impl FnMut(&mut [u8]) -> Result<usize, usize>) {
    let start = out.len();
    let mut room = 512;
    for _ in 0..2 {
        out.resize(start + room, 0);
        match encode(&mut out[start..]) {
            Ok(n) => return out.truncate(start + n),
            Err(required) => room = required,
        }
    }
    out.truncate(start);
}

/// Makes records of `plain` at the front of `out`, which has room for them. Returns their length; none: the
/// connection cannot be written to. `pending` is input that is not complete.
pub(super) fn encrypt<M: Machine>(
    machine: &mut M,
    pending: &mut Vec<u8>,
    plain: &[u8],
    out: &mut [u8],
) -> Option<usize> {
    write(machine, pending, out, |traffic, out| traffic.encrypt(plain, out))
}

/// As `encrypt`, close_notify.
pub(super) fn close_notify<M: Machine>(
    machine: &mut M,
    pending: &mut Vec<u8>,
    out: &mut [u8],
) -> Option<usize> {
    write(machine, pending, out, |traffic, out| traffic.queue_close_notify(out))
}

fn write<M: Machine>(
    machine: &mut M,
    pending: &mut Vec<u8>,
    out: &mut [u8],
    put: impl Fn(&mut WriteTraffic<'_, M::Data>, &mut [u8]) -> Result<usize, EncryptError>,
) -> Option<usize> {
    let mut at = 0;
    loop {
        let UnbufferedStatus { discard, state } = machine.process(pending);
        match state.ok()? {
            ConnectionState::WriteTraffic(mut traffic) => {
                return put(&mut traffic, &mut out[at..]).ok().map(|n| at + n);
            }
            // A key update of ours, or the answer to the peer's, comes first.
            ConnectionState::EncodeTlsData(mut data) => at += data.encode(&mut out[at..]).ok()?,
            ConnectionState::TransmitTlsData(data) => data.done(),
            ConnectionState::PeerClosed => {}
            _ => return None,
        }
        pending.drain(..discard);
    }
}
