"""The words of docs/bpmn-support.md for what the code knows."""

ELEMENTS = {
    "startEvent": "several may begin a process, one of them by hand or by the API",
    "endEvent": "a way may also end where no flow leaves",
    "intermediateCatchEvent": "waits",
    "intermediateThrowEvent": "happens at once; with a task definition a bot sends the message",
    "boundaryEvent": "interrupting or not; errors always interrupt",
    "serviceTask": "a work item in the queue of its type",
    "sendTask": "as a service task",
    "receiveTask": "waits for its message; may not start a process",
    "userTask": "a task in the inbox, with a form, decisions, who, until when",
    "manualTask": "passed at once",
    "task": "passed at once, with no work to do",
    "scriptTask": "FEEL; with a task definition a bot's work",
    "businessRuleTask": "a decision of a deployed DMN model; with a task definition a bot's work",
    "callActivity": "an instance of another workflow: the latest version, or a number",
    "subProcess": "embedded, or an event subprocess; each has one start event",
    "exclusiveGateway": "the first flow whose condition holds, else the default one",
    "parallelGateway": "takes every flow; waits for one token on each that leads to it",
    "inclusiveGateway": "every flow whose condition holds, else the default one; waits while "
    "another token can still come",
    "eventBasedGateway": "the first of its events; neither parallel nor starting a process",
}
PLACES = {
    "start": "start",
    "start of a subprocess": "start of a subprocess",
    "start of an event subprocess": "start of an event subprocess",
    "catch": "catch",
    "throw": "throw",
    "boundary": "boundary",
    "end": "end",
}
EXTENSIONS = {
    "zeebe:taskDefinition": "the type names the queue (`ocr.extract` is the queue `ocr-extract`), "
    "made at deployment when it is missing; `retries`: tries in all",
    "zeebe:taskHeaders": "settings of the step, handed to the bot as `_headers`",
    "zeebe:ioMapping": "inputs make local variables; outputs, if any, decide alone what goes up",
    "zeebe:properties": "kept, without effect; but names that begin with `rpa:` say the same "
    "as our elements (see the element templates)",
    "zeebe:userTask": "may stand; every user task is one of the inbox",
    "zeebe:assignmentDefinition": "who; several groups and users with commas, or a FEEL list",
    "zeebe:taskSchedule": "ISO 8601 dates with time, or FEEL",
    "zeebe:priorityDefinition": "0 to 100, or FEEL",
    "zeebe:formDefinition": "a form embedded in the process (`camunda-forms:bpmn:…`); linked ones "
    "are refused",
    "zeebe:userTaskForm": "JSON of form-js, made a JSON Schema",
    "zeebe:calledDecision": "a decision by its id; bindings latest, deployment, version tag",
    "zeebe:calledElement": "a workflow by its process id; binding latest",
    "zeebe:loopCharacteristics": "the list, its element, and what is collected",
    "zeebe:subscription": "which instance a message is for; not needed at start events",
    "zeebe:script": "FEEL, and the variable for its result",
    "zeebe:versionTag": "kept with the version",
    "rpa:work": "the queue instead of the type, its back-off, priority and service level",
    "rpa:serviceLevel": "the same service level, where only that is wanted",
    "rpa:gate": "the key of the AI gate that holds for the step's results instead of the queue's",
    "rpa:errorPolicy": "the first rule that matches a failed try decides: `retry`, `skip`, "
    "`person` or `stop`; those of the process count after those of the task",
    "rpa:form": "a JSON Schema of what is filled in",
    "rpa:decision": "one button each; without any: complete",
    "rpa:instructions": "what to do, as text or FEEL",
    "rpa:handling": "who gets it (`pool`, `round_robin`, `least_loaded`; the same person as an "
    "earlier step, or never one of those), how many must agree, when it is due, and what happens "
    "if nobody comes (`remind`, `reassign`, `manager`, `decide`); see [people](people.md)",
    "rpa:inputSchema": "a JSON Schema of what an instance is started with",
    "rpa:tolerate": "the share (0 to 1) of instances that may fail",
    "rpa:caught": "variables for the code and the message of what was caught",
    "rpa:message": "of a thrown message: which instance it is for, and how long it is kept",
    "rpa:call": "the number of the version to call",
}
# Parts of sentences, and what the page says of them.
REASONS = {
    "which queue its work goes to": "runs Java code (a class, bean or connector): needs a bot",
    "names no message": "a receive task or event without a message, continued by Java calls",
    "which instance its message is for": "a message without a correlation key: Camunda 7 is told "
    "it in the call, here it stands in the model",
    "no script in FEEL": "a script in another language",
    "is an expression of Camunda 7": "an expression that calls Java",
    "is written in": "a condition in another language",
    "which isn't there": "refers to a message or signal that is not in the file",
    "can't start after a duration": "starts after a duration",
    "No way leads to": "an element that nothing leads to",
    "is not a duration": "a time that is none",
    "has no code to throw": "an error without a code",
    "can't stand behind": "something else than an event behind an event-based gateway",
    "less than two events": "an event-based gateway with one event",
    "without a condition": "an exclusive gateway with a flow that has no condition",
    "no list and no count": "several instances of a list that Java makes",
    "does not wait for what it undoes": "compensation that is not waited for",
    "is no BPMN model": "no BPMN namespace",
}
