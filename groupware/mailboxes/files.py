"""Files that came along with a mail: within the limits they are kept, the others are named."""

from collections.abc import Iterable

from groupware.blobs import Store
from groupware.mail.message import File
from groupware.mailboxes.outcome import Kept
from groupware.uploads import LARGEST_FILE, MOST_FILES, cleaned_name, sniffed

MOST_PICTURES = 20
"""Pictures within the text; they are no attachments and do not count as such."""


def keep(store: Store, files: Iterable[File]) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """The files that a ticket may have, stored; and a sentence for each that it may not."""
    kept: list[Kept] = []
    left_out: list[str] = []
    for file in files:
        name, picture = cleaned_name(file.name), sniffed(file.content[:16])
        inline = file.inline and picture is not None
        most = MOST_PICTURES if inline else MOST_FILES
        if file.size > LARGEST_FILE:
            left_out.append(f"{name} is larger than 10 MB.")
        elif sum(each.inline == inline for each in kept) >= most:
            left_out.append(f"{name} is one too many: at most {most}.")
        else:
            blob = store.put([file.content])
            kind = picture or _no_picture(file.content_type)
            kept.append(Kept(name, kind, blob.size, blob.sha256, inline))
    return tuple(kept), tuple(left_out)


def _no_picture(declared: str) -> str:
    """What the sender says, unless it claims to be a picture that its bytes are not."""
    if declared.startswith("image/") or len(declared) > 127:
        return "application/octet-stream"
    return declared
