"""Every page, in both themes, on a desk and on a phone: no violation, no error in the console.

And none that weighs, asks or moves more than its budget (budgets.py).
"""

import json

import pytest

from tests.browsing import DESKTOP, PHONE, assert_accessible, axe
from tests.flows.budgets import Visit

PAGES = [
    "/", "/overview/backlog/", "/overview/at-work/", "/overview/problems/", "/overview/people/",
    "/overview/late/", "/today/", "/today/?day=2026-03-02", "/today/hand-overs/{hand_over}/",
    "/wall/seen/", "/settings/walls/", "/settings/walls/new/", "/settings/walls/{wall}/",
    "/settings/walls/{wall}/tokens/", "/bots/?shape=squares", "/bots/?shape=table",
    "/inbox/", "/inbox/?tab=decided", "/queues/", "/queues/{queue}/", "/queues/{queue}/add/",
    "/queues/{queue}/?status=failed", "/items/{item}/", "/items/{item}/edit/", "/bots/",
    "/workflows/", "/workflows/{workflow}/", "/workflows/{workflow}/start/", "/workflows/upload/",
    "/instances/", "/instances/?status=running", "/instances/{instance}/", "/decisions/",
    "/decisions/{decision}/", "/bots/{bot}/", "/runs/", "/runs/{run}/", "/demo/", "/demo/ledger/",
    "/settings/", "/settings/gates/", "/settings/gates/new/", "/settings/gates/{gate}/",
    "/items/{read_item}/",
    "/settings/queues/", "/settings/queues/{queue}/", "/settings/queues/new/", "/settings/bots/",
    "/settings/assets/", "/settings/assets/new/", "/settings/assets/new/?kind=json",
    "/settings/assets/{asset}/", "/settings/assets/{asset}/bots/{bot}/",
    "/settings/bots/bot/{bot}/", "/settings/people/", "/settings/tokens/",
    "/settings/teams/", "/settings/teams/new/", "/settings/teams/{team}/", "/settings/handling/",
    "/settings/handling/new/", "/settings/handling/{rule}/", "/settings/calendars/",
    "/settings/calendars/new/", "/settings/calendars/{calendar}/", "/people/{person}/absences/",
    "/profile/", "/profile/security/", "/profile/security/app/", "/profile/prove/",
    "/settings/sign-in/", "/settings/sign-in/new/", "/settings/sign-in/{provider}/",
    "/audit/", "/audit/evidence/", "/audit/?folder=-", "/audit/?person=nobody-like-that",
    "/notices/", "/notices/?tab=all", "/notices/settings/", "/settings/notices/", "/inbox/team/",
    "/ai/", "/ai/models/new/", "/ai/models/{model}/", "/ai/models/{model}/edit/",
    "/ai/models/{model}/budgets/{budget}/", "/ai/calls/", "/ai/calls/{call}/", "/ai/prompts/",
    "/ai/prompts/{prompt}/", "/ai/prompts/{prompt}/edit/", "/ai/agents/", "/ai/agents/{agent}/",
    "/ai/agent-runs/{agent_run}/",
    "/triggers/", "/triggers/?status=paused", "/triggers/week/", "/triggers/new/",
    "/triggers/{trigger}/", "/triggers/{trigger}/?outcome=failed", "/triggers/{trigger}/edit/",
    "/triggers/new/?kind=queue", "/triggers/{state_trigger}/", "/triggers/{state_trigger}/edit/",
    "/triggers/{event_trigger}/", "/triggers/{event_trigger}/edit/",
    "/triggers/{event_trigger}/deliveries/{delivery}/", "/triggers/{expected_trigger}/",
    "/triggers/{expected_trigger}/edit/",
    "/alerts/", "/alerts/?tab=taken", "/alerts/?tab=recent", "/alerts/{alert}/", "/alerts/rules/",
    "/alerts/rules/new/", "/alerts/rules/{alert_rule}/", "/alerts/rules/{alert_rule}/edit/",
    "/alerts/silences/", "/alerts/noise/",
    "/applications/", "/applications/{application}/", "/applications/{application}/edit/",
    "/applications/new/", "/applications/stop/", "/settings/limits/", "/settings/limits/{limit}/",
    "/settings/limits/new/", "/settings/freezes/", "/settings/freezes/{freeze}/",
    "/settings/freezes/new/",
    "/operations/", "/operations/?state=active", "/operations/{operation}/?status=done",
    "/operations/new/?kind=items.priority&queue={many}&all=1",
    "/queues/{uploads}/upload/", "/queues/{uploads}/uploads/{upload}/",
    "/queues/{uploads}/uploads/{added_upload}/",
    "/queues/{foretold}/forecast/", "/queues/{foretold}/forecast/?bots=8&more=100",
    "/failures/", "/failures/?state=all&since=24h", "/failures/?q=nothing-like-that",
    "/failures/{failure}/", "/failures/{retried_failure}/",
    "/learning/", "/learning/gates/{gate}/?wanted=5", "/learning/rules/",
    "/learning/proposals/{proposal}/", "/learning/rules/{learnt_rule}/",
    "/settings/retention/", "/settings/retention/queues_attempt/",
    "/settings/webhooks/", "/settings/webhooks/new/", "/settings/webhooks/{webhook}/",
    "/settings/webhooks/{webhook}/?status=failed", "/settings/webhooks/{webhook}/edit/",
    "/settings/webhooks/{webhook}/deliveries/{call_out}/", "/map/", "/map/?show=hidden",
    "/reports/straight-through/", "/reports/people/?period=90d&compare=year", "/reports/causes/",
    "/reports/savings/?period=90d", "/reports/bots/?period=nonsense", "/reports/mails/",
    "/reports/ai/mail/", "/reports/worth/", "/reports/worth/{queue}/",
    "/search/", "/search/?q=inv", "/search/?q=nothing-so", "/search/timeline/item/{item}/",
    "/log/", "/log/?run={run}&at=error", "/log/?q=nothing-so", "/log/?run=none",
    "/help/", "/help/overview/", "/help/bots/", "/help/api/", "/nothing-here/",
]  # fmt: skip


# what stands in an address, and the query that finds something of the kind to look at
FOUND_BY = {
    "queue": "select min(id) from queues_workqueue",
    "item": "select max(id) from queues_workitem",
    "read_item": "select max(item_id) from queues_prediction where model = 'reader'",
    "bot": "select min(id) from bots_bot",
    "workflow": "select min(id) from workflows_workflow",
    "instance": "select max(id) from workflows_workflowinstance",
    "decision": "select min(id) from workflows_decision",
    "team": "select min(id) from accounts_team",
    "rule": "select min(id) from inbox_handlingrule",
    "calendar": "select id from calendars_calendar where key = 'office'",
    "person": "select min(id) from accounts_user",
    "provider": "select min(id) from accounts_signinprovider",
    "model": "select min(endpoint_id) from ai_budget",
    "asset": "select min(asset_id) from assets_assetoverride",
    "budget": "select min(id) from ai_budget",
    "call": "select min(id) from ai_modelcall",
    "prompt": "select min(id) from ai_prompt",
    "agent": "select min(id) from ai_agentprofile",
    "agent_run": "select min(id) from ai_agentrun",
    "trigger": "select id from triggers_trigger where key = 'seen'",
    "state_trigger": "select id from triggers_trigger where key = 'seen-state'",
    "event_trigger": "select id from triggers_trigger where key = 'seen-event'",
    "expected_trigger": "select id from triggers_trigger where key = 'seen-expected'",
    "alert": "select min(id) from alerts_alert where source = 'rule'",
    "alert_rule": "select id from alerts_alertrule where key = 'seen-alert'",
    "delivery": "select min(id) from triggers_delivery",
    "application": "select id from limits_application where key = 'seen'",
    "limit": "select id from limits_limit where key = 'seen-seats'",
    "freeze": "select min(id) from limits_freeze where title = 'Month end'",
    "operation": "select max(id) from operations_operation",
    "many": "select id from queues_workqueue where key = 'seen-many'",
    "uploads": "select id from queues_workqueue where key = 'seen-uploads'",
    "upload": "select max(id) from queues_upload where name = 'second.csv'",
    "added_upload": "select max(id) from queues_upload where name = 'first.csv'",
    "failure": "select max(id) from failures_failuregroup where runbook_url <> ''",
    "retried_failure": "select max(group_id) from failures_groupretry",
    "foretold": "select id from queues_workqueue where key = 'foretold'",
    "gate": "select id from queues_gate where key = 'learnt'",
    "proposal": "select max(id) from learning_proposal",
    "learnt_rule": "select max(id) from learning_rule",
    "run": "select coalesce(min(id), 0) from bots_run",
    "hand_over": "select min(id) from dashboard_handover",
    "webhook": "select id from webhooks_endpoint where key = 'seen'",
    "call_out": "select min(id) from webhooks_delivery where status = 'failed'",
    "wall": "select id from dashboard_wall where key = 'seen'",
}


SOMETHING_LEARNT = """
from apps.accounts.models import Folder, User
from tests.learning.seen import make_learnt
folder = Folder.objects.get(demo_setting__isnull=False)
make_learnt(folder, [User.objects.get(username=name) for name in ("sam", "bea")])
"""
TWO_INVOICES = """
from apps.accounts.models import Folder
from apps.demo.intake import take_in_made
from apps.demo.making import Fault
from apps.demo.trickle import make_one
folder = Folder.objects.get(demo_setting__isnull=False)
for fault in [None, Fault.WRONG_TOTAL]:
    take_in_made(folder, make_one(folder, fault=fault))
"""
SOMETHING_TO_SEE = f"""
{TWO_INVOICES}
from apps.workflows.lifecycle import deploy_decision
from apps.lib.actors import SYSTEM
from tests.workflows.decisions import DISCOUNT
deploy_decision(folder, DISCOUNT, by=SYSTEM)
from tests.flows.people import make_people_to_see
make_people_to_see(folder)
from tests.inbox.readings import hand_in_read, make_gate
from tests.factories_queues import make_queue
hand_in_read(make_queue("read", folder=folder, gate=make_gate(folder, key="seen")))
from apps.bots.models import Bot
from tests.assets.rows import login, make_asset, override
override(make_asset(folder, "seen", login()), Bot.objects.order_by("pk").first(), login())
from tests.forecast.seen import make_forecast_to_see
make_forecast_to_see(folder)
from tests.flows.ai_to_see import make_ai_to_see
make_ai_to_see(folder)
from tests.flows.triggers_to_see import make_triggers_to_see
make_triggers_to_see(folder)
from tests.flows.limits_to_see import make_limits_to_see
make_limits_to_see(folder)
from tests.flows.shifts_to_see import make_shifts_to_see
make_shifts_to_see(folder)
from tests.flows.failures_to_see import make_failures_to_see
make_failures_to_see(folder)
from tests.flows.alerts_to_see import make_alerts_to_see
make_alerts_to_see(folder)
from tests.flows.operations_to_see import make_operations_to_see
make_operations_to_see(folder)
from tests.flows.uploads_to_see import make_uploads_to_see
make_uploads_to_see(folder)
from tests.flows.webhooks_to_see import make_webhooks_to_see
make_webhooks_to_see(folder)
"""


# some eighty pages, each looked at by axe: minutes on a busy machine
@pytest.mark.timeout(600)
# colours follow the theme and the layout the width, neither the other: two looks see all four
@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desk", "dark-phone"]
)
def test_no_page_has_a_violation_or_an_error_or_goes_beyond_its_budget(
    page_of, numbers, theme, viewport
):
    page = page_of("admin", color_scheme=theme, viewport=viewport)
    visit, faults = Visit(page), {}
    for address in PAGES:
        visit.begin(address.format(**numbers))

        if found := [*axe(page), *visit.faults()]:
            faults[address] = found

    assert not faults, json.dumps(faults, indent=1)


def test_a_task_and_its_refusals_are_accessible(page_of, numbers, running_room):
    page = page_of("bea")
    task = running_room.query(
        "select max(id) from inbox_usertask where kind = 'data_problem' and status = 'open'"
    )[0][0]
    page.goto(f"/inbox/{task}/")

    assert_accessible(page)
    page.locator(".decision-bar summary", has_text="Reject").click()
    assert_accessible(page)


def test_the_sign_in_page_is_accessible(page):
    page.goto("/sign-in/")
    assert_accessible(page)
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("wrong").first.wait_for()

    assert_accessible(page)


def test_the_overview_moves_without_a_reload(page_of, numbers, running_room):
    page = page_of("sam")
    page.goto("/")
    page.evaluate("window.wasNotReloaded = true")
    before = page.locator(".tile", has_text="Done today").inner_text()

    running_room.manage("shell", "-c", TWO_INVOICES)

    page.wait_for_function(
        "before => [...document.querySelectorAll('.tile')].find("
        "tile => tile.innerText.includes('Done today')).innerText !== before",
        arg=before,
    )
    assert page.evaluate("window.wasNotReloaded")
