//! An input as reads might bring it.

use peerage::base::rng::Rng;

/// Some ways to cut an input into pieces, empty ones left out: byte by byte if it is short, and at places that the
/// input itself decides, so that it is cut alike whenever it is run.
pub fn cuts(input: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut rng = Rng::new(crc32fast::hash(input).into());
    let two = input.split_at(rng.below(input.len() as u64 + 1) as usize);
    let mut all = vec![vec![two.0, two.1], at_random(input, &mut rng)];
    if input.len() <= 256 {
        all.push(input.chunks(1).collect());
    }
    all
}

fn at_random<'a>(mut rest: &'a [u8], rng: &mut Rng) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let most = if rng.one_in(3) { 64 } else { 4 };
        let (piece, behind) = rest.split_at(rest.len().min(1 + rng.below(most) as usize));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
