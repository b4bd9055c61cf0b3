"""Alerts for programs: what fires, who takes it, when it fires, and checking in."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.models import Team, User
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import MAX_ID, Cursor, Limit, answer, page
from apps.lib.keys import KEY_RULE, is_key

from . import lifecycle
from .api_schemas import (
    AcknowledgedOut,
    AlertOut,
    AlertPage,
    AlertStatus,
    AssignIn,
    CheckInOut,
    ChosenIn,
    CommentIn,
    CommentOut,
    CommentPage,
    NoiseList,
    RuleIn,
    RuleOut,
    RulePage,
    Severity,
    SilenceIn,
    SilenceOut,
    SilencePage,
    SnoozeIn,
    TriedOut,
    TryIn,
)
from .backtesting import try_rule
from .conditions import parse_rule
from .definitions import condition_problems, definition_of, insist
from .models import Alert, AlertRule, Silence
from .noise import noise
from .presenting import sentence_of
from .previewing import outcome_json

router = Router(tags=["Alerts"])

Key = Annotated[str, Path(max_length=100)]
AlertId = Annotated[int, Path(ge=1, le=MAX_ID)]
OF_ALERT = [
    name for name in AlertOut.model_fields if name not in ("rule", "owner", "team")
]  # fmt: skip
OF_RULE = ("key", "version", "status", "phase", "phase_since", "created_at", "updated_at")


@router.get("/alerts", response=AlertPage, summary="List alerts")
def list_alerts(
    request: TokenRequest,
    limit: Limit,
    cursor: Cursor,
    status: Annotated[AlertStatus | None, Query(None)],
    severity: Annotated[Severity | None, Query(None)],
    rule: Annotated[str, Query("", max_length=100)],
) -> HttpResponse:
    """Newest first, those that are over among them."""
    found = _alerts(request)
    if status is not None:
        found = found.filter(status=status)
    if severity is not None:
        found = found.filter(severity=severity)
    if rule:
        found = found.filter(rule=_rule(request, rule))
    rows = page(found, order=("-fired_at", "-id"), limit=limit, cursor=cursor)
    return answer({"items": [_alert(each) for each in rows.items], "next_cursor": rows.next_cursor})


@router.post("/alerts/acknowledge", response=AcknowledgedOut, summary="Acknowledge many alerts")
def acknowledge_alerts(request: TokenRequest, body: ChosenIn) -> HttpResponse:
    """What somebody was first at, or is over, is left."""
    require(request.rights, Action.OPERATE, request.folder.pk)
    ours = Alert.objects.filter(folder=request.folder, pk__in=body.ids)
    done = lifecycle.acknowledge_all(list(ours.values_list("pk", flat=True)), by=request.actor)
    return answer({"acknowledged": done, "left": sorted({*body.ids} - {*done})})


@router.get("/alerts/{alert_id}", response=AlertOut, summary="Look at an alert")
def get_alert(request: TokenRequest, alert_id: AlertId) -> HttpResponse:
    return answer(_alert(_find(request, alert_id)))


@router.post("/alerts/{alert_id}/acknowledge", response=AlertOut, summary="Acknowledge an alert")
def acknowledge_alert(request: TokenRequest, alert_id: AlertId) -> HttpResponse:
    """409 if somebody has already, or it is over."""
    found = _to_care_for(request, alert_id)
    return answer(_alert(lifecycle.acknowledge(found, by=request.actor)))


@router.post("/alerts/{alert_id}/snooze", response=AlertOut, summary="Put an alert off")
def snooze_alert(request: TokenRequest, alert_id: AlertId, body: SnoozeIn) -> HttpResponse:
    """It fires again then, unless it is over by itself."""
    found = _to_care_for(request, alert_id)
    return answer(_alert(lifecycle.snooze(found, until=body.until, by=request.actor)))


@router.post("/alerts/{alert_id}/resolve", response=AlertOut, summary="Say that an alert is over")
def resolve_alert(request: TokenRequest, alert_id: AlertId) -> HttpResponse:
    """If its conditions hold still, its rule is silent until they have ended."""
    found = _to_care_for(request, alert_id)
    return answer(_alert(lifecycle.resolve(found, by=request.actor)))


@router.post("/alerts/{alert_id}/assign", response=AlertOut, summary="Hand an alert over")
def assign_alert(request: TokenRequest, alert_id: AlertId, body: AssignIn) -> HttpResponse:
    found = _to_care_for(request, alert_id)
    owner = User.objects.filter(username=body.owner, is_active=True).first()
    if body.owner and owner is None:
        message = _("is nobody of this folder")
        raise InvalidError(f"owner {message}", fields=[FieldProblem("owner", message)])
    team = Team.objects.filter(folder=request.folder, key=body.team).first()
    if body.team and team is None:
        message = _("is no team of this folder")
        raise InvalidError(f"team {message}", fields=[FieldProblem("team", message)])
    return answer(_alert(lifecycle.assign(found, owner=owner, team=team, by=request.actor)))


@router.get("/alerts/{alert_id}/comments", response=CommentPage, summary="Read what is said of it")
def list_comments(
    request: TokenRequest, alert_id: AlertId, limit: Limit, cursor: Cursor
) -> HttpResponse:
    found = _find(request, alert_id).comments.all()
    rows = page(found, order=("at", "id"), limit=limit, cursor=cursor)
    items = [{name: getattr(each, name) for name in CommentOut.model_fields} for each in rows.items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.post(
    "/alerts/{alert_id}/comments", response={201: CommentOut}, summary="Say something about it"
)
def add_comment(request: TokenRequest, alert_id: AlertId, body: CommentIn) -> HttpResponse:
    found = lifecycle.comment(_to_care_for(request, alert_id), body.text, by=request.actor)
    found.refresh_from_db()
    said = {name: getattr(found, name) for name in CommentOut.model_fields}
    return answer(said, status=201)


@router.get("/alert-rules", response=RulePage, summary="List alert rules")
def list_rules(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    rows = page(_rules(request), order=("key", "id"), limit=limit, cursor=cursor)
    items = [_rule_out(each) for each in rows.items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.post("/alert-rules/try", response=TriedOut, summary="Try a rule on the last 14 days")
def try_alert_rule(request: TokenRequest, body: TryIn) -> HttpResponse:
    """Nothing is saved. 422 names each field that does not fit, as `rule.all.0.queue`."""
    require(request.rights, Action.VIEW, request.folder.pk)
    try:
        rule = parse_rule(body.rule)
    except InvalidError as error:
        insist([FieldProblem(f"rule.{each.path}", each.message) for each in error.fields])
        raise
    insist([*condition_problems(request.folder, rule.when, f"rule.{rule.when.join}")])
    return answer(outcome_json(try_rule(rule, request.folder.pk)))


@router.get("/alert-rules/{key}", response=RuleOut, summary="Look at an alert rule")
def get_rule(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_rule_out(_rule(request, key)))


@router.put(
    "/alert-rules/{key}",
    response={200: RuleOut, 201: RuleOut},
    summary="Make or change an alert rule",
)
def put_rule(request: TokenRequest, key: Key, body: RuleIn) -> HttpResponse:
    """201 when it was made (it is on at once), 200 when it was there.

    With other conditions it begins anew: its open alert ends.
    """
    require(request.user, Action.DESIGN, request.folder.pk)
    given = {name: getattr(body, name) for name in body.model_fields_set if name != "version"}
    said = {name: value for name, value in given.items() if value is not None}
    saved = lifecycle.save_rule(request.folder, key, said, by=request.actor, version=body.version)
    return answer(_rule_out(saved.rule), status=201 if saved.is_new else 200)


@router.delete("/alert-rules/{key}", response={204: None}, summary="Remove an alert rule")
def delete_rule(request: TokenRequest, key: Key) -> HttpResponse:
    """What it has open ends; what fired stays."""
    rule = _rule(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    lifecycle.remove_rule(rule, by=request.actor)
    return HttpResponse(status=204)


@router.post("/alert-rules/{key}/on", response=RuleOut, summary="Switch an alert rule on")
def switch_on(request: TokenRequest, key: Key) -> HttpResponse:
    return _switched(request, key, on=True)


@router.post("/alert-rules/{key}/off", response=RuleOut, summary="Switch an alert rule off")
def switch_off(request: TokenRequest, key: Key) -> HttpResponse:
    """What it has open ends."""
    return _switched(request, key, on=False)


@router.get("/alert-silences", response=SilencePage, summary="List silences")
def list_silences(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    found = Silence.objects.filter(folder=request.folder).select_related("rule")
    rows = page(found, order=("-ends_at", "-id"), limit=limit, cursor=cursor)
    items = [_silence(each) for each in rows.items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.post("/alert-silences", response={201: SilenceOut}, summary="Silence alerts for a while")
def add_silence(request: TokenRequest, body: SilenceIn) -> HttpResponse:
    """Nobody is told meanwhile; what fires stands in the list."""
    require(request.user, Action.OPERATE, request.folder.pk)
    made = lifecycle.silence(
        request.folder,
        rule=_rule(request, body.rule) if body.rule else None,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
        by=request.actor,
    )
    return answer(_silence(made), status=201)


@router.post("/alert-silences/{silence_id}/end", response={204: None}, summary="End a silence")
def end_silence(request: TokenRequest, silence_id: AlertId) -> HttpResponse:
    """One that is yet to come is dropped. 409 if it is over."""
    require(request.user, Action.OPERATE, request.folder.pk)
    rows = Silence.objects.filter(folder=request.folder, pk=silence_id)
    found = rows.select_related("rule", "folder").first()
    if found is None:
        raise NotFoundError(_("There is no such silence in this folder."))
    lifecycle.end_silence(found, by=request.actor)
    return HttpResponse(status=204)


@router.get("/alert-noise", response=NoiseList, summary="What fired, and whether anybody cared")
def alert_noise(
    request: TokenRequest, days: Annotated[int, Query(14, ge=1, le=90)]
) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    items = [
        {
            "rule": each.rule_id,
            "title": each.title,
            "source": each.source,
            "fired": each.n,
            "told": each.n_told,
            "acknowledged": each.n_acknowledged,
            "ignored": each.n_ignored,
            "over": each.n_over,
            "median_seconds": each.median.total_seconds(),
        }
        for each in noise([request.folder.pk], days=days)
    ]
    return answer({"items": items})


@router.post("/check-ins/{key}", response=CheckInOut, summary="Say that something is well")
def check_in(request: TokenRequest, key: Key) -> HttpResponse:
    """A rule with the condition `check_in` fires when it stays away. The first call begins it."""
    require(request.user, Action.OPERATE, request.folder.pk)
    if not is_key(key):
        message = str(KEY_RULE)
        raise InvalidError(message, fields=[FieldProblem("key", message)])
    found = lifecycle.check_in(request.folder, key, by=request.actor)
    return answer({"key": found.key, "at": found.at})


def _switched(request: TokenRequest, key: str, *, on: bool) -> HttpResponse:
    rule = _rule(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    return answer(_rule_out(lifecycle.switch_rule(rule, on=on, by=request.actor)))


def _alerts(request: TokenRequest) -> QuerySet[Alert, Alert]:
    require(request.rights, Action.VIEW, request.folder.pk)
    found = Alert.objects.filter(folder=request.folder)
    rows: QuerySet[Alert, Alert] = found.select_related("rule", "owner", "team", "folder")
    return rows


def _find(request: TokenRequest, alert_id: int) -> Alert:
    found: Alert | None = _alerts(request).filter(pk=alert_id).first()
    if found is None:
        raise NotFoundError(_("There is no such alert in this folder."))
    return found


def _to_care_for(request: TokenRequest, alert_id: int) -> Alert:
    found = _find(request, alert_id)
    require(request.user, Action.OPERATE, request.folder.pk)
    return found


def _rules(request: TokenRequest) -> Any:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = AlertRule.objects.filter(folder=request.folder)
    return rows.select_related("folder", "owner", "team", "calendar")


def _rule(request: TokenRequest, key: str) -> AlertRule:
    found: AlertRule | None = _rules(request).filter(key=key).first() if is_key(key) else None
    if found is None:
        raise NotFoundError(_("There is no alert rule “%(key)s” in this folder.") % {"key": key})
    return found


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        **{name: getattr(alert, name) for name in OF_ALERT},
        "rule": alert.rule.key if alert.rule else "",
        "owner": alert.owner.username if alert.owner else "",
        "team": alert.team.key if alert.team else "",
    }


def _rule_out(rule: AlertRule) -> dict[str, Any]:
    standing = {name: getattr(rule, name) for name in OF_RULE}
    return {**definition_of(rule), **standing, "sentence": sentence_of(rule)}


def _silence(silence: Silence) -> dict[str, Any]:
    names = [name for name in SilenceOut.model_fields if name != "rule"]
    rule = silence.rule.key if silence.rule else ""
    return {**{name: getattr(silence, name) for name in names}, "rule": rule}
