"""What apps above show on the page of a run: names of their fragments, each given the run's number.

add_run_panel("run.items")
"""

_run_panels: list[str] = []


def add_run_panel(fragment: str) -> None:
    """Show the fragment on every run's page, in the order of the calls."""
    if fragment not in _run_panels:
        _run_panels.append(fragment)


def run_panels() -> tuple[str, ...]:
    return tuple(_run_panels)
