//! The block `split_clients`: shares of all hashes to values.

use super::super::builder::Builder;
use super::blocks::{bare, variable_name};
use super::lines::each;
use crate::conf::directive::text;
use crate::conf::error::{Error, Wrong};
use crate::conf::tree::{Block, Node};
use crate::http::settings::split_clients::{Share, SplitClients};

/// A hundredth of a percent is the unit of shares.
const ALL: u64 = 10_000;

pub(super) fn split_clients_block(
    builder: &mut Builder,
    node: &Node,
    block: &Block,
) -> Result<(), Error> {
    let fail = |wrong: Wrong| wrong.at("split_clients", &node.at);
    let key = builder.template(&node.words[1]).map_err(fail)?;
    let name = variable_name(&node.words[2]).map_err(fail)?;
    let slot = builder.names.define(&name).map_err(fail)?;
    let name = name.to_ascii_lowercase().into_bytes().into();
    let mut it = SplitClients { name, slot, key, shares: vec![] };
    let (mut sum, mut below) = (0, 0);
    each(&block.items, |node| {
        bare(node)?;
        let fail = |message: String| Error::new(message, &node.at);
        let [percent, value] = node.words.as_slice() else {
            return Err(fail("invalid number of the split_clients parameters".to_owned()));
        };
        let share = match &**percent {
            b"*" => None,
            word => {
                let invalid = || fail(format!("invalid percent value \"{}\"", text(word)));
                let share = hundredths(word).filter(|&share| share > 0).ok_or_else(invalid)?;
                // However much more it is than all, it is more than all.
                Some(share.min(ALL + 1))
            }
        };
        sum = match share {
            Some(share) => sum + share,
            None => sum.max(ALL),
        };
        below += share.map_or(0, |share| share * u64::from(u32::MAX) / ALL);
        let below = share.map(|_| u32::try_from(below).unwrap_or(u32::MAX));
        it.shares.push(Share { below, value: value.clone() });
        Ok(())
    })?;
    let end = block.end.as_ref().unwrap_or(&node.at);
    if sum > ALL {
        return Err(Error::new("percent total is greater than 100%", end));
    }
    builder.splits.push(it);
    Ok(())
}

/// `12.5%` in hundredths of a percent; no more than two digits behind the point.
fn hundredths(word: &[u8]) -> Option<u64> {
    let number = std::str::from_utf8(word.strip_suffix(b"%")?).ok()?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if number.is_empty() || part.len() > 2 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let digits = format!("{whole}{part:0<2}");
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::hundredths;

    #[test]
    fn percents() {
        for (word, share) in
            [("100%", 10_000), ("0.5%", 50), ("2.%", 200), (".25%", 25), ("0.01%", 1), ("0%", 0)]
        {
            assert_eq!(hundredths(word.as_bytes()), Some(share), "{word}");
        }
        for word in ["", "%", "1", "1.234%", "1.2.3%", "-1%", "+1%", "99999999999999999999%"] {
            assert_eq!(hundredths(word.as_bytes()), None, "{word}");
        }
    }
}
