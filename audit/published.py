"""A checkpoint as everybody may have it: the one text of it that is published, mailed, printed and put into proofs."""

from audit import log_keys
from audit.models import Checkpoint
from audit.notes import BadNote, Verifier, is_cosignature, opened

NO_KEY = "none of this log; somebody changed what was signed. Run manage.py verify_audit_log."


def published_note(checkpoint: Checkpoint) -> str:
    """The signed note of a checkpoint with the lines its witnesses added (C2SP tlog-checkpoint, signed-note).

    A line that is no signature, or not what our witness signed, would spoil the note for whoever reads it, and is left
    out.
    """
    lines = [line.rstrip() for line in checkpoint.cosignatures.order_by("pk").values_list("line", flat=True)]
    text = checkpoint.note.rpartition("\n\n")[0] + "\n"
    return checkpoint.note + "".join(f"{line}\n" for line in lines if is_cosignature(line, text, log_keys.witness()))


def signer_of(checkpoint: Checkpoint) -> Verifier | None:
    """The key of the log that signed a checkpoint, of two the newer; None where somebody changed what was signed."""
    try:
        _, signers = opened(checkpoint.note, log_keys.verifiers())
    except BadNote:
        return None
    return next(iter(signers))


def signer_in_words(checkpoint: Checkpoint) -> str:
    """That key as text, or that there is none, for what people keep."""
    return str(signer_of(checkpoint) or NO_KEY)
