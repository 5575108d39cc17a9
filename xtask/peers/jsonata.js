// The reference implementation of JSONata as a contestant: `node jsonata.js FOLDER DEFINITION INPUT`.
//
// FOLDER holds `node_modules/jsonata`. Only the expressions of the machine's Pass states are evaluated, compiled
// beforehand and bare: no interpreter of states around them, no history, no limits. It speaks the protocol of
// `benches/src/bin/contestant.rs`.

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const [folder, definitionFile, inputFile] = process.argv.slice(2);
const jsonata = createRequire(join(folder, "package.json"))("jsonata");
const definition = JSON.parse(readFileSync(definitionFile, "utf8"));
const input = JSON.parse(readFileSync(inputFile, "utf8"));

/** The members of a template, its `{% … %}` compiled. */
function compile(template) {
  return Object.entries(template).map(([key, value]) => {
    const isExpression = typeof value === "string" && value.startsWith("{%") && value.endsWith("%}");
    return { key, value, expression: isExpression ? jsonata(value.slice(2, -2)) : undefined };
  });
}

async function evaluate(members, bindings) {
  const result = {};
  for (const { key, value, expression } of members) {
    result[key] = expression === undefined ? value : await expression.evaluate(undefined, bindings);
  }
  return result;
}

const states = [];
for (let name = definition.StartAt; name !== undefined; name = definition.States[name].Next) {
  const state = definition.States[name];
  states.push({ assign: compile(state.Assign ?? {}), output: compile(state.Output ?? {}) });
}

async function execute() {
  const variables = {};
  let payload = input;
  for (const { assign, output } of states) {
    const bindings = { ...variables, states: { input: payload } };
    payload = await evaluate(output, bindings);
    Object.assign(variables, await evaluate(assign, bindings));
  }
  return payload;
}

async function main() {
  console.log(JSON.stringify(await execute()));
  for await (const line of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    for (let count = Number(line); count > 0; count -= 1) await execute();
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) * 1000);
  }
}

main();
