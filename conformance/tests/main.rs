//! The engine against recorded executions.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod own_cases;
#[cfg(test)]
mod workloads;
