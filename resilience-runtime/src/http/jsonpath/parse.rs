use serde_json::{Number, Value};

use super::{Comparison, JsonPath, Operand, Query, Segment, Selector, Test};

/// Longer than any expression that a person writes.
const MAX_LENGTH: usize = 1024;

/// Filters, parentheses and functions inside one another. Each level takes a few frames of the stack, in parsing and in
/// evaluation.
const MAX_NESTING: usize = 16;

/// Indices and slices are exact as floating-point numbers (RFC 9535, 2.1).
const MAX_INTEGER: i64 = (1 << 53) - 1;

impl JsonPath {
    /// Parses an expression, in time linear in its length.
    ///
    /// # Errors
    /// With what was expected, and at which byte.
    pub(in super::super) fn parse(source: &str) -> Result<Self, String> {
        if source.len() > MAX_LENGTH {
            return Err(format!("expected at most {MAX_LENGTH} bytes, found {}", source.len()));
        }
        let mut parser = Parser { source, at: 0, nesting: 0 };
        let query = match parser.peek() {
            Some(b'$') => parser.query()?,
            _ => return Err(parser.expected("`$`")),
        };
        if parser.at < source.len() {
            return Err(parser.expected("`.`, `[` or the end"));
        }
        Ok(Self(query))
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    nesting: usize,
}

type Parsed<T> = Result<T, String>;

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn expects(&mut self, text: &str) -> Parsed<()> {
        if self.takes(text) { Ok(()) } else { Err(self.expected(&format!("`{text}`"))) }
    }

    fn rest(&self) -> &str {
        // Positions are always behind whole characters.
        self.source.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, what: &str) -> String {
        match self.rest().chars().next() {
            Some(found) => format!("expected {what} at byte {}, found `{found}`", self.at),
            None => format!("expected {what} at byte {}, found the end", self.at),
        }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting == MAX_NESTING {
            return Err(format!(
                "expected at most {MAX_NESTING} levels of nesting, found more at byte {}",
                self.at
            ));
        }
        self.nesting += 1;
        let parsed = inside(self);
        self.nesting -= 1;
        parsed
    }

    /// From its `$` or `@` on.
    fn query(&mut self) -> Parsed<Query> {
        let from_root = self.peek() == Some(b'$');
        self.at += 1;
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.blank();
            if self.takes("..") {
                let selectors =
                    if self.peek() == Some(b'[') { self.brackets()? } else { vec![self.short()?] };
                segments.push(Segment { descendants: true, selectors });
            } else if self.takes(".") {
                segments.push(Segment { descendants: false, selectors: vec![self.short()?] });
            } else if self.peek() == Some(b'[') {
                segments.push(Segment { descendants: false, selectors: self.brackets()? });
            } else {
                // Blanks belong to what follows.
                self.at = before;
                return Ok(Query { from_root, segments });
            }
        }
    }

    /// After a `.`.
    fn short(&mut self) -> Parsed<Selector> {
        if self.takes("*") {
            return Ok(Selector::Wildcard);
        }
        let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii();
        let name: String = self.rest().chars().take_while(|c| is_name(*c)).collect();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected("a name or `*`"));
        }
        self.at += name.len();
        Ok(Selector::Name(name))
    }

    fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        self.expects("[")?;
        let mut selectors = Vec::new();
        loop {
            self.blank();
            selectors.push(self.selector()?);
            self.blank();
            if self.takes("]") {
                return Ok(selectors);
            }
            if !self.takes(",") {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some(b'\'' | b'"') => self.string().map(Selector::Name),
            Some(b'*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some(b'?') => {
                self.at += 1;
                self.blank();
                self.nested(Self::any).map(Selector::Filter)
            }
            Some(b'-' | b':' | b'0'..=b'9') => self.index_or_slice(),
            _ => Err(self.expected("a quoted name, an index, a slice, `*` or `?`")),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.optional_integer()?;
        let before = self.at;
        self.blank();
        if !self.takes(":") {
            self.at = before;
            return start.map(Selector::Index).ok_or_else(|| self.expected("an index"));
        }
        self.blank();
        let end = self.optional_integer()?;
        let before = self.at;
        self.blank();
        let mut step = None;
        if self.takes(":") {
            let before = self.at;
            self.blank();
            step = self.optional_integer()?;
            if step.is_none() {
                self.at = before;
            }
        } else {
            self.at = before;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    fn optional_integer(&mut self) -> Parsed<Option<i64>> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Ok(None);
        }
        let at = self.at;
        let text = self.integer_text()?;
        let number = text.parse::<i64>().ok().filter(|n| (-MAX_INTEGER..=MAX_INTEGER).contains(n));
        match number {
            Some(number) if text != "-0" => Ok(Some(number)),
            _ => Err(format!(
                "expected an integer between -(2^53 - 1) and 2^53 - 1 at byte {at}, found `{text}`"
            )),
        }
    }

    /// `-`, and digits without leading zeros.
    fn integer_text(&mut self) -> Parsed<String> {
        let start = self.at;
        let _ = self.takes("-");
        let digits = self.at;
        self.digits()?;
        if self.at - digits > 1 && self.source.as_bytes().get(digits) == Some(&b'0') {
            self.at = digits;
            return Err(self.expected("a number without leading zeros"));
        }
        Ok(self.source.get(start..self.at).unwrap_or_default().to_owned())
    }

    fn digits(&mut self) -> Parsed<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        self.integer_text()?;
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        text.parse::<Number>()
            .map(Value::Number)
            .map_err(|_| format!("expected a number that fits 64 bits at byte {start}, found `{text}`"))
    }

    /// Quoted in either way.
    fn string(&mut self) -> Parsed<String> {
        let quote = if self.takes("'") { '\'' } else { self.expects("\"").map(|()| '"')? };
        let mut text = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.expected(&format!("`{quote}`")));
            };
            match c {
                '\\' => {
                    self.at += 1;
                    text.push(self.escaped(quote)?);
                }
                c if c == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                c if c < ' ' => {
                    return Err(format!("expected an escape for the control character at byte {}", self.at));
                }
                c => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
    }

    fn escaped(&mut self, quote: char) -> Parsed<char> {
        let Some(c) = self.rest().chars().next() else { return Err(self.expected("an escape")) };
        let found = match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '/' | '\\' => c,
            c if c == quote => c,
            'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        Ok(found)
    }

    /// After `\u`; one outside the basic plane is a pair.
    fn unicode(&mut self) -> Parsed<char> {
        let at = self.at;
        let first = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            self.expects("\\u")?;
            let second = self.four_digits()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(format!("expected a pair of surrogates at byte {at}"));
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| format!("expected a pair of surrogates at byte {at}"))
    }

    fn four_digits(&mut self) -> Parsed<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.expected("four hexadecimal digits")),
        }
    }

    fn any(&mut self) -> Parsed<Test> {
        let several = self.separated("||", Self::all)?;
        Ok(one_or(several, Test::Any))
    }

    fn all(&mut self) -> Parsed<Test> {
        let several = self.separated("&&", Self::test)?;
        Ok(one_or(several, Test::All))
    }

    fn separated(&mut self, by: &str, part: impl Fn(&mut Self) -> Parsed<Test>) -> Parsed<Vec<Test>> {
        let mut several = vec![part(self)?];
        loop {
            let before = self.at;
            self.blank();
            if !self.takes(by) {
                self.at = before;
                return Ok(several);
            }
            self.blank();
            several.push(part(self)?);
        }
    }

    fn test(&mut self) -> Parsed<Test> {
        let negated = self.takes("!");
        if negated {
            self.blank();
        }
        let test = if self.takes("(") {
            self.blank();
            let test = self.nested(Self::any)?;
            self.blank();
            self.expects(")")?;
            test
        } else if negated {
            match self.peek() {
                Some(b'$' | b'@') => Test::Exists(self.query()?),
                _ => return Err(self.expected("`(`, `@` or `$`")),
            }
        } else {
            self.comparison_or_query()?
        };
        Ok(if negated { Test::Not(Box::new(test)) } else { test })
    }

    fn comparison_or_query(&mut self) -> Parsed<Test> {
        let start = self.at;
        let left = self.operand()?;
        let before = self.at;
        self.blank();
        let Some(comparison) = self.comparison() else {
            self.at = before;
            return match left {
                Operand::Node(query) => Ok(Test::Exists(query)),
                _ => Err(self.expected("a comparison")),
            };
        };
        self.blank();
        let middle = self.at;
        let right = self.operand()?;
        for (operand, at) in [(&left, start), (&right, middle)] {
            if matches!(operand, Operand::Node(query) if !query.is_singular()) {
                return Err(format!("expected a query for a single node to compare with, at byte {at}"));
            }
        }
        Ok(Test::Compare(left, comparison, right))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let all = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        all.into_iter().find(|(text, _)| self.takes(text)).map(|(_, comparison)| comparison)
    }

    /// A literal, a query of any kind, or a function of a value.
    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            Some(b'$' | b'@') => self.query().map(Operand::Node),
            Some(b'\'' | b'"') => self.string().map(Value::String).map(Operand::Literal),
            Some(b'-' | b'0'..=b'9') => self.number().map(Operand::Literal),
            Some(b'a'..=b'z') => self.word(),
            _ => Err(self.expected("a literal, a query or a function")),
        }
    }

    fn word(&mut self) -> Parsed<Operand> {
        let at = self.at;
        let is_word = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
        let word: String = self.rest().chars().take_while(|c| is_word(*c)).collect();
        self.at += word.len();
        if self.takes("(") {
            self.blank();
            let call = self.nested(|parser| parser.call(&word, at))?;
            self.blank();
            self.expects(")")?;
            return Ok(call);
        }
        match word.as_str() {
            "true" => Ok(Operand::Literal(Value::Bool(true))),
            "false" => Ok(Operand::Literal(Value::Bool(false))),
            "null" => Ok(Operand::Literal(Value::Null)),
            _ => Err(format!("expected `true`, `false`, `null` or a function at byte {at}, found `{word}`")),
        }
    }

    fn call(&mut self, function: &str, at: usize) -> Parsed<Operand> {
        match function {
            "length" => {
                let start = self.at;
                match self.operand()? {
                    Operand::Node(query) if !query.is_singular() => Err(format!(
                        "expected a query for a single node at byte {start}, as `length` takes a value"
                    )),
                    operand => Ok(Operand::Length(Box::new(operand))),
                }
            }
            "count" | "value" => match self.peek() {
                Some(b'$' | b'@') if function == "count" => self.query().map(Operand::Count),
                Some(b'$' | b'@') => self.query().map(Operand::Value),
                _ => Err(self.expected("a query")),
            },
            "match" | "search" => Err(format!(
                "`{function}` at byte {at} is not supported: there are no regular expressions here"
            )),
            _ => Err(format!("expected `length`, `count` or `value` at byte {at}, found `{function}`")),
        }
    }
}

fn one_or(mut several: Vec<Test>, all: impl FnOnce(Vec<Test>) -> Test) -> Test {
    match several.pop() {
        Some(one) if several.is_empty() => one,
        Some(last) => {
            several.push(last);
            all(several)
        }
        None => all(several),
    }
}
