//! How long a whole deployment takes in virtual time: ten-second waits, CloudFormation and all.

use std::hint::black_box;

use asl_core::Program;
use asl_runtime::clock::VirtualClock;
use asl_runtime::{Run, Simulation};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use deploy_workflow::artifact::pack;
use deploy_workflow::definitions::Definition;
use deploy_workflow::handlers;
use deploy_workflow::sandbox::{BUCKET, Sandbox};
use serde_json::json;

const TEMPLATE: &str = include_str!("../../deploy-workflow/templates/sample.yaml");

/// An account without stacks, and the revision that is to be deployed.
struct World {
    clock: VirtualClock,
    sandbox: Sandbox,
}

impl World {
    fn new(revision: &[u8]) -> Self {
        let clock = VirtualClock::default();
        let sandbox = Sandbox::new(clock.clone());
        sandbox.artifacts.put(BUCKET, "revision.zip", revision.to_vec());
        Self { clock, sandbox }
    }

    fn deploy(self, program: &Program) -> Option<Run> {
        let input = json!({
            "environmentName": "prod",
            "stackName": "sample-lambda-app",
            "templatePath": "infra/template.yaml",
            "revisionS3Bucket": BUCKET,
            "revisionS3Key": "revision.zip",
        });
        let registry = handlers::registry(&self.sandbox.services());
        Simulation::new().clock(self.clock).registry(registry).run(program, input).ok()
    }
}

fn deployment(criterion: &mut Criterion) {
    let program = Definition::Standard.program();
    let revision = pack(&[("infra/template.yaml", TEMPLATE.as_bytes())]);
    if let (Ok(program), Ok(revision)) = (program, revision) {
        criterion.bench_function("deployment/create", |bencher| {
            bencher.iter_batched(
                || World::new(&revision),
                |world| black_box(world.deploy(&program)),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, deployment);
criterion_main!(benches);
