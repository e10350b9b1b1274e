"""Subjects and bodies: what charsets, encodings and line breaks do to them."""

import pytest

from tests.mail.read import mail


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("subject_letter_cut_between_words", "Grüße aus Köln"),
        ("subject_in_raw_utf8", "Grüße aus Köln"),
        ("subject_in_raw_windows_1252", "Grüße aus Köln – 5 €"),
        ("subject_in_raw_windows_1251_like_its_text", "Принтер гудит"),
        ("subject_in_raw_iso_2022_jp", "プリンター"),
        ("subject_gb2312_with_letters_of_gbk", "朱镕基的打印机"),
        ("subject_ks_c_5601_with_letters_of_cp949", "똠방각하 프린터"),
        ("subject_in_an_unknown_charset", "Grüße"),
        ("subject_word_with_spaces_inside", "The printer hums"),
        ("subject_word_without_an_end", "=?UTF-8?Q?The_printer"),
        ("subject_word_that_decodes_to_a_header", "hi Bcc: victim@example.com"),
        ("subject_with_hidden_turns", "invoicegpj.exe for you"),
    ],
)
def test_a_subject_is_read_as_it_was_meant(name: str, subject: str) -> None:
    assert mail(name).subject == subject


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("body_us_ascii_that_is_utf8", "Es brummt über alles."),
        ("body_us_ascii_that_is_windows_1252", "Es brummt über alles – laut."),
        ("body_latin1_that_is_utf8", "Es brummt über alles."),
        ("body_in_shift_jis", "プリンターが動きません①"),
        ("body_in_iso_2022_jp", "プリンターが動きません"),
        ("body_in_iso_2022_jp_without_a_label", "プリンターが動きません"),
        ("body_charset_named_like_a_codec_that_is_none", "It hums."),
        ("body_html_charset_in_meta", "Принтер гудит"),
        ("body_quoted_printable_cut_short", "Grüße und = mehr=3"),
        ("body_alternative", "It hums."),
        ("body_then_picture_then_body", "before\nafter"),
        ("body_related_with_a_start", "It hums."),
        ("body_in_a_winmail_dat_as_rich_text", "„Принтер” hums.\nIt glows."),
        ("file_uuencoded_in_the_text", "It hums."),
        ("body_html_of_outlook", "Hello,\n\n2. off\n3. on\n  - red\n  - green\n4. off\n\nAnn"),
        ("body_related_picture", "Look: [the printer]"),
    ],
)
def test_a_body_is_read_as_it_was_meant(name: str, text: str) -> None:
    assert mail(name).text.strip() == text


def test_lines_broken_to_be_sent_are_joined_and_their_quotes_kept() -> None:
    text = mail("body_flowed").text

    assert text.splitlines() == [
        "The printer hums all day long, and nobody knows why.",
        "> Is it switched on?",
        "-- ",
        "Ann",
    ]


def test_html_alone_gives_its_text_with_lists_cells_and_links() -> None:
    message = mail("body_html_only")

    assert message.text.splitlines() == [
        "The printer hums & glows.",
        "",
        "- one",
        "- two",
        "",
        "a b",
        "",
        "see this <https://example.org/x?y=1>",
    ]
    assert "<b>hums</b>" in message.html


def test_of_two_alternatives_the_html_is_kept_too() -> None:
    assert mail("body_alternative").html.strip() == "<p>It <i>hums</i>.</p>"
