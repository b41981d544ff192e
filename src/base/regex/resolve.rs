//! Between reading and writing a pattern: names become numbers, calls become copies, and what neither
//! engine does as PCRE does is refused.

use super::ast::{Condition, GroupName, Node, Repeat};
use super::parse::{Parsed, SyntaxError};
use super::write::may_be_empty;

/// Nodes that a pattern may have once its calls are written out.
const MAX_NODES: usize = 20_000;

/// How deep they may be inside one another.
const MAX_DEPTH: u32 = 500;

/// After this no reference is by name, none is to a group that does not exist, and there are no calls.
pub fn resolve(parsed: &mut Parsed) -> Result<(), SyntaxError> {
    let mut node = std::mem::replace(&mut parsed.node, Node::Empty);
    number(&mut node, parsed)?;
    if node.any(&mut |node| matches!(node, Node::Call(_))) {
        let original = node.clone();
        let mut calls = Calls { original: &original, under_way: vec![], nodes: 0, depth: 0 };
        calls.expand(&mut node)?;
    }
    shared_numbers(&node, false, &mut vec![])?;
    refused(&node)?;
    parsed.node = node;
    Ok(())
}

/// Looks each reference up.
fn number(node: &mut Node, parsed: &Parsed) -> Result<(), SyntaxError> {
    let reference = match node {
        Node::Back(reference, _) | Node::Call(reference) => Some(reference),
        Node::If(it) => match &mut it.condition {
            Condition::Group(reference) => Some(reference),
            Condition::Look(_) => None,
        },
        _ => None,
    };
    if let Some(reference) = reference {
        let known = match &reference.group {
            GroupName::Number(number) => (*number <= parsed.groups).then_some(*number),
            GroupName::Name(name) => {
                parsed.names.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
            }
        };
        let Some(known) = known else {
            let reason = "reference to non-existent subpattern".into();
            return Err(SyntaxError { reason, at: reference.at });
        };
        reference.group = GroupName::Number(known);
    }
    node.children_mut().into_iter().try_for_each(|child| number(child, parsed))
}

/// Puts copies in place of calls.
struct Calls<'a> {
    original: &'a Node,
    /// The groups that are being copied.
    under_way: Vec<usize>,
    nodes: usize,
    depth: u32,
}

impl Calls<'_> {
    fn expand(&mut self, node: &mut Node) -> Result<(), SyntaxError> {
        self.nodes += 1;
        self.depth += 1;
        let expanded = self.expand_here(node);
        self.depth -= 1;
        expanded
    }

    fn expand_here(&mut self, node: &mut Node) -> Result<(), SyntaxError> {
        if let Node::Call(reference) = node {
            let error = |reason: &str| SyntaxError { reason: reason.into(), at: reference.at };
            if self.nodes > MAX_NODES || self.depth > MAX_DEPTH {
                return Err(error("pattern is too large"));
            }
            let number = reference.number();
            if self.under_way.contains(&number) {
                return Err(error("recursion is not supported"));
            }
            let Some(called) = find(self.original, number) else {
                return Err(error("reference to non-existent subpattern"));
            };
            let inside = groups(called);
            if called.any(&mut |node| refers(node, &inside)) {
                let reason = "a call of a group that refers to groups inside it is not supported";
                return Err(error(reason));
            }
            let mut copy = called.clone();
            copy.drop_groups(&|_| true);
            self.under_way.push(number);
            self.expand(&mut copy)?;
            self.under_way.pop();
            *node = copy;
            return Ok(());
        }
        let entered = match node {
            Node::Capture(number, _) => Some(*number),
            _ => None,
        };
        self.under_way.extend(entered);
        for child in node.children_mut() {
            self.expand(child)?;
        }
        if entered.is_some() {
            self.under_way.pop();
        }
        Ok(())
    }
}

/// The first group of that number.
fn find(node: &Node, number: usize) -> Option<&Node> {
    match node {
        Node::Capture(n, _) if *n == number => Some(node),
        _ => node.children().into_iter().find_map(|child| find(child, number)),
    }
}

/// The numbers of the groups in it.
fn groups(node: &Node) -> Vec<usize> {
    let mut numbers = vec![];
    node.any(&mut |node| {
        if let Node::Capture(number, _) = node {
            numbers.push(*number);
        }
        false
    });
    numbers
}

/// Whether the node itself depends on one of the groups.
fn refers(node: &Node, groups: &[usize]) -> bool {
    node.refers_to().is_some_and(|number| groups.contains(&number))
}

/// What is found only once the whole pattern is known.
fn refused(node: &Node) -> Result<(), SyntaxError> {
    match node {
        Node::Repeat(it) => own_groups(it)?,
        Node::If(it) => own_condition(&it.condition)?,
        Node::Look(it) if it.behind && is_unlimited(&it.node) => {
            let reason = "length of lookbehind assertion is not limited".into();
            return Err(SyntaxError { reason, at: usize::MAX });
        }
        _ => {}
    }
    node.children().into_iter().try_for_each(refused)
}

/// A condition is written twice, the second time without its captures.
fn own_condition(condition: &Condition) -> Result<(), SyntaxError> {
    let Condition::Look(look) = condition else {
        return Ok(());
    };
    let inside = groups(&look.node);
    match look.node.any(&mut |node| refers(node, &inside)) {
        false => Ok(()),
        true => {
            let reason = "a condition that refers to groups inside it is not supported".into();
            Err(SyntaxError { reason, at: usize::MAX })
        }
    }
}

fn is_unlimited(node: &Node) -> bool {
    match node {
        Node::Look(_) => false,
        Node::Repeat(it) if it.max.is_none() => true,
        _ => node.children().into_iter().any(is_unlimited),
    }
}

/// A repetition of what may be empty ends with an empty match. If the next could be another, because it
/// depends on what the one before captured, the engine and PCRE differ.
fn own_groups(it: &Repeat) -> Result<(), SyntaxError> {
    let inside = groups(&it.node);
    let is_one = it.max == Some(1) || !may_be_empty(&it.node);
    if is_one || !it.node.any(&mut |node| refers(node, &inside)) {
        return Ok(());
    }
    let reason =
        "a repetition that may be empty and refers to its own groups is not supported".into();
    Err(SyntaxError { reason, at: usize::MAX })
}

/// Groups of `(?|` that share a number are several to the engine. Which of them matched last cannot be
/// known if they are repeated.
fn shared_numbers(
    node: &Node,
    repeated: bool,
    seen: &mut Vec<(usize, bool)>,
) -> Result<(), SyntaxError> {
    if let Node::Capture(number, _) = node {
        if seen.iter().any(|(known, again)| known == number && (*again || repeated)) {
            let reason = "repeated groups that share a number are not supported".into();
            return Err(SyntaxError { reason, at: usize::MAX });
        }
        seen.push((*number, repeated));
    }
    let repeated = repeated || matches!(node, Node::Repeat(it) if it.max != Some(1));
    node.children().into_iter().try_for_each(|child| shared_numbers(child, repeated, seen))
}
