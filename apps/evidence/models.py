"""The keys that evidence is signed with."""

from django.db import models
from django.db.models.functions import Now


class EvidenceKey(models.Model):
    """A pair of Ed25519 keys. The newest signs; packs signed by older ones can still be checked."""

    public_pem = models.TextField()
    # by lib/sealing: the database alone can't sign
    sealed_private_pem = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"key {self.pk}"
