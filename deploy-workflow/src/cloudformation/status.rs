//! The statuses of stacks and change sets, and what they mean to somebody who wants to deploy.

use std::fmt;

/// Declares an enum of AWS's words: the variants, their text, and the list of all.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the variants are the API's own words")]
        pub enum $name { $($variant,)* }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What the word on the wire stands for, if it is one of them.
            pub fn of_wire(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where a stack is in its life.
    StackStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackFailed = "ROLLBACK_FAILED",
        RollbackComplete = "ROLLBACK_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
    }
}

/// What can be done with a stack, by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackCondition {
    /// It is gone; its name is free.
    Absent,
    /// It only holds change sets of type `CREATE`.
    InReview,
    /// A change set of type `UPDATE` can be made and executed.
    Updatable,
    /// Something is going on; wait.
    Busy,
    /// It was never in service or is half deleted; nothing but deleting it is possible.
    MustBeDeleted,
    /// Only an operator can help.
    NeedsOperator,
}

impl StackStatus {
    /// What can be done with a stack in this status.
    pub fn condition(self) -> StackCondition {
        match self {
            Self::DeleteComplete => StackCondition::Absent,
            Self::ReviewInProgress => StackCondition::InReview,
            Self::CreateComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete
            | Self::ImportComplete
            | Self::ImportRollbackComplete => StackCondition::Updatable,
            Self::CreateFailed | Self::RollbackFailed | Self::RollbackComplete | Self::DeleteFailed => {
                StackCondition::MustBeDeleted
            }
            Self::UpdateFailed | Self::UpdateRollbackFailed | Self::ImportRollbackFailed => {
                StackCondition::NeedsOperator
            }
            Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::DeleteInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => StackCondition::Busy,
        }
    }
}

words! {
    /// Where a resource is in its life, as stack events tell it.
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateFailed = "UPDATE_FAILED",
        UpdateComplete = "UPDATE_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteSkipped = "DELETE_SKIPPED",
    }
}

words! {
    /// Where a change set is in its life.
    ChangeSetStatus {
        CreatePending = "CREATE_PENDING",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        DeletePending = "DELETE_PENDING",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        Failed = "FAILED",
    }
}

words! {
    /// Whether a change set can be executed, and what came of it.
    ExecutionStatus {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        Obsolete = "OBSOLETE",
    }
}

words! {
    /// What a change set does to a resource.
    ChangeAction {
        Add = "Add",
        Modify = "Modify",
        Remove = "Remove",
        Import = "Import",
        Dynamic = "Dynamic",
        SyncWithActual = "SyncWithActual",
    }
}

words! {
    /// Whether a modified resource is replaced by a new one.
    Replacement {
        True = "True",
        False = "False",
        Conditional = "Conditional",
    }
}

words! {
    /// Whether changing one property needs a new resource.
    RequiresRecreation {
        Never = "Never",
        Conditionally = "Conditionally",
        Always = "Always",
    }
}

words! {
    /// What happens to the physical resource that a change removes or replaces.
    PolicyAction {
        Delete = "Delete",
        Retain = "Retain",
        Snapshot = "Snapshot",
        ReplaceAndDelete = "ReplaceAndDelete",
        ReplaceAndRetain = "ReplaceAndRetain",
        ReplaceAndSnapshot = "ReplaceAndSnapshot",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_every_stack_status() {
        let check = |condition: StackCondition, expected: &[&str]| {
            let found: Vec<_> = StackStatus::ALL
                .iter()
                .filter(|status| status.condition() == condition)
                .map(|status| status.as_str())
                .collect();
            assert_eq!(found, expected, "{condition:?}");
        };
        assert_eq!(StackStatus::ALL.len(), 23);
        check(StackCondition::Absent, &["DELETE_COMPLETE"]);
        check(StackCondition::InReview, &["REVIEW_IN_PROGRESS"]);
        check(
            StackCondition::Updatable,
            &[
                "CREATE_COMPLETE",
                "UPDATE_COMPLETE",
                "UPDATE_ROLLBACK_COMPLETE",
                "IMPORT_COMPLETE",
                "IMPORT_ROLLBACK_COMPLETE",
            ],
        );
        check(
            StackCondition::MustBeDeleted,
            &["CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"],
        );
        check(StackCondition::NeedsOperator, &["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED"]);
        let busy = StackStatus::ALL.iter().filter(|status| status.condition() == StackCondition::Busy);
        for status in busy {
            assert!(status.as_str().ends_with("_IN_PROGRESS"), "{status}");
        }
    }
}
