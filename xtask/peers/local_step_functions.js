// aws-local-stepfunctions as a contestant: `node local_step_functions.js FOLDER WORKLOADS NAME`.
//
// FOLDER holds `node_modules/aws-local-stepfunctions`, WORKLOADS what `contestant write` wrote. Functions answer as the
// manifest says; `Flaky` fails three times in each execution. Retries do not wait. To execute `w10_parse` is to read
// and validate its text. It speaks the protocol of `benches/src/bin/contestant.rs`.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

// It asks for Node 22; what it uses of that is this function.
Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const [folder, workloads, name] = process.argv.slice(2);
const { StateMachine } = createRequire(join(folder, "package.json"))("aws-local-stepfunctions");
const read = (file) => readFileSync(join(workloads, file), "utf8");
const entry = JSON.parse(read("manifest.json"))[name];
const text = read(entry.asl);
const input = JSON.parse(read(entry.input));

function prepare() {
  const definition = JSON.parse(text);
  const machine = new StateMachine(definition);
  const handlers = {};
  const retries = {};
  for (const [state, { Resource, Retry }] of Object.entries(definition.States)) {
    if (Resource === undefined) continue;
    const called = Resource.split(":").pop();
    let failures = 0;
    handlers[state] = async () => {
      if (called === "Flaky" && failures++ < 3) throw Object.assign(new Error("flaky"), { name: "Flaky.Error" });
      failures = 0;
      return entry.mocks[called];
    };
    if (Retry !== undefined) retries[state] = Retry.map(() => 0);
  }
  const overrides = { taskResourceLocalHandlers: handlers, retryIntervalOverrides: retries };
  return () => machine.run(input, { overrides }).result;
}

async function main() {
  const isDefinition = name === "w10_parse";
  const run = isDefinition ? undefined : prepare();
  const execute = isDefinition ? async () => void new StateMachine(JSON.parse(text)) : run;
  console.log(JSON.stringify((await execute()) ?? null));
  for await (const line of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    for (let count = Number(line); count > 0; count -= 1) await execute();
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) * 1000);
  }
}

main();
