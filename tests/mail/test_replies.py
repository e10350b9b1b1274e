"""What is new in a reply, and what it quotes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groupware.mail.html import plain
from groupware.mail.quotes import passages
from tests.mail.read import mail


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("reply_gmail", "Yes, it is on."),
        ("reply_outlook_german", "Ja, er ist an.\n\nViele Grüße\nAnn"),
        ("reply_between_the_lines", "Hello,\n\nYes.\nThat too."),
        ("reply_in_html_from_outlook", "Yes, it is on."),
        ("reply_in_html_from_gmail", "Yes, it is on."),
        ("reply_from_a_telephone", "Yes, it is on.\n\nSent from my telephone"),
    ],
)
def test_what_is_new_is_told_from_what_is_quoted(name: str, new: str) -> None:
    assert mail(name).reply_text == new


@pytest.mark.parametrize("name", ["reply_that_only_forwards", "mail_that_talks_of_quotes"])
def test_a_mail_without_an_answer_is_kept_whole(name: str) -> None:
    message = mail(name)

    assert message.reply_text == message.text.strip()


@pytest.mark.parametrize(
    "introduction",
    [
        "On 02/03/2026 17:01, Desk wrote:",
        "On Mon, 2 Mar 2026 17:01:00 +0100 Desk <desk@example.net> wrote",
        "Am Mo., 2. März 2026 um 17:01 Uhr schrieb Desk <\ndesk@example.net>:",
        "Le lun. 2 mars 2026 à 17:01, Desk <desk@example.net> a\nécrit :",
        "El lun, 2 mar 2026 a las 17:01, Desk (<desk@example.net>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 17:01 Desk <desk@example.net> ha scritto:",
        "Op ma 2 mrt 2026 om 17:01 schreef Desk <desk@example.net>:",
        "Em seg., 2 de mar. de 2026 às 17:01, Desk <desk@example.net> escreveu:",
        "Den mån 2 mars 2026 kl 17:01 skrev Desk <desk@example.net>:",
        "pon., 2 mar 2026 o 17:01 Desk <desk@example.net> napisał(a):",
        "пн, 2 мар. 2026 г. в 17:01, Desk <desk@example.net>:",
        "2026年3月2日(月) 17:01 Desk <desk@example.net>:",
        "Desk <desk@example.net> 于2026年3月2日周一 17:01写道：",
        "2026. 3. 2. 17:01, Desk <desk@example.net>님이 작성:",
        "2 Mar 2026 Pzt, 17:01 tarihinde Desk <desk@example.net> şunu yazdı:",
        "-----Ursprüngliche Nachricht-----\nVon: Desk",
        "-------- Message d'origine --------",
        "From: Desk <desk@example.net>\nSent: Monday\nTo: Ann\nSubject: x",
        "*From:* Desk\n*Date:* Monday\n*To:* Ann",
        "差出人: Desk\n送信日時: 2026年3月2日\n宛先: Ann\n件名: x",
        "Šalje: Desk <desk@example.net>\nDatum: 2.3.2026\nPrima: Ann\nPredmet: x",
        "Від кого: Desk\nДата: 2 березня 2026\nКому: Ann\nТема: x",
        "-------- Přeposlaná zpráva --------",
        "━━━Thư gốc━━━",
        "Początek przekazywanej wiadomości:",
        "------ In words of any language ------\nVon: Desk\nDatum: 2.3.2026",
        "W dniu 2.03.2026 o 17:01, Desk pisze:",
        "Enviado desde mi teléfono",
        "## Please reply above this line ##",
    ],
)
def test_an_earlier_mail_begins_at(introduction: str) -> None:
    text = f"Yes, it is on.\nReally.\n\n{introduction}\n\nIs it switched on?\nDesk\n"

    new = "".join(each.text for each in passages(text) if not each.quoted)

    assert new.strip() == "Yes, it is on.\nReally."


@pytest.mark.parametrize(
    "introduction",
    [
        "2.03.2026 17:01, Desk:",
        "2026-03-02 17:01, whoever said in whatever language:",
        "2026/3/2 Desk <desk@example.net>",
        "Desk pisze:",
        "На 2.03.2026 в 17:01, Desk написа:",
        "Desk 이(가) 02.03.2026 17:01 에 쓴 글:",
    ],
)
def test_above_marked_lines_an_introduction_goes_with_them(introduction: str) -> None:
    text = (
        f"Yes.\n\n{introduction}\n> Is it on?\n> https://desk.example/?a=\n1&b=2\n> Desk\n\nBye\n"
    )

    new = "".join(each.text for each in passages(text) if not each.quoted)

    assert new.split() == ["Yes.", "Bye"]


@pytest.mark.parametrize(
    "prose",
    [
        "It stopped on 2 March 2026 at 17:01:\n- first the light\n- then the fan",
        "Please write to bob@example.org:\nhe knows more.",
        "From: me\nI like it.",
        "-----\nA table\n-----\nand more",
        "--- Original settings ---\nspeed: 4",
        "------ My data ------\nName: Ann\nDate: 2.3.2026\nE-mail: ann@example.org",
        "2.03.2026 17:01, this was shown:\n- error 4",
        "My address:\n\nAnn Berg\nStreet 1",
        "Sent from the office, where nobody answers the telephone, and so I write to you instead:\nhelp",
    ],
)
def test_what_only_looks_like_an_introduction_folds_nothing(prose: str) -> None:
    text = f"Hello,\n\n{prose}\n\nRegards\nAnn\n"

    assert [each.quoted for each in passages(text)] == [False]


def test_a_quoted_line_that_a_mailer_broke_stays_with_its_quote() -> None:
    text = f"Yes.\n\n> {'long words ' * 6}and\nthe rest\n> Desk\n"

    assert [each.quoted for each in passages(text)] == [False, True]


def test_a_quote_in_html_is_marked_however_deep() -> None:
    found = plain("<blockquote type=cite>a<blockquote type=cite>b</blockquote></blockquote>c")

    assert found.text.replace("\n>\n", "\n") == "> a\n>> b\n\nc"


@given(some.text(alphabet="> \n:-_aFromOn@.12wrote", max_size=400), some.lists(some.integers(0, 9)))
def test_nothing_is_lost_when_a_text_is_cut(text: str, starts: list[int]) -> None:
    assert "".join(each.text for each in passages(text, starts)) == text


@pytest.mark.parametrize("size", [40_000, 1_000_000])
@pytest.mark.parametrize(
    "line",
    [
        "",
        ">",
        "> \n",
        "wrote:",
        "On 1.1.2020 a@b.example wrote\nx",
        "On 1.1.2020 ",
        "From: x",
        "x\nFrom: x\nTo: y\n",
        "-" * 60,
        "Sent from my telephone\nx",
        "> " + "a" * 70 + "\nb",
        "- " * 90 + "\nFrom: x\nTo: y",
        "1.1.2020 10:00" * 30 + " <a@b>",
        "-- ",
        "a" * 499 + ":",
    ],
)
def test_a_crafted_text_costs_what_its_length_costs(line: str, size: int) -> None:
    text = "x\n" + f"{line}\n" * (size // (len(line) + 1))
    start = time.process_time()
    passages(text)
    assert time.process_time() - start < 1
