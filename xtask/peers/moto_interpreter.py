"""moto's interpreter as a contestant: `python moto_interpreter.py WORKLOADS NAME`.

WORKLOADS holds what `contestant write` wrote. Definitions are parsed beforehand, and evaluated on this thread without
the service around them; functions answer as the manifest says, and retries do not wait. To execute `w10_parse` is to
parse its text. It speaks the protocol of `benches/src/bin/contestant.rs`.
"""

import copy
import datetime
import json
import os
import sys
import time

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.asl.eval.states import ContextObjectData, ExecutionData, StateMachineData
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

folder, name = sys.argv[1:]


def read(file):
    with open(os.path.join(folder, file)) as opened:
        return opened.read()


entry = json.loads(read("manifest.json"))[name]
text, given = read(entry["asl"]), json.loads(read(entry["input"]))
calls = {"Flaky": 0}


class NoSleep:
    """The module `time` without waiting."""

    sleep = staticmethod(lambda seconds: None)

    def __getattr__(self, attribute):
        return getattr(time, attribute)


def invoke(parameters, region, state_credentials):
    called = parameters["FunctionName"].split(":")[-1]
    if called == "Flaky":
        calls["Flaky"] += 1
        if calls["Flaky"] % 4:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": {"errorType": "Flaky.Error"}}
    return {"StatusCode": 200, "Payload": copy.deepcopy(entry["mocks"][called])}


lambda_eval_utils._invoke_lambda_function = invoke
retrier_decl.time = NoSleep()


def environment():
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    return Environment(
        aws_execution_details=AWSExecutionDetails(account="123456789012", region="us-east-1", role_arn="role"),
        execution_type="STANDARD",
        context=ContextObjectData(
            Execution=ExecutionData(Id="id", Input=given, Name="name", RoleArn="role", StartTime=now.isoformat()),
            StateMachine=StateMachineData(Id="machine", Name="machine"),
        ),
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store={},
    )


if name == "w10_parse":

    def execute():
        AmazonStateLanguageParser.parse(text)

else:
    program = AmazonStateLanguageParser.parse(text)[0]

    def execute():
        env = environment()
        program.eval(env)
        state = env.program_state()
        if not isinstance(state, ProgramEnded):
            raise SystemExit(f"the execution did not succeed: {vars(state)}")
        return env.states.get_input()


print(json.dumps(execute()), flush=True)
for line in sys.stdin:
    before = time.process_time_ns()
    for _ in range(int(line)):
        execute()
    print(time.process_time_ns() - before, flush=True)
