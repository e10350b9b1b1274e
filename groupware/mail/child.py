"""The process that reads mail for another one: `python -m groupware.mail.child`.

Frames of eight bytes of length and that many bytes: a mail comes in, a packed Message goes out.
It ends with its input, and dies where a mail asks for more than is allowed.
"""

import resource
import sys
from typing import BinaryIO

from groupware.mail import wire
from groupware.mail.reader import read

MEMORY = 512 * 1024 * 1024
SECONDS = 10


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (raw := frame_from(requests)) is not None:
        _allow(SECONDS)
        answer = wire.packed(read(raw))
        answers.write(len(answer).to_bytes(8))
        answers.write(answer)
        answers.flush()
    return 0


def frame_from(stream: BinaryIO) -> bytes | None:
    """The next frame, or None where the stream has ended."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head)
    data = stream.read(size)
    return data if len(data) == size else None


def _allow(seconds: int) -> None:
    """Let the next mail take this much of the processor; the limit counts from the process's start."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
