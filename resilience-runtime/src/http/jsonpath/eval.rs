use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::super::budget::{Budget, Exhausted};
use super::{Comparison, JsonPath, Operand, Query, Segment, Selector, Test};

impl JsonPath {
    /// The nodes that it selects, in the order of RFC 9535.
    ///
    /// # Errors
    /// If the budget is used up.
    pub(in super::super) fn query<'a>(
        &'a self,
        body: &'a Value,
        budget: &mut Budget,
    ) -> Result<Vec<&'a Value>, Exhausted> {
        Evaluation { root: body, budget }.query(&self.0, body)
    }
}

struct Evaluation<'a, 'b> {
    root: &'a Value,
    budget: &'b mut Budget,
}

/// What an operand stands for.
enum Found<'a> {
    Nothing,
    Node(&'a Value),
    Made(Value),
}

impl Found<'_> {
    const fn value(&self) -> Option<&Value> {
        match self {
            Found::Nothing => None,
            Found::Node(value) => Some(value),
            Found::Made(value) => Some(value),
        }
    }
}

impl<'a> Evaluation<'a, '_> {
    fn query(&mut self, query: &'a Query, current: &'a Value) -> Result<Vec<&'a Value>, Exhausted> {
        let mut nodes = vec![if query.from_root { self.root } else { current }];
        for segment in &query.segments {
            let mut found = Vec::new();
            for node in nodes {
                self.segment(segment, node, &mut found)?;
            }
            nodes = found;
        }
        Ok(nodes)
    }

    fn segment(
        &mut self,
        segment: &'a Segment,
        node: &'a Value,
        found: &mut Vec<&'a Value>,
    ) -> Result<(), Exhausted> {
        // In place of recursion: depth times nesting would be too much for a stack.
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            for selector in &segment.selectors {
                self.budget.spend(1)?;
                self.select(selector, node, found)?;
            }
            if segment.descendants {
                match node {
                    Value::Array(items) => pending.extend(items.iter().rev()),
                    Value::Object(members) => pending.extend(members.values().rev()),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn select(
        &mut self,
        selector: &'a Selector,
        node: &'a Value,
        found: &mut Vec<&'a Value>,
    ) -> Result<(), Exhausted> {
        match (selector, node) {
            (Selector::Name(name), Value::Object(members)) => found.extend(members.get(name)),
            (Selector::Index(index), Value::Array(items)) => {
                let index = if *index < 0 { *index + length(items) } else { *index };
                found.extend(usize::try_from(index).ok().and_then(|index| items.get(index)));
            }
            (Selector::Slice { start, end, step }, Value::Array(items)) => {
                self.slice(items, (*start, *end, *step), found)?;
            }
            (Selector::Wildcard, Value::Array(items)) => {
                self.budget.spend(items.len() as u64)?;
                found.extend(items);
            }
            (Selector::Wildcard, Value::Object(members)) => {
                self.budget.spend(members.len() as u64)?;
                found.extend(members.values());
            }
            (Selector::Filter(test), Value::Array(items)) => {
                for item in items {
                    if self.test(test, item)? {
                        found.push(item);
                    }
                }
            }
            (Selector::Filter(test), Value::Object(members)) => {
                for member in members.values() {
                    if self.test(test, member)? {
                        found.push(member);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// RFC 9535, 2.3.4.2.2.
    fn slice(
        &mut self,
        items: &'a [Value],
        (start, end, step): (Option<i64>, Option<i64>, i64),
        found: &mut Vec<&'a Value>,
    ) -> Result<(), Exhausted> {
        let length = length(items);
        let from_end = |index: i64| if index < 0 { index + length } else { index };
        let (mut at, last) = if step > 0 {
            (from_end(start.unwrap_or(0)).clamp(0, length), from_end(end.unwrap_or(length)).clamp(0, length))
        } else {
            let start = start.map_or(length - 1, from_end).clamp(-1, length - 1);
            (start, end.map_or(-1, from_end).clamp(-1, length - 1))
        };
        while (step > 0 && at < last) || (step < 0 && at > last) {
            self.budget.spend(1)?;
            found.extend(usize::try_from(at).ok().and_then(|at| items.get(at)));
            at += step;
        }
        Ok(())
    }

    fn test(&mut self, test: &'a Test, current: &'a Value) -> Result<bool, Exhausted> {
        self.budget.spend(1)?;
        match test {
            Test::Any(several) => {
                for test in several {
                    if self.test(test, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::All(several) => {
                for test in several {
                    if !self.test(test, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => self.test(test, current).map(|holds| !holds),
            Test::Exists(query) => self.query(query, current).map(|nodes| !nodes.is_empty()),
            Test::Compare(left, comparison, right) => {
                let (left, right) = (self.operand(left, current)?, self.operand(right, current)?);
                self.compare(left.value(), *comparison, right.value())
            }
        }
    }

    fn compare(
        &mut self,
        left: Option<&Value>,
        comparison: Comparison,
        right: Option<&Value>,
    ) -> Result<bool, Exhausted> {
        let mut equal = || match (left, right) {
            (Some(left), Some(right)) => same(left, right, self.budget),
            (None, None) => Ok(true),
            _ => Ok(false),
        };
        Ok(match comparison {
            Comparison::Equal => equal()?,
            Comparison::NotEqual => !equal()?,
            Comparison::Less => self.order(left, right)? == Some(Ordering::Less),
            Comparison::Greater => self.order(left, right)? == Some(Ordering::Greater),
            Comparison::LessOrEqual => equal()? || self.order(left, right)? == Some(Ordering::Less),
            Comparison::GreaterOrEqual => equal()? || self.order(left, right)? == Some(Ordering::Greater),
        })
    }

    /// Only numbers and strings have an order.
    fn order(&mut self, left: Option<&Value>, right: Option<&Value>) -> Result<Option<Ordering>, Exhausted> {
        Ok(match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => number_order(left, right),
            (Some(Value::String(left)), Some(Value::String(right))) => {
                self.budget.spend(of_text(left.len().min(right.len())))?;
                Some(left.cmp(right))
            }
            _ => None,
        })
    }

    fn operand(&mut self, operand: &'a Operand, current: &'a Value) -> Result<Found<'a>, Exhausted> {
        self.budget.spend(1)?;
        Ok(match operand {
            Operand::Literal(value) => Found::Node(value),
            Operand::Node(query) => self.query(query, current)?.pop().map_or(Found::Nothing, Found::Node),
            Operand::Count(query) => Found::Made(self.query(query, current)?.len().into()),
            Operand::Value(query) => match self.query(query, current)?.as_slice() {
                [one] => Found::Node(one),
                _ => Found::Nothing,
            },
            Operand::Length(operand) => {
                let found = self.operand(operand, current)?;
                let length = match found.value() {
                    Some(Value::String(text)) => {
                        self.budget.spend(of_text(text.len()))?;
                        Some(text.chars().count())
                    }
                    Some(Value::Array(items)) => Some(items.len()),
                    Some(Value::Object(members)) => Some(members.len()),
                    _ => None,
                };
                length.map_or(Found::Nothing, |length| Found::Made(length.into()))
            }
        })
    }
}

fn length(items: &[Value]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// Text is looked at in larger pieces than nodes are.
const fn of_text(bytes: usize) -> u64 {
    bytes as u64 / 64
}

/// Whether two values are the same: numbers by what they count, so that `1` is `1.0`, and objects in any order.
///
/// # Errors
/// If the budget is used up.
pub(in super::super) fn same(one: &Value, other: &Value, budget: &mut Budget) -> Result<bool, Exhausted> {
    budget.spend(1)?;
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Ok(number_order(one, other) == Some(Ordering::Equal)),
        (Value::String(one), Value::String(other)) if one.len() == other.len() => {
            budget.spend(of_text(one.len()))?;
            Ok(one == other)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (one, other) in one.iter().zip(other) {
                if !same(one, other, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            for (key, one) in one {
                budget.spend(of_text(key.len()))?;
                match other.get(key) {
                    Some(other) if same(one, other, budget)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
        _ => Ok(false),
    }
}

fn number_order(one: &Number, other: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}
