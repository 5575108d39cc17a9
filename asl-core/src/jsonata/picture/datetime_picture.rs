//! The picture of a date and time: text with markers such as `[Y0001]`.

use super::integer::{Case, IntegerPicture, Primary, parse_leading_digits};
use super::{MAX_WIDTH, PictureError, calendar, check_length};

/// One piece of a picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Marker(Marker),
}

/// A variable marker ([9.8.4.1](https://www.w3.org/TR/xpath-functions-31/#date-picture-string)).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marker {
    pub(super) component: Component,
    pub(super) form: Form,
    /// The most characters of a name.
    pub(super) maximum_width: Option<usize>,
    /// How many digits a year, month or day has, where the picture says so.
    pub(super) digits: Option<usize>,
    /// `t`: an offset of zero is `Z`.
    pub(super) zero_is_zulu: bool,
}

/// How a component is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Name(Case),
    Integer(IntegerPicture),
}

/// What a marker shows of a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Year,
    Month,
    Day,
    DayOfYear,
    DayOfWeek,
    WeekOfYear,
    WeekOfMonth,
    YearOfWeek,
    MonthOfWeek,
    Hour,
    HourOfHalfDay,
    HalfDay,
    Minute,
    Second,
    Millisecond,
    Offset,
    /// The offset with `GMT` before it.
    NamedOffset,
    Calendar,
    Era,
}

/// Each component with its letter and how it is written where the picture does not say.
const COMPONENTS: [(Component, char, &str); 19] = [
    (Component::Year, 'Y', "1"),
    (Component::Month, 'M', "1"),
    (Component::Day, 'D', "1"),
    (Component::DayOfYear, 'd', "1"),
    (Component::DayOfWeek, 'F', "n"),
    (Component::WeekOfYear, 'W', "1"),
    (Component::WeekOfMonth, 'w', "1"),
    (Component::YearOfWeek, 'X', "1"),
    (Component::MonthOfWeek, 'x', "1"),
    (Component::Hour, 'H', "1"),
    (Component::HourOfHalfDay, 'h', "1"),
    (Component::HalfDay, 'P', "n"),
    (Component::Minute, 'm', "01"),
    (Component::Second, 's', "01"),
    (Component::Millisecond, 'f', "1"),
    (Component::Offset, 'Z', "01:01"),
    (Component::NamedOffset, 'z', "01:01"),
    (Component::Calendar, 'C', "n"),
    (Component::Era, 'E', "n"),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Component {
    /// The names of its values from 1 on.
    ///
    /// # Errors
    ///
    /// `D3133` for a component that has none.
    pub(super) fn names(self) -> Result<&'static [&'static str], PictureError> {
        match self {
            Self::Month | Self::MonthOfWeek => Ok(&MONTHS),
            Self::DayOfWeek => Ok(&DAYS),
            _ => Err(PictureError::quoting("D3133", String::from(self.letter()))),
        }
    }

    pub(super) fn letter(self) -> char {
        COMPONENTS.into_iter().find(|&(component, ..)| component == self).map_or('?', |(_, letter, _)| letter)
    }

    fn is_offset(self) -> bool {
        matches!(self, Self::Offset | Self::NamedOffset)
    }

    /// Whether the component is a name whatever the picture says.
    fn is_name(self) -> bool {
        matches!(self, Self::HalfDay | Self::Calendar | Self::Era)
    }
}

/// Reads a whole picture.
///
/// # Errors
///
/// `D3131` for digits of two families, `D3132` for an unknown component, `D3135` for a marker without its end, `D1001`
/// beyond the bounds.
pub(super) fn parse(picture: &str) -> Result<Vec<Part>, PictureError> {
    check_length(picture)?;
    let mut parts = Vec::new();
    let mut rest = picture;
    while let Some((literal, after)) = rest.split_once('[') {
        push_literal(&mut parts, literal);
        if let Some(after) = after.strip_prefix('[') {
            parts.push(Part::Literal("[".to_owned()));
            rest = after;
        } else {
            let (marker, after) = after.split_once(']').ok_or(PictureError::new("D3135"))?;
            parts.push(Part::Marker(Marker::parse(marker)?));
            rest = after;
        }
    }
    push_literal(&mut parts, rest);
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) {
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.replace("]]", "]")));
    }
}

impl Marker {
    /// Reads what stands between the brackets.
    fn parse(text: &str) -> Result<Self, PictureError> {
        let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let mut characters = text.chars();
        let letter = characters.next();
        let (component, _, default_presentation) = COMPONENTS
            .into_iter()
            .find(|&(_, known, _)| Some(known) == letter)
            .ok_or_else(|| PictureError::quoting("D3132", letter.map_or(String::new(), String::from)))?;
        let (presentation, width) = match characters.as_str().rsplit_once(',') {
            Some((presentation, width)) => (presentation, Width::parse(width)?),
            None => (characters.as_str(), Width::default()),
        };
        let (presentation, modifier) = split_modifier(presentation);
        let presentation = if presentation.is_empty() { default_presentation } else { presentation };
        let mut marker = Self {
            component,
            form: form(component, presentation, modifier)?,
            maximum_width: width.maximum,
            digits: None,
            zero_is_zulu: modifier == Some('t'),
        };
        marker.set_digits(&width);
        Ok(marker)
    }

    /// The width modifier gives the integer's digits ([9.8.4.2](https://www.w3.org/TR/xpath-functions-31/#date-picture-string)).
    fn set_digits(&mut self, width: &Width) {
        let Form::Integer(integer) = &mut self.form else { return };
        if self.component.is_offset() {
            return;
        }
        let bounded = matches!(self.component, Component::Year | Component::Month | Component::Day);
        self.digits = width.maximum.filter(|_| bounded);
        let Primary::Digits(pattern) = &mut integer.primary else { return };
        pattern.mandatory_digits = pattern.mandatory_digits.max(width.minimum.unwrap_or(0));
        if let Some(digits) = self.digits {
            pattern.mandatory_digits = digits;
        } else if bounded {
            self.digits = Some(pattern.mandatory_digits + pattern.optional_digits).filter(|&digits| digits >= 2);
        }
    }
}

/// The second presentation modifier is a letter at the end of two characters or more.
fn split_modifier(presentation: &str) -> (&str, Option<char>) {
    let mut characters = presentation.chars();
    match characters.next_back() {
        Some(modifier @ ('a' | 't' | 'c' | 'o')) if !characters.as_str().is_empty() => {
            (characters.as_str(), Some(modifier))
        }
        _ => (presentation, None),
    }
}

fn form(component: Component, presentation: &str, modifier: Option<char>) -> Result<Form, PictureError> {
    if component.is_offset() {
        return Ok(Form::Integer(IntegerPicture::parse(presentation)?));
    }
    let mut characters = presentation.chars();
    Ok(match (characters.next(), characters.next()) {
        (Some('N'), Some('n')) => Form::Name(Case::Title),
        (Some('N'), _) => Form::Name(Case::Upper),
        (Some('n'), _) => Form::Name(Case::Lower),
        _ if component.is_name() => Form::Name(Case::Lower),
        _ => {
            let modifier = modifier.map(|modifier| format!(";{modifier}")).unwrap_or_default();
            Form::Integer(IntegerPicture::parse(&format!("{presentation}{modifier}"))?)
        }
    })
}

#[derive(Debug, Default)]
struct Width {
    minimum: Option<usize>,
    maximum: Option<usize>,
}

impl Width {
    fn parse(text: &str) -> Result<Self, PictureError> {
        let (minimum, maximum) = text.split_once('-').unwrap_or((text, "*"));
        Ok(Self { minimum: parse_width(minimum)?, maximum: parse_width(maximum)? })
    }
}

/// None for `*` and for what is no number.
fn parse_width(text: &str) -> Result<Option<usize>, PictureError> {
    let number = parse_leading_digits(text);
    if number.is_nan() {
        return Ok(None);
    }
    let width = calendar::whole(number).and_then(|width| usize::try_from(width).ok());
    width.filter(|&width| width <= MAX_WIDTH).map(Some).ok_or(PictureError::out_of_range(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(picture: &str) -> Marker {
        match parse(picture).unwrap().as_slice() {
            [Part::Marker(marker)] => marker.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn doubled_brackets_are_literal() {
        for (picture, expected) in [
            ("[[Y]]", vec!["[", "Y]"]),
            ("a]b", vec!["a]b"]),
            ("a]]b", vec!["a]b"]),
            ("[[[[", vec!["[", "["]),
            ("", vec![]),
        ] {
            let expected: Vec<Part> = expected.into_iter().map(|text| Part::Literal(text.to_owned())).collect();
            assert_eq!(parse(picture), Ok(expected), "{picture}");
        }
    }

    #[test]
    fn markers_ignore_whitespace_and_take_defaults() {
        assert_eq!(marker("[ M \n Nn , *-3 ]"), marker("[MNn,*-3]"));
        assert_eq!(marker("[F]").form, Form::Name(Case::Lower));
        assert_eq!(marker("[m]"), marker("[m01]"));
        assert_eq!(marker("[Z]"), marker("[Z01:01]"));
    }

    #[test]
    fn widths_bound_digits_and_names() {
        for (picture, digits, maximum_width) in [
            ("[Y]", None, None),
            ("[Y0001]", Some(4), None),
            ("[Y,4]", Some(4), None),
            ("[Y,2-2]", Some(2), Some(2)),
            ("[M#1]", Some(2), None),
            ("[MNn,3-3]", None, Some(3)),
            ("[H01]", None, None),
            ("[Y,x-y]", None, None),
        ] {
            let marker = marker(picture);
            assert_eq!((marker.digits, marker.maximum_width), (digits, maximum_width), "{picture}");
        }
    }

    #[test]
    fn refuses_faulty_pictures() {
        for (picture, code, value) in [
            ("[Y]-[q]", "D3132", Some("q".into())),
            ("[]", "D3132", Some("".into())),
            ("[Y0٠]", "D3131", None),
            ("[Y", "D3135", None),
            ("[Y,99999999999]", "D1001", Some(99_999_999_999.0.into())),
            ("[Y,1-1e9", "D3135", None),
        ] {
            assert_eq!(parse(picture), Err(PictureError { code, value }), "{picture}");
        }
    }
}
