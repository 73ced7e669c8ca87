//! `JSONPath` (RFC 9535) for expressions and documents that are not trusted: parsing is linear in the length of an expression
//! and bounded in its nesting, and evaluation counts its steps. The functions `match` and `search`, which need regular
//! expressions, are not supported.
//!
//! Written for this crate because parsers with backtracking take seconds for 150 bytes of parentheses, and evaluators
//! without a budget cannot be stopped.

mod eval;
mod parse;

use serde_json::Value;

pub(super) use eval::same;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JsonPath(Query);

/// `$..` or `@..`.
#[derive(Clone, Debug, PartialEq)]
struct Query {
    from_root: bool,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq)]
struct Segment {
    descendants: bool,
    selectors: Vec<Selector>,
}

#[derive(Clone, Debug, PartialEq)]
enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Test),
}

/// What a filter asks of a node.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(Value),
    /// A singular query: at most one node.
    Node(Query),
    Length(Box<Operand>),
    Count(Query),
    Value(Query),
}

impl Query {
    /// Whether it finds at most one node, by its form.
    fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.descendants
                && matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)])
        })
    }
}

#[cfg(test)]
mod tests;
