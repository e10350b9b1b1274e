"""What agents read of a signed mail."""

from dataclasses import replace

import pytest

from tests.mail.read import FOLDER
from tests.mailing import Post

NAME = "signed_rightly_by_openpgp.eml"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("keys", "word", "said"),
    [
        (True, b"hums", "It is signed by its sender"),
        (True, b"hurts", "Its signature is not right"),
        (False, b"hums", "nobody has checked"),
    ],
)
def test_a_mail_says_what_its_signature_proves(
    post: Post, *, keys: bool, word: bytes, said: str
) -> None:
    post.room = replace(post.room, keys=FOLDER / "keys" if keys else None)
    outcome = post((FOLDER / NAME).read_bytes().replace(b"hums", word))
    assert outcome.ticket is not None
    assert said in outcome.reason
