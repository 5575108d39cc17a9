//! The definition as ASL's own fields: what was written, each value with its place.
//!
//! Reading reports values of the wrong JSON type and expressions that do not parse, and leaves such fields out.
//! Everything else that can be wrong is for [`validate`](crate::validate) to find.
//! There is one file per concept of the language and one Rust field per ASL field.

mod catch;
mod choice;
mod fail;
mod fields;
mod item_batcher;
mod item_reader;
mod jsonata;
mod machine_type;
mod map;
mod outline;
mod parallel;
mod pass;
mod payload;
mod result_writer;
mod retry;
mod state;
mod state_fields;
mod state_machine;
mod task;
mod variables;
mod wait;

pub(crate) use self::catch::Catcher;
pub(crate) use self::choice::{Choice, ChoiceRule, Comparison, Test, TestKind};
pub(crate) use self::fail::Fail;
pub(crate) use self::fields::{FieldNames, Spanned};
pub(crate) use self::item_batcher::ItemBatcher;
pub(crate) use self::item_reader::{ItemReader, ReaderConfig};
pub(crate) use self::jsonata::{Computable, JsonataString, StatesMember};
pub use self::machine_type::MachineType;
pub(crate) use self::map::{Map, ProcessorConfig};
pub(crate) use self::outline::Part;
pub(crate) use self::pass::Pass;
pub(crate) use self::payload::{MemberValue, Template, TemplateKind, TemplateMember};
pub(crate) use self::result_writer::{ResultWriter, WriterConfig};
pub(crate) use self::retry::Retrier;
pub(crate) use self::state::{State, StateKind, StateType};
pub(crate) use self::state_fields::{QueryLanguage, required_fields, state_field, supported_fields};
pub(crate) use self::state_machine::{MachineRole, StateMachine};
pub(crate) use self::task::Task;
pub(crate) use self::variables::{Assigner, Assignment};
pub(crate) use self::wait::Wait;

use crate::report::Report;
use crate::syntax::Node;

/// Reads a definition; `None` if it is not an object at all.
pub(crate) fn read<'t>(root: &'t Node<'t>, report: &'t Report<'t>) -> Option<StateMachine<'t>> {
    StateMachine::read_root(root, report)
}
