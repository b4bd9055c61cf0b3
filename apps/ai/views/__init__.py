"""The pages under /ai/ (being built)."""

from django.http import HttpRequest, HttpResponse


def _soon(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse("")


endpoint_list = endpoint_detail = endpoint_try = endpoint_stop = endpoint_resume = _soon
call_list = call_detail = prompt_list = prompt_detail = agent_list = agent_detail = _soon
agent_run_detail = _soon
