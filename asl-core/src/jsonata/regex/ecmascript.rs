//! ECMAScript's patterns in the syntax of `fancy-regex`.
//!
//! <https://tc39.es/ecma262/#sec-patterns>, without the `u` flag and with Annex B: a brace or bracket that closes
//! nothing stands for itself.

use std::collections::BTreeMap;

use super::{Flags, Reading};

const DIGIT: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
const BLANK: &str = r"\t\n\x0B\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const NOTHING_TO_REPEAT: &str = "nothing to repeat";
const LINE_END: &str = r"\n\r\x{2028}\x{2029}";

/// The deepest that groups may nest, as the engine's own parser recurses.
const MAX_NESTING: usize = 100;

/// From this count on, a repetition is as good as one without end.
const MANY: u32 = 16;

/// A pattern for the engine.
pub(super) struct Rewritten {
    pub(super) pattern: String,
    pub(super) reading: Reading,
}

/// `pattern` rewritten, or why it is not a pattern.
pub(super) fn rewrite(pattern: &str, flags: Flags) -> Result<Rewritten, String> {
    let groups = Groups::of(pattern)?;
    let mut rewriter = Rewriter {
        rest: pattern,
        out: String::new(),
        groups,
        nesting: 0,
        flags,
        looking_from: None,
        is_simple: true,
        repeats_often: false,
        looks_far: vec![false],
        end_of_far: None,
        reading: Reading::Once,
    };
    rewriter.pattern()?;
    let reading = match rewriter.reading {
        Reading::Once if rewriter.repeats_often && !rewriter.is_simple => Reading::Again,
        reading => reading,
    };
    Ok(Rewritten { pattern: rewriter.out, reading })
}

struct Rewriter<'a> {
    rest: &'a str,
    out: String,
    groups: Groups<'a>,
    nesting: usize,
    flags: Flags,
    /// How deep the outermost look around is, while in one.
    looking_from: Option<usize>,
    /// Whether there is nothing that needs backtracking.
    is_simple: bool,
    repeats_often: bool,
    /// For each open group: whether a look around in it may read all of the text.
    looks_far: Vec<bool>,
    /// Where the last such group ends in `out`.
    end_of_far: Option<usize>,
    reading: Reading,
}

impl Rewriter<'_> {
    fn pattern(&mut self) -> Result<(), String> {
        let mut is_repeatable = false;
        while let Some(next) = self.bump() {
            is_repeatable = match next {
                '|' => {
                    self.out.push('|');
                    false
                }
                '^' => {
                    self.end_of_text(r"\A", "<=");
                    false
                }
                '$' => {
                    self.end_of_text(r"\z", "=");
                    false
                }
                '(' => {
                    self.open_group()?;
                    false
                }
                ')' => {
                    self.looking_from = self.looking_from.filter(|outermost| *outermost != self.nesting);
                    if self.looks_far.pop().unwrap_or(false) {
                        self.look_far();
                        self.end_of_far = Some(self.out.len() + 1);
                    }
                    self.nesting = self.nesting.checked_sub(1).ok_or("unmatched ')'")?;
                    self.out.push(')');
                    true
                }
                '*' | '+' | '?' if !is_repeatable => return Err(NOTHING_TO_REPEAT.to_owned()),
                '*' | '+' | '?' => {
                    self.repeat(next.encode_utf8(&mut [0; 4]));
                    false
                }
                '{' => {
                    let counts = self.counts()?;
                    match &counts {
                        Some(_) if !is_repeatable => return Err(NOTHING_TO_REPEAT.to_owned()),
                        Some(counts) => self.repeat(counts),
                        None => push_literal(&mut self.out, '{'),
                    }
                    counts.is_none()
                }
                '.' => {
                    self.push_class(&format!("^{LINE_END}"));
                    true
                }
                '[' => {
                    self.class()?;
                    true
                }
                '\\' => self.escape()?,
                _ => {
                    push_literal(&mut self.out, next);
                    true
                }
            };
        }
        if self.nesting == 0 { Ok(()) } else { Err("unterminated group".to_owned()) }
    }

    fn bump(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next()?;
        self.rest = characters.as_str();
        Some(next)
    }

    /// What was just read may be long: if in a look around, that looks far.
    fn look_around_far(&mut self) {
        if self.looking_from.is_some() {
            self.look_far();
        }
    }

    fn look_far(&mut self) {
        if let Some(group) = self.looks_far.last_mut() {
            *group = true;
        }
    }

    fn push_class(&mut self, inside: &str) {
        self.out.push('[');
        self.out.push_str(inside);
        self.out.push(']');
    }

    fn open_group(&mut self) -> Result<(), String> {
        self.nesting += 1;
        self.looks_far.push(false);
        if self.nesting > MAX_NESTING {
            return Err(format!("groups nest deeper than {MAX_NESTING} levels"));
        }
        if !self.rest.starts_with('?') {
            self.out.push('(');
            return Ok(());
        }
        let openings = ["?:", "?=", "?!", "?<=", "?<!"];
        if let Some(opening) = openings.into_iter().find(|opening| self.rest.starts_with(opening)) {
            self.rest = self.rest.strip_prefix(opening).unwrap_or("");
            if opening != "?:" {
                self.looking_from.get_or_insert(self.nesting);
                self.is_simple = false;
            }
            self.out.push('(');
            self.out.push_str(opening);
            return Ok(());
        }
        let (_, rest) = group_name(self.rest).ok_or("invalid group")?;
        self.rest = rest;
        self.out.push('(');
        Ok(())
    }

    /// A reference to the group of this number, which matches the empty text if the group did not take part.
    /// An end of the text or, by the flag, of a line, beyond which `looking` looks.
    fn end_of_text(&mut self, end: &str, looking: &str) {
        if self.flags.is_multi_line {
            self.is_simple = false;
            self.out.extend(["(?:", end, "|(?", looking, "[", LINE_END, "]))"]);
        } else {
            self.out.push_str(end);
        }
    }

    fn reference(&mut self, group: usize) {
        self.is_simple = false;
        self.look_around_far();
        let group = group.to_string();
        self.out.extend(["(?(", &group, r")\", &group, ")"]);
    }

    fn repeat(&mut self, quantifier: &str) {
        if repeats_often(quantifier) {
            self.repeats_often = true;
            if self.end_of_far == Some(self.out.len()) {
                self.reading = Reading::InLoops;
            }
            self.look_around_far();
        }
        self.out.push_str(quantifier);
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            self.out.push('?');
        }
    }

    /// `{n}`, `{n,}` or `{n,m}` behind the brace just read, which otherwise stands for itself.
    fn counts(&mut self) -> Result<Option<String>, String> {
        let Some((inside, rest)) = self.rest.split_once('}') else { return Ok(None) };
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let is_count = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_count(least) || !(is_count(most) || most.is_empty()) {
            return Ok(None);
        }
        let count = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        if !most.is_empty() && count(least) > count(most) {
            return Err("numbers out of order in quantifier".to_owned());
        }
        self.rest = rest;
        Ok(Some(format!("{{{inside}}}")))
    }

    fn class(&mut self) -> Result<(), String> {
        let negation = if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            "^"
        } else {
            ""
        };
        let mut inside = String::new();
        while let Some(first) = self.class_atom()? {
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if !is_range {
                first.push_to(&mut inside);
                continue;
            }
            self.bump();
            let last = self.class_atom()?.ok_or("unterminated character class")?;
            match (first, last) {
                (ClassAtom::Character(first), ClassAtom::Character(last)) => {
                    if first > last {
                        return Err("range out of order in character class".to_owned());
                    }
                    push_literal(&mut inside, first);
                    inside.push('-');
                    push_literal(&mut inside, last);
                }
                (first, last) => {
                    first.push_to(&mut inside);
                    push_literal(&mut inside, '-');
                    last.push_to(&mut inside);
                }
            }
        }
        match (inside.is_empty(), negation.is_empty()) {
            (true, true) => self.push_class(r"^\x00-\x{10FFFF}"),
            (true, false) => self.push_class(r"\x00-\x{10FFFF}"),
            (false, _) => self.push_class(&format!("{negation}{inside}")),
        }
        Ok(())
    }

    /// The next member of a class; nothing at its closing bracket.
    fn class_atom(&mut self) -> Result<Option<ClassAtom>, String> {
        Ok(Some(match self.bump().ok_or("unterminated character class")? {
            ']' => return Ok(None),
            '\\' => {
                let escape = self.bump().ok_or("\\ at end of pattern")?;
                match escape {
                    'b' => ClassAtom::Character('\u{8}'),
                    '-' => ClassAtom::Character('-'),
                    _ => match class_escape(escape) {
                        Some(set) => ClassAtom::Set(set),
                        None => ClassAtom::Character(self.character_escape(escape)),
                    },
                }
            }
            character => ClassAtom::Character(character),
        }))
    }

    /// What a backslash outside of a class means; whether it can be repeated.
    fn escape(&mut self) -> Result<bool, String> {
        let escape = self.bump().ok_or("\\ at end of pattern")?;
        match escape {
            'b' | 'B' => {
                self.is_simple = false;
                // The engine's own `\b` goes by Unicode's words.
                let (behind, before) = (format!("(?<=[{WORD}])"), format!("(?=[{WORD}])"));
                let (not_behind, not_before) = (format!("(?<![{WORD}])"), format!("(?![{WORD}])"));
                let boundary = if escape == 'b' {
                    format!("(?:{behind}{not_before}|{not_behind}{before})")
                } else {
                    format!("(?:{behind}{before}|{not_behind}{not_before})")
                };
                self.out.push_str(&boundary);
                return Ok(false);
            }
            // Without named groups it is the letter.
            'k' if !self.groups.names.is_empty() => {
                let named = self.rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
                let (name, rest) = named.ok_or("invalid named reference")?;
                let group = self.groups.number(name).ok_or("invalid named capture referenced")?;
                self.rest = rest;
                self.reference(group);
            }
            '1'..='9' => {
                let digits = self.rest.len() - self.rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
                let (more, rest) = self.rest.split_at_checked(digits).unwrap_or(("", self.rest));
                match format!("{escape}{more}").parse::<usize>() {
                    Ok(group) if group <= self.groups.count => {
                        self.rest = rest;
                        self.reference(group);
                    }
                    _ => push_literal(&mut self.out, escape),
                }
            }
            _ => {
                if let Some(set) = class_escape(escape) {
                    self.push_class(&set);
                } else {
                    let character = self.character_escape(escape);
                    push_literal(&mut self.out, character);
                }
            }
        }
        Ok(true)
    }

    /// The character that a backslash and `escape` stand for.
    fn character_escape(&mut self, escape: char) -> char {
        match escape {
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            '0' => '\0',
            'x' => self.hexadecimal(2).unwrap_or('x'),
            'u' => self.hexadecimal(4).unwrap_or('u'),
            'c' => match self.rest.chars().next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.bump();
                    char::from(u8::try_from(letter).unwrap_or(0) % 32)
                }
                _ => 'c',
            },
            _ => escape,
        }
    }

    /// The character of the next `length` digits; of two escapes if they are a surrogate pair.
    fn hexadecimal(&mut self, length: usize) -> Option<char> {
        let unit = |text: &str| u16::from_str_radix(text.get(..length)?, 16).ok();
        let first = unit(self.rest)?;
        let rest = self.rest.get(length..)?;
        let second = rest.strip_prefix("\\u").filter(|_| (0xd800..0xdc00).contains(&first)).and_then(unit);
        let character = char::decode_utf16(std::iter::once(first).chain(second)).next()?.ok()?;
        self.rest = if second.is_some() { rest.get(2 + length..)? } else { rest };
        Some(character)
    }
}

/// Whether a quantifier repeats without end, or as good as that.
fn repeats_often(quantifier: &str) -> bool {
    let most = quantifier.trim_matches(['{', '}']).rsplit(',').next().unwrap_or(quantifier);
    most.parse::<u32>().map_or(quantifier != "?", |most| most >= MANY)
}

enum ClassAtom {
    Character(char),
    Set(String),
}

impl ClassAtom {
    fn push_to(&self, inside: &mut String) {
        match self {
            Self::Character(character) => push_literal(inside, *character),
            Self::Set(set) => {
                inside.push('[');
                inside.push_str(set);
                inside.push(']');
            }
        }
    }
}

/// The inside of the class that `\d` and its kin stand for.
fn class_escape(escape: char) -> Option<String> {
    Some(match escape {
        'd' => DIGIT.to_owned(),
        'D' => format!("^{DIGIT}"),
        'w' => WORD.to_owned(),
        'W' => format!("^{WORD}"),
        's' => BLANK.to_owned(),
        'S' => format!("^{BLANK}"),
        _ => return None,
    })
}

fn push_literal(out: &mut String, character: char) {
    if character.is_ascii() && !character.is_ascii_alphanumeric() {
        let digits = [u32::from(character) >> 4, u32::from(character) & 15];
        out.push_str(r"\x");
        out.extend(digits.into_iter().filter_map(|digit| char::from_digit(digit, 16)));
    } else {
        out.push(character);
    }
}

/// The groups of a pattern that capture.
#[derive(Default)]
struct Groups<'a> {
    count: usize,
    /// The names that some of them have, with their numbers.
    names: BTreeMap<&'a str, usize>,
}

impl<'a> Groups<'a> {
    fn of(pattern: &'a str) -> Result<Self, String> {
        let mut groups = Self::default();
        let mut in_class = false;
        let mut rest = pattern.chars();
        while let Some(next) = rest.next() {
            match next {
                '\\' => {
                    rest.next();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => {
                    let name = group_name(rest.as_str());
                    groups.count += usize::from(name.is_some() || !rest.as_str().starts_with('?'));
                    if let Some((name, _)) = name
                        && groups.names.insert(name, groups.count).is_some()
                    {
                        return Err("duplicate capture group name".to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(groups)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }
}

/// The name in `?<name>` at the beginning of a group, and what follows.
fn group_name(group: &str) -> Option<(&str, &str)> {
    let (name, rest) = group.strip_prefix("?<")?.split_once('>')?;
    let starts = |first: char| first.is_alphabetic() || matches!(first, '_' | '$');
    let is_name = name.starts_with(starts) && name.chars().all(|letter| starts(letter) || letter.is_alphanumeric());
    is_name.then_some((name, rest))
}
