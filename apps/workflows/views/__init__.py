"""The pages of workflows, their instances, and decisions."""

from .decisions import decision_detail, decision_list, decision_xml
from .definitions import (
    pattern_download,
    version_xml,
    workflow_detail,
    workflow_list,
    workflow_start,
)
from .instances import instance_detail, instance_list, instance_verb
from .uploading import workflow_upload

__all__ = [
    "decision_detail",
    "decision_list",
    "decision_xml",
    "instance_detail",
    "instance_list",
    "instance_verb",
    "pattern_download",
    "version_xml",
    "workflow_detail",
    "workflow_list",
    "workflow_start",
    "workflow_upload",
]
