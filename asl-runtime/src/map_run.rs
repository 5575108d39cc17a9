//! What a Distributed Map reads its items from and writes its results to.
//!
//! [`ItemReader`] turns objects into items, [`ResultWriter`] turns the results of child executions into objects.
//! Both go through [`Objects`], stream, and hold a bounded part of the data in memory, whatever its size.
//! Neither starts executions: that is the engine's.
//!
//! # Differences from AWS
//!
//! AWS's pages [ItemReader](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html) and
//! [ResultWriter](https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html)
//! say what is read and written, and with which limits; `docs/distributed-map.md` says what of it is known from
//! AWS's documentation, what from AWS itself, and what is a choice of ours.

mod failure;
mod item_reader;
mod objects;
mod result_writer;

pub use self::item_reader::{Dataset, ItemReader, ReadError, ReaderLimits};
#[cfg(feature = "aws")]
pub use self::objects::S3Objects;
pub use self::objects::{FolderObjects, ObjectMetadata, ObjectWriter, Objects, ObjectsError};
pub use self::result_writer::{ResultWriter, WriteError};
