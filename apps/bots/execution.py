"""Executes runs of the kind "run": calls the function once."""

from time import monotonic

from apps.events.causes import in_the_course_of
from apps.lib.secrecy import masked_json

from .contexts import Beat, RunContext
from .models import Run
from .registry import ExitReport, find_automation


def execute_run_automation(run: Run, beat: Beat) -> ExitReport:
    """Call the automation with its input; what it returns is the output of the run."""
    registered = find_automation(run.version.function)
    context = RunContext(beat, run.pk, run.input)
    began = monotonic()
    with in_the_course_of("run", run.pk):
        output = masked_json(registered.function(context))
    return ExitReport(
        output=output,
        n_successful=context.n_done,
        n_failed=context.n_failed,
        was_stopped=beat.should_stop() and output is None,
        seconds_each=monotonic() - began,
    )
