"""Which instances a list shows: one filter object for the page, its live fragment and its links."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.events.fragments import number_in
from apps.lib.numbers import VERSIONS, whole_number

from .links import asked_among, with_open_tasks
from .models import Incident, Token, Workflow, WorkflowInstance

PAGE_SIZE = 50
# of a version; a list shows its number alone, and drawings are large
DRAWINGS = ("version__xml", "version__original", "version__report", "version__warnings")
MAX_TEXT = 200
MAX_QUERY = 1000
NEEDS_REPAIR = "repair"
NEEDS_PERSON = "person"
KNOWN_STATUSES = {*WorkflowInstance.Status.values, NEEDS_REPAIR, NEEDS_PERSON}
OPEN_INCIDENT = Exists(
    Incident.objects.filter(instance_id=OuterRef("pk"), resolved_at__isnull=True)
)


@dataclass(frozen=True)
class InstanceFilter:
    """What a list of instances was asked for; its text form is a query string."""

    workflow_id: int | None = None
    version: int | None = None  # the number of a version of that workflow
    status: str = ""  # one of WorkflowInstance.Status, NEEDS_REPAIR or NEEDS_PERSON
    text: str = ""
    before: int | None = None  # keyset: only instances with a smaller id

    @classmethod
    def parse(cls, query: str) -> "InstanceFilter":
        """Read a query string; what makes no sense is left out, never an error."""
        values = {name: found[-1] for name, found in parse_qs(query[:MAX_QUERY]).items()}
        status = values.get("status", "")
        workflow_id = number_in(values.get("workflow", ""))
        return cls(
            workflow_id,
            whole_number(values.get("version", ""), below=VERSIONS) if workflow_id else None,
            status if status in KNOWN_STATUSES else "",
            values.get("q", "").replace("\x00", "").strip()[:MAX_TEXT],
            number_in(values.get("before", "")),
        )

    def query(self) -> str:
        pairs = {
            "workflow": self.workflow_id or "",
            "version": self.version or "",
            "status": self.status,
            "q": self.text,
            "before": self.before or "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def replace(self, **changes: Any) -> "InstanceFilter":
        return replace(self, **changes)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query())


@dataclass(frozen=True)
class InstanceRow:
    """An instance with where it is now."""

    instance: WorkflowInstance
    tokens: list[Token]
    has_incident: bool
    is_asked: bool  # a person must decide about a work item

    @property
    def shown_status(self) -> str:
        """`needs_decision` when a person is asked for, `failed` when somebody must repair it."""
        if self.instance.status != WorkflowInstance.Status.RUNNING:
            return str(self.instance.status)
        waits = {token.waits_for for token in self.tokens}
        if self.has_incident:
            return "faulted"
        asks = self.is_asked or Token.WaitsFor.TASK in waits
        return "needs_decision" if asks else "running"


@dataclass(frozen=True)
class InstancePage:
    rows: list[InstanceRow]
    first_query: str | None  # None on the first page
    next_query: str | None  # None on the last page


def find_instances(
    wanted: InstanceFilter, folder_ids: Iterable[int], *, limit: int = PAGE_SIZE
) -> InstancePage:
    """Return one page of instances, newest first; five queries."""
    # the numbers first: of tens of thousands that ask a person, only a page is joined and read
    found = _filtered(wanted, folder_ids).order_by("-pk").values_list("pk", flat=True)
    ids = list(found[: limit + 1])
    more = len(ids) > limit
    rows = WorkflowInstance.objects.filter(pk__in=ids[:limit]).order_by("-pk")
    instances = list(rows.select_related("workflow", "version").defer(*DRAWINGS))
    return InstancePage(
        rows_of(instances),
        wanted.replace(before=None).query() if wanted.before is not None else None,
        wanted.replace(before=instances[-1].pk).query() if more else None,
    )


def rows_of(instances: list[WorkflowInstance]) -> list[InstanceRow]:
    ids = [instance.pk for instance in instances if not instance.is_over]
    tokens = defaultdict(list)
    for token in Token.objects.filter(instance_id__in=ids).order_by("number"):
        tokens[token.instance_id].append(token)
    broken = set(
        Incident.objects.filter(instance_id__in=ids, resolved_at__isnull=True).values_list(
            "instance_id", flat=True
        )
    )
    asked = asked_among(ids)
    return [
        InstanceRow(each, tokens[each.pk], each.pk in broken, each.pk in asked)
        for each in instances
    ]


def _filtered(
    wanted: InstanceFilter, folder_ids: Iterable[int]
) -> QuerySet[WorkflowInstance, WorkflowInstance]:
    found = WorkflowInstance.objects.filter(folder_id__in=list(folder_ids))
    if wanted.workflow_id is not None:
        found = found.filter(workflow_id=wanted.workflow_id)
    if wanted.version is not None:
        found = found.filter(version__number=wanted.version)
    if wanted.status == NEEDS_REPAIR:
        found = found.filter(OPEN_INCIDENT)
    elif wanted.status == NEEDS_PERSON:
        found = found.filter(status=WorkflowInstance.Status.RUNNING, pk__in=with_open_tasks())
    elif wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.text:
        found = found.filter(_matches(wanted.text))
    if wanted.before is not None:
        found = found.filter(pk__lt=wanted.before)
    return found


def _matches(text: str) -> Q:
    """An instance's number, or its business key (both found by an index)."""
    number = number_in(text.removeprefix("#"))
    by_key = Q(business_key=text)
    return by_key if number is None else by_key | Q(pk=number)


def workflows_to_choose(folder_ids: Iterable[int]) -> list[tuple[str, str]]:
    """Return the workflows as a filter offers them."""
    found = Workflow.objects.filter(folder_id__in=list(folder_ids)).order_by("title", "id")
    return [(str(each.pk), each.title) for each in found]
