"""The tree the entries are sealed in (RFC 6962), and what is signed about it. Written by the sealer alone."""

from django.db import models
from django.db.models.functions import Now


class Waiting(models.Model):
    """An entry that has no place in the tree yet. The database itself puts it here when the entry is written.

    `queued_at` is of the database's own clock: no writer chooses it.
    """

    position = models.BigAutoField(primary_key=True)
    log = models.CharField(max_length=8)
    entry_id = models.UUIDField()
    queued_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.log} {self.entry_id}"


class Leaf(models.Model):
    """The place of one entry: its index in the tree of the installation, its number among its company's of both logs.

    `hash` is RFC 6962's of the entry's bytes (`audit.leaves`); it stands when the entry has been erased.
    """

    index = models.BigIntegerField(primary_key=True)
    log = models.CharField(max_length=8)
    entry_id = models.UUIDField(unique=True)
    company_id = models.UUIDField(null=True)
    number = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id", "number"], name="leaf_number_once_in_a_company"),
            models.UniqueConstraint(
                fields=["number"], condition=models.Q(company_id__isnull=True), name="leaf_number_once_outside"
            ),
            models.CheckConstraint(condition=models.Q(index__gte=0, number__gte=1), name="leaf_counts_from_the_start"),
        ]

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Checkpoint(models.Model):
    """What the log signed at an instant: its size and root, as a C2SP checkpoint with our own signatures."""

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["size", "id"], name="checkpoint_by_size")]

    def __str__(self) -> str:
        return f"checkpoint of {self.size} entries"


class Cosignature(models.Model):
    """A witness's signature line on one of our checkpoints."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["witness", "checkpoint"], name="cosignature_once_of_a_witness"),
        ]

    def __str__(self) -> str:
        return f"{self.witness} on checkpoint {self.checkpoint_id}"


class LogKey(models.Model):
    """A key the log signs with, by its public half. The latest one signs.

    `hand_over` is the note in which it took over from the one before, empty for the first;
    `size` is how many entries the tree had then.
    """

    verifier_key = models.TextField(unique=True)
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    hand_over = models.TextField(blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.verifier_key


class SealerState(models.Model):
    """When the sealer was last heard of, and what keeps it from sealing. One row.

    `warning` is what is wrong while it seals all the same. `clock` is what its clock said when it last signed with
    another time than that, because it had signed with a later one before.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()
    problem = models.TextField(blank=True)
    problem_since = models.DateTimeField(null=True)
    warning = models.TextField(blank=True)
    clock = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.problem or "sealing"
