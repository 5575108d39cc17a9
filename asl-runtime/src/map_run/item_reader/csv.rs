//! `InputType` `CSV`: rows as objects of strings.

use std::sync::Arc;

use asl_core::value::Object;
use asl_core::{Failure, Value};
use csv_core::ReadRecordResult;

use super::super::failure;
use super::dataset::{CsvFormat, CsvHeader};
use super::records::{Progress, Records, too_long};

/// AWS's cause where two columns have one name.
const DUPLICATE_HEADERS: &str = "CSV headers cannot contain duplicates.";
/// How much memory is kept from one row to the next.
const KEPT: usize = 64 << 10;
/// By how much the room for a row grows.
const GROWTH: usize = 1 << 10;

/// The rows of a CSV after its header.
///
/// Quotes, line ends and empty lines are as in RFC 4180 and as `csv-core` reads them.
#[derive(Debug)]
pub(super) struct CsvRows {
    reader: Box<csv_core::Reader>,
    /// `None` until the first row was read.
    header: Option<Vec<Arc<str>>>,
    row: Row,
    limit: usize,
    header_limit: usize,
}

/// One row: its fields one after the other, and where each ends.
#[derive(Debug, Default)]
struct Row {
    text: Vec<u8>,
    length: usize,
    ends: Vec<usize>,
    fields: usize,
    whole: bool,
}

impl CsvRows {
    /// # Errors
    ///
    /// When the columns that are given have two of one name.
    pub(super) fn new(format: &CsvFormat, limit: usize, header_limit: usize) -> Result<Self, Failure> {
        let header = match &format.header {
            CsvHeader::FirstRow => None,
            CsvHeader::Given(columns) => {
                without_duplicates(columns)?;
                let length: usize = columns.iter().map(|column| column.len() + 1).sum();
                if length > header_limit {
                    return Err(header_too_long(header_limit));
                }
                Some(columns.clone())
            }
        };
        let delimiter = u8::try_from(format.delimiter.character()).unwrap_or(b',');
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Ok(Self { reader: Box::new(reader), header, row: Row::default(), limit, header_limit })
    }

    /// Reads until a row is whole; no input means that there is no more.
    fn read_row(&mut self, input: &mut &[u8]) -> Result<Progress, Failure> {
        if self.row.whole {
            self.row.clear();
        }
        loop {
            if self.row.length > self.limit {
                return Err(too_long(self.limit));
            }
            let row = &mut self.row;
            let (text, ends) = row.room();
            let (result, taken, written, ended) = self.reader.read_record(input, text, ends);
            *input = input.get(taken..).unwrap_or_default();
            row.length += written;
            row.fields += ended;
            match result {
                ReadRecordResult::OutputFull => row.text.resize(row.text.len() * 2 + GROWTH, 0),
                ReadRecordResult::OutputEndsFull => row.ends.resize(row.ends.len() * 2 + GROWTH, 0),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok(Progress::End),
                ReadRecordResult::Record => {
                    row.whole = true;
                    return Ok(Progress::Record);
                }
            }
        }
    }

    /// Whether the row that was read is an item, and not the header.
    fn is_item(&mut self) -> Result<bool, Failure> {
        if self.header.is_some() {
            return Ok(true);
        }
        if self.row.length > self.header_limit {
            return Err(header_too_long(self.header_limit));
        }
        let text = self.text().map_err(|what| failure::item_reader(format!("the header of the CSV is {what}")))?;
        let columns: Vec<Arc<str>> = self.row.fields(text).map(Arc::from).collect();
        without_duplicates(&columns)?;
        self.header = Some(columns);
        Ok(false)
    }

    /// The fields of the row, or what is wrong with them.
    fn text(&self) -> Result<&str, String> {
        let bytes = self.row.text.get(..self.row.length).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))
    }
}

impl Records for CsvRows {
    fn read(&mut self, input: &mut &[u8]) -> Result<Progress, Failure> {
        while !input.is_empty() {
            if self.read_row(input)? == Progress::Record && self.is_item()? {
                return Ok(Progress::Record);
            }
        }
        Ok(Progress::End)
    }

    fn finish(&mut self) -> Result<Progress, Failure> {
        while self.read_row(&mut &[][..])? == Progress::Record {
            if self.is_item()? {
                return Ok(Progress::Record);
            }
        }
        Ok(Progress::End)
    }

    /// Columns that the row lacks are empty; fields without a column are left out.
    fn item(&self) -> Result<(Option<Arc<str>>, Value), String> {
        let mut fields = self.row.fields(self.text()?);
        let columns = self.header.iter().flatten();
        let object: Object = columns.map(|column| (column.clone(), fields.next().unwrap_or_default())).collect();
        Ok((None, object.into()))
    }

    fn buffered(&self) -> usize {
        self.row.length
    }
}

impl Row {
    fn clear(&mut self) {
        (self.length, self.fields, self.whole) = (0, 0, false);
        if self.text.len() > KEPT {
            self.text = Vec::new();
        }
        if self.ends.len() > KEPT {
            self.ends = Vec::new();
        }
    }

    /// Where the rest of the row goes.
    fn room(&mut self) -> (&mut [u8], &mut [usize]) {
        (self.text.get_mut(self.length..).unwrap_or_default(), self.ends.get_mut(self.fields..).unwrap_or_default())
    }

    fn fields<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let ends = self.ends.iter().take(self.fields);
        ends.scan(0, move |start, end| {
            let field = text.get(*start..*end).unwrap_or_default();
            *start = *end;
            Some(field)
        })
    }
}

fn without_duplicates(columns: &[Arc<str>]) -> Result<(), Failure> {
    let mut sorted: Vec<&str> = columns.iter().map(|column| &**column).collect();
    sorted.sort_unstable();
    let is_duplicate = |pair: &[&str]| matches!(pair, [one, other] if one == other);
    if sorted.windows(2).any(is_duplicate) { Err(failure::item_reader(DUPLICATE_HEADERS)) } else { Ok(()) }
}

fn header_too_long(limit: usize) -> Failure {
    failure::item_reader(format!("the header of the CSV is longer than {limit} bytes"))
}
