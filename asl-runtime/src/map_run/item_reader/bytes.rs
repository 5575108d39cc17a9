//! The bytes of an object from its beginning to its end, unpacked if they are packed.

use std::fmt;
use std::io::Write as _;

use flate2::write::MultiGzDecoder;

use super::super::failure;
use super::super::objects::{ObjectMetadata, Objects};
use super::ReadError;
use super::dataset::File;

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a text in UTF-8 may begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How much packed data is unpacked at a time: gzip's most is about a thousand times as much.
const PACKED: usize = 4 << 10;

/// Reads an object piece by piece.
#[derive(Debug)]
pub(super) struct ObjectBytes {
    file: File,
    object: ObjectMetadata,
    chunk: usize,
    position: u64,
    packed: Option<Gzip>,
}

/// Packed bytes that were read, and what unpacks them.
struct Gzip {
    bytes: Vec<u8>,
    unpacked: usize,
    /// `None` at the end.
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
}

impl fmt::Debug for Gzip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gzip").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl ObjectBytes {
    /// The first piece, which says whether the object is packed, and the rest.
    pub(super) async fn open(objects: &dyn Objects, file: &File, chunk: usize) -> Result<(Self, Vec<u8>), ReadError> {
        let object = objects.head(&file.bucket, &file.key, file.version.as_deref()).await?;
        let mut bytes = Self { file: file.clone(), object, chunk, position: 0, packed: None };
        let mut first = bytes.read_at_least(objects, GZIP.len()).await?;
        if first.starts_with(&GZIP) {
            let decoder = Some(MultiGzDecoder::new(Vec::new()));
            bytes.packed = Some(Gzip { bytes: first, unpacked: 0, decoder });
            first = bytes.next(objects).await?.unwrap_or_default();
        }
        while first.len() < BYTE_ORDER_MARK.len() {
            match bytes.next(objects).await? {
                Some(more) => first.extend(more),
                None => break,
            }
        }
        if first.starts_with(BYTE_ORDER_MARK) {
            first.drain(..BYTE_ORDER_MARK.len());
        }
        Ok((bytes, first))
    }

    /// The next piece, which is not empty, or `None` at the end.
    pub(super) async fn next(&mut self, objects: &dyn Objects) -> Result<Option<Vec<u8>>, ReadError> {
        if self.packed.is_none() {
            let bytes = self.read_at_least(objects, 1).await?;
            return Ok((!bytes.is_empty()).then_some(bytes));
        }
        loop {
            let more = match &self.packed {
                Some(gzip) if gzip.unpacked >= gzip.bytes.len() => Some(self.read_at_least(objects, 1).await?),
                _ => None,
            };
            let Some(gzip) = &mut self.packed else { return Ok(None) };
            if let Some(more) = more {
                (gzip.bytes, gzip.unpacked) = (more, 0);
            }
            let unpacked = gzip.unpack().map_err(|error| {
                failure::item_reader(format!("the object `{}` is not valid gzip: {error}", self.file.key))
            })?;
            match unpacked {
                Some(bytes) if bytes.is_empty() => {}
                other => return Ok(other),
            }
        }
    }

    /// The packed bytes that wait.
    pub(super) fn buffered(&self) -> usize {
        self.packed.as_ref().map_or(0, |gzip| gzip.bytes.len())
    }

    /// At least `least` bytes where the object has them.
    async fn read_at_least(&mut self, objects: &dyn Objects, least: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        while bytes.len() < least && self.position < self.object.size {
            let end = self.object.size.min(self.position.saturating_add(self.chunk as u64));
            let more = objects.read(&self.file.bucket, &self.object, self.position..end).await?;
            if more.is_empty() {
                let cause = format!("the object `{}` is shorter than its {} bytes", self.file.key, self.object.size);
                return Err(failure::item_reader(cause).into());
            }
            self.position += more.len() as u64;
            if bytes.is_empty() { bytes = more } else { bytes.extend(more) }
        }
        Ok(bytes)
    }
}

impl Gzip {
    /// The next piece; nothing after the end.
    fn unpack(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let packed = self.bytes.get(self.unpacked..).unwrap_or_default();
        let packed = packed.get(..PACKED).unwrap_or(packed);
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        if packed.is_empty() {
            decoder.try_finish()?;
            let rest = std::mem::take(decoder.get_mut());
            self.decoder = None;
            return Ok(Some(rest));
        }
        decoder.write_all(packed)?;
        self.unpacked += packed.len();
        // The decoder holds back the last block until it is asked for more.
        decoder.flush()?;
        Ok(Some(std::mem::take(decoder.get_mut())))
    }
}
