"""What is looked at: every page and every list of the API, each of the biggest there is."""

from typing import Any

# as tests/flows finds something of each kind, but of the biggest
BIGGEST = {
    "queue": "select queue_id from queues_counter where measure = 'added' order by n desc limit 1",
    "item": "select item_id from queues_attempt where number = 3 order by ended_at desc limit 1",
    "workflow": "select workflow_id from workflows_workflowinstance group by 1"
                " order by count(*) desc limit 1",
    "instance": "select max(instance_id) from workflows_token where waits_for = 'incident'",
    "busy_bot": "select bot_id from bots_run group by 1 order by count(*) desc limit 1",
    "run": "select run_id from bots_logline where run_id is not null group by 1"
           " order by count(*) desc limit 1",
    "failure": "select id from failures_failuregroup order by count desc limit 1",
    "trigger": "select trigger_id from triggers_firing group by 1 order by count(*) desc limit 1",
    "person": "select id from accounts_user where username = 'admin'",
    "operation": "select id from operations_operation order by total desc nulls last limit 1",
    "webhook": "select endpoint_id from webhooks_delivery group by 1 order by count(*) desc"
               " limit 1",
    "call_out": "select max(id) from webhooks_delivery where status = 'failed' and endpoint_id ="
                " (select endpoint_id from webhooks_delivery group by 1 order by count(*) desc"
                " limit 1)",
    "call": "select max(id) from ai_modelcall where item_id is not null",
}  # fmt: skip
# for what more is asked
BESIDE = {
    "task": "select id from inbox_usertask where status = 'open' and item_id is not null"
            " order by id desc limit 1",
    "form_task": "select id from inbox_usertask where status = 'open' and kind = 'form'"
                 " order by id desc limit 1",
    "some_item": "select item_id from queues_owned order by item_id desc offset 50 limit 1",
    "middle": "select max(id) - 2000000 from queues_workitem",
    "busy_model": "select endpoint_id from ai_modelcall group by 1 order by count(*) desc limit 1",
    "touched_item": "select max(item_id) from reports_touched",
}  # fmt: skip
TEXTS = {
    "reference": "select reference from queues_workitem where id ="
                 " (select item_id from queues_owned order by item_id desc offset 50 limit 1)",
    "queue_key": "select key from queues_workqueue where id = {queue}",
    "workflow_key": "select key from workflows_workflow where id = {workflow}",
    "trigger_key": "select key from triggers_trigger where id = {trigger}",
    "gate_key": "select key from queues_gate where id = {gate}",
    "bot_name": "select name from bots_bot where id = {busy_bot}",
    "day": "select (current_date - 20)::text",
}  # fmt: skip

FILTERED = [
    *(
        f"/queues/{{queue}}/?status={status}"
        for status in ("ready", "scheduled", "in_progress", "needs_decision", "on_hold",
                       "successful", "failed", "skipped", "cancelled", "expired")
    ),
    "/queues/{queue}/?status=successful&ended=today", "/queues/{queue}/?before={middle}",
    "/queues/{queue}/?status=expired&before={middle}", "/queues/{queue}/?q={reference}",
    "/queues/{queue}/?q=R-0", "/queues/{queue}/?q=nothing-like-that",
    "/queues/{queue}/?q=Vendor+77&status=failed",
    "/instances/?status=completed", "/instances/?status=failed", "/instances/?status=repair",
    "/instances/?status=person", "/instances/?status=paused", "/instances/?q={reference}",
    "/instances/?q=nothing-like-that", "/instances/?workflow={workflow}&status=cancelled",
    "/instances/?workflow={workflow}&status=running",
    "/runs/?status=lost", "/runs/?status=faulted", "/runs/?status=running",
    "/inbox/?queue={queue}", "/inbox/?q={reference}", "/inbox/?q=nothing-like-that",
    "/inbox/?kind=data_problem", "/inbox/?tab=open", "/inbox/?tab=free", "/inbox/?tab=team",
    "/inbox/?tab=decided&q={reference}", "/inbox/?tab=open&queue={queue}", "/inbox/{task}/",
    "/inbox/?tab=open&q=nothing-like-that", "/inbox/{form_task}/", "/items/{some_item}/",
    "/timeline/{reference}/", "/bots/{busy_bot}/", "/applications/stop/",
    "/search/?q={reference}", "/search/?q=R-00", "/search/?q=Vendor", "/search/?q={some_item}",
    "/search/palette/?q={reference}", "/search/palette/?q=dep", "/failures/?state=all",
    "/failures/?q=total", "/failures/?since=1h", "/overview/late/?cursor=",
    "/log/?level=error", "/log/?level=warning&queue={queue_key}", "/log/?bot={bot_name}",
    "/log/?item={reference}", "/log/?instance={instance}", "/log/?run={run}", "/log/?q=invoice",
    "/log/?q=saved+{reference}", "/log/?q=R-0012&level=error", "/log/?q=could+nobody",
    "/log/?since={day}T08:00&until={day}T09:00", "/log/?q=typed&since={day}T08:00",
    "/log/download/?run={run}",
    "/audit/?person=Sam", "/audit/?person=Sam&action=work_queue", "/audit/?action=work_item",
    "/audit/?object=queue:{queue}", "/audit/?object=item:{touched_item}",
    "/audit/?since={day}&until={day}", "/audit/?action=asset", "/items/{touched_item}/",
    "/settings/webhooks/{webhook}/?status=waiting",
    "/settings/webhooks/{webhook}/?kind=run.failed&status=failed",
    *(
        f"/reports/{report}/{how}"
        for report in ("straight-through", "people", "causes", "service", "bots", "savings", "ai")
        for how in ("", "?period=90d&compare=before", "?period=today&queue={queue}")
    ),
    "/reports/causes/export.csv?period=90d", "/reports/bots/export.xlsx?period=90d",
    "/map/?queue={queue}", "/queues/{queue}/forecast/", "/settings/retention/bots_logline/",
    "/ai/models/{busy_model}/", "/ai/calls/?model={busy_model}", "/ai/calls/?outcome=malformed",
]  # fmt: skip

# so that parameters of the API's addresses are filled in
API_NAMES = {
    "queue": "queue_key", "item_id": "item", "run_id": "run", "instance_id": "instance",
    "task_id": "task", "name": "bot_name", "rule": "rule", "alert_id": "alert",
}  # fmt: skip
# what `{key}` and `{number}` are depends on the beginning
API_KEYS = {"workflows": "workflow_key", "triggers": "trigger_key", "gates": "gate_key"}
API_NUMBERS = {"failures": "failure", "operations": "operation", "freezes": "freeze"}
API_FILTERED = [
    "/queues/{queue_key}/items?status=failed", "/queues/{queue_key}/items?status=successful",
    "/queues/{queue_key}/items?status=new", "/queues/{queue_key}/items?status=expired",
    "/queues/{queue_key}/items?reference={reference}", "/instances?status=completed",
    "/queues/{queue_key}/items?status=needs_decision", "/queues/{queue_key}/items?limit=100",
    "/instances?status=failed", "/instances?business_key={reference}", "/user-tasks?status=open",
    "/user-tasks?status=completed", "/user-tasks?queue={queue_key}", "/user-tasks?item={item}",
    "/user-tasks?reference={reference}", "/user-tasks?instance={instance}",
    "/search?q={reference}", "/search?q=R-00", "/triggers/{trigger_key}/firings?outcome=skipped",
    "/failures/{failure}/happened?limit=100", "/failures?q=total", "/log?level=error",
    "/log?q=saved&queue={queue_key}", "/log?run={run}", "/audit?person=Sam", "/audit?limit=100",
    "/reports/causes?period=90d", "/reports/straight-through?period=90d&compare=before",
]  # fmt: skip


def addresses() -> list[tuple[str, str]]:
    """Return what to ask for: a name, with the names of what it is about, and the address."""
    from tests.flows.test_every_page import PAGES

    found = find()
    pages = dict.fromkeys([*PAGES, *FILTERED])
    asked = [(page, page.format(**found)) for page in pages if _is_known(page, found)]
    calls = dict.fromkeys([*_lists_of_api(found), *API_FILTERED])
    asked += [
        (f"/api/v1{call}", f"/api/v1{call.format(**found)}")
        for call in calls
        if _is_known(call, found)
    ]
    return asked


def find() -> dict[str, Any]:
    """Return the biggest of each kind; kinds of which there is nothing are left out."""
    from tests.flows.test_every_page import FOUND_BY

    found: dict[str, Any] = {}
    for name, query in {**FOUND_BY, **BIGGEST, **BESIDE, **TEXTS}.items():
        value = _first(query.format(**found))
        if value is not None:
            found[name] = value
    return found


def make_something_to_see() -> None:
    """Make of each kind what the tests look at, unless it is there."""
    from tests.flows.test_every_page import FOUND_BY, SOMETHING_LEARNT, SOMETHING_TO_SEE

    if _first(FOUND_BY["wall"]) is not None:
        return
    for text in (SOMETHING_TO_SEE, SOMETHING_LEARNT):
        exec(compile(text, "to see", "exec"), {})  # noqa: S102 - our own tests' text


def _lists_of_api(found: dict[str, Any]) -> list[str]:
    """Return the calls that only read, as far as their parameters can be filled in."""
    from controlroom.api import api

    calls = []
    paths = api.get_openapi_schema(path_prefix="/")["paths"]
    for path in [path for path, verbs in paths.items() if "get" in verbs and path != "/search"]:
        names = {**API_NAMES, "run_id": "agent_run"} if "agent-runs" in path else API_NAMES
        for name, mine in names.items():
            path = path.replace(f"{{{name}}}", f"{{{mine}}}")
        area = path.split("/")[1]
        path = path.replace("{key}", f"{{{API_KEYS.get(area, 'key')}}}")
        calls.append(path.replace("{number}", f"{{{API_NUMBERS.get(area, 'number')}}}"))
    return calls


def _is_known(pattern: str, found: dict[str, Any]) -> bool:
    try:
        pattern.format(**found)
    except KeyError:
        return False
    return True


def _first(query: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None
