"""Files of items to be looked at on their pages: one to confirm, one that was added."""

from apps.accounts.models import Folder
from apps.queues.exchange import lifecycle
from apps.queues.models import WorkQueue
from tests.factories_queues import ANNA, make_queue
from tests.queues.exchange.uploads import SCHEMA, make_upload

ROWS = "reference,invoice,amount,total\nU-1,I-1,1,10\nU-2,I-2,2,much\n"


def make_uploads_to_see(folder: Folder) -> None:
    """Make them; the second time nothing."""
    if WorkQueue.objects.filter(folder=folder, key="seen-uploads").exists():
        return
    queue = make_queue("seen-uploads", folder=folder, title="Sent in", payload_schema=SCHEMA)
    added = make_upload(queue, ROWS, name="first.csv")
    lifecycle.confirm(added, mode="good", by=ANNA)
    make_upload(queue, ROWS, name="second.csv")
