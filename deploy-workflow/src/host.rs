//! The machine that deploys, on an engine: what starts executions and goes on with those that a restart interrupted.
//!
//! Handlers, definition and engine come together here; where jobs come from, and who is told how they go,
//! is the [`trigger`](crate::trigger)'s.

use std::time::Duration;

use asl_runtime::engine::EngineBuilder;
use asl_runtime::{Engine, Error};

use crate::definitions::Definition;
use crate::handlers::{self, Services};
use crate::trigger::EngineExecutions;

/// An engine with the machine of a [`Definition`].
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    state_machine_arn: String,
    #[cfg(feature = "durable")]
    _lock: Option<std::fs::File>,
}

impl Host {
    /// Builds the engine, with the handlers added, and makes the machine `deploy-NAME` of `definition` on it.
    ///
    /// Executions in the engine's store go on. A machine that is there with another definition gets this one;
    /// executions keep the definition that they began with.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_runtime::Engine;
    /// use asl_runtime::clock::SystemClock;
    /// use deploy_workflow::definitions::Definition;
    /// use deploy_workflow::host::Host;
    /// use deploy_workflow::sandbox::Sandbox;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::new(SystemClock);
    /// let host = Host::start(Engine::builder(), &sandbox.services(), Definition::Standard).await?;
    /// let executions = host.executions();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the engine cannot be built, or its store cannot be written.
    pub async fn start(engine: EngineBuilder, services: &Services, definition: Definition) -> Result<Self, HostError> {
        let engine = engine.registry(handlers::registry(services)).build().await?;
        let name = format!("deploy-{definition}");
        let state_machine_arn = match engine.create_state_machine(&name, definition.text()).await {
            Ok(arn) => arn,
            Err(Error::StateMachineAlreadyExists(arn)) => {
                engine.update_state_machine(&arn, definition.text()).await?;
                arn
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            engine,
            state_machine_arn: state_machine_arn.to_string(),
            #[cfg(feature = "durable")]
            _lock: None,
        })
    }

    /// The executions of the machine, for the [`Trigger`](crate::trigger::Trigger).
    pub fn executions(&self) -> EngineExecutions {
        EngineExecutions::new(self.engine.clone(), &*self.state_machine_arn)
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The machine's ARN.
    pub fn state_machine_arn(&self) -> &str {
        &self.state_machine_arn
    }

    /// Gives running handlers `grace` to end, and stops; executions that did not end go on when the store is opened again.
    ///
    /// No handler of the machines takes longer than 30 seconds.
    pub async fn close(self, grace: Duration) {
        self.engine.shutdown(grace).await;
    }
}

#[cfg(feature = "durable")]
mod durable {
    use std::fs::{File, TryLockError};
    use std::io;
    use std::path::{Path, PathBuf};

    use asl_runtime::Engine;
    use asl_runtime::engine::EngineBuilder;
    use asl_runtime::store::SqliteStore;

    use super::{Host, HostError};
    use crate::definitions::Definition;
    use crate::handlers::Services;

    impl Host {
        /// The same on the SQLite file at `path`, which is made if there is none.
        ///
        /// One process at a time has the file: while it does, a lock is held on `path` with `.lock` at its end,
        /// which the system lets go of however the process ends.
        /// So whatever was interrupted goes on at once, and a second process disturbs nothing.
        ///
        /// # Examples
        ///
        /// ```no_run
        /// use std::time::Duration;
        ///
        /// use deploy_workflow::definitions::Definition;
        /// use deploy_workflow::handlers::Services;
        /// use deploy_workflow::host::{Host, HostError};
        ///
        /// # async fn example(services: &Services) -> Result<(), HostError> {
        /// let host = Host::open("deployments.db", services, Definition::Standard).await?;
        /// let executions = host.executions();
        /// host.close(Duration::from_secs(30)).await;
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// [`HostError::InUse`] when another process, or another host here, has the file,
        /// and when it cannot be read or written.
        pub async fn open(
            path: impl AsRef<Path>,
            services: &Services,
            definition: Definition,
        ) -> Result<Self, HostError> {
            Self::open_with(Engine::builder(), path, services, definition).await
        }

        /// The same on an engine that is set up otherwise than by default; what it has for a store is replaced.
        ///
        /// # Errors
        ///
        /// As [`open`](Self::open).
        pub async fn open_with(
            engine: EngineBuilder,
            path: impl AsRef<Path>,
            services: &Services,
            definition: Definition,
        ) -> Result<Self, HostError> {
            let path = path.as_ref();
            let lock = lock(path)?;
            let store = SqliteStore::open(path).map_err(asl_runtime::Error::from)?;
            let host = Self::start(engine.store(store).exclusive(), services, definition).await?;
            Ok(Self { _lock: Some(lock), ..host })
        }
    }

    /// SQLite locks its file by itself, but for each transaction alone.
    fn lock(path: &Path) -> Result<File, HostError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let unusable = |error: io::Error| HostError::Lock { path: lock_path.clone(), error };
        let file = File::options().create(true).append(true).open(&lock_path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(HostError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The engine, or its store, refused.
    #[error(transparent)]
    Engine(#[from] Error),
    /// Another process has the file.
    #[cfg(feature = "durable")]
    #[error("`{path}` is in use by another process")]
    InUse {
        /// The SQLite file.
        path: std::path::PathBuf,
    },
    /// The file that is locked cannot be opened or locked.
    #[cfg(feature = "durable")]
    #[error("cannot lock `{path}`: {error}")]
    Lock {
        /// The file that is locked.
        path: std::path::PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
}
