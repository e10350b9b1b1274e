"""Bytes to text, whatever the label says. Nothing here raises.

Labels come from strangers: only these encodings are ever looked up, because Python's registry
also holds codecs that are no charsets, or take quadratic time.
"""

import codecs
import re

_PLAIN = {
    **dict.fromkeys(("utf8", "unicode11utf8", "utf8mb4", "utf8mb3", "unicode"), "utf-8"),
    **dict.fromkeys(("ascii", "usascii", "ansix341968", "iso646us", "646"), "ascii"),
    # Who writes Latin-1 means Windows' superset: the bytes 80-9F are no controls in mail.
    **dict.fromkeys(("latin1", "iso88591", "iso885911987", "cp1252", "ansi", "l1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb231280", "cp936", "euccn", "gb18030"), "gb18030"),
    "hzgb2312": "hz",
    **dict.fromkeys(("ksc56011987", "ksc5601", "euckr", "cp949", "korean", "uhc"), "cp949"),
    "iso2022kr": "iso2022_kr",
    **dict.fromkeys(("big5", "big5hkscs", "cp950", "cnbig5", "xxbig5"), "big5hkscs"),
    **dict.fromkeys(("shiftjis", "sjis", "xsjis", "mskanji", "cp932", "windows31j"), "cp932"),
    **dict.fromkeys(("eucjp", "xeucjp", "ujis"), "euc_jp"),
    **dict.fromkeys(("iso2022jp", "iso2022jp1", "iso2022jp2", "iso2022jp3"), "iso2022_jp_ext"),
    **dict.fromkeys(("cp50220", "cp50221", "iso2022jpms"), "cp50220"),
    **dict.fromkeys(("koi8r", "koi8", "cskoi8r"), "koi8_r"),
    "koi8u": "koi8_u",
    **dict.fromkeys(("tis620", "iso885911", "cp874", "dos874"), "cp874"),
    **dict.fromkeys(("iso88599", "latin5"), "cp1254"),
    "latin2": "iso8859_2",
    "latin9": "iso8859_15",
    "arabic": "iso8859_6",
    "hebrew": "iso8859_8",
    "greek": "iso8859_7",
    "cyrillic": "iso8859_5",
    **dict.fromkeys(("macintosh", "macroman", "xmacroman", "mac"), "mac_roman"),
    "xmaccyrillic": "mac_cyrillic",
    "utf7": "utf-7",
    "unicode11utf7": "utf-7",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf32": "utf-32",
}
SHIFTS = b"\x1b$"  # how ISO 2022 begins to mean other letters
_NUMBERED = re.compile(r"(?:(iso8859)|(?:windows|cp|ibm|dos|x?cp))(\d{1,5})")
_PAGES = {
    *range(1250, 1259), 437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865,
    866, 869, 874, 932, 949, 950,
}  # fmt: skip


def codec_of(label: str) -> str | None:
    """The codec that is meant by this label, or None where nobody knows."""
    key = re.sub(r"[^a-z0-9]", "", label[:64].lower())
    if key in _PLAIN:
        found = _PLAIN[key]
        return "iso2022_jp_ext" if found == "cp50220" else found
    if numbered := _NUMBERED.match(key):
        page = int(numbered[2][:5])
        if numbered[1]:  # iso-8859-15, also with a year or other words behind
            return _iso(numbered[2])
        if page in _PAGES:
            return f"cp{page}"
        if page == 65001:
            return "utf-8"
        return {20866: "koi8_r", 21866: "koi8_u", 936: "gb18030", 28591: "cp1252"}.get(page)
    return None


def decoded(data: bytes, label: str = "") -> str:
    """Text of these bytes: by the label where that fits them, else by what they look like."""
    codec = codec_of(label) if label else None
    if codec in (None, "ascii", "utf-8"):
        return _guessed(data)
    if codec == "cp1252" and _is_utf8(data):
        return data.decode("utf-8")  # valid by chance about never
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        if codec == "iso2022_jp_ext" and not data.isascii():
            return decoded(data, "utf-8" if _is_utf8(data) else "shift_jis")
        if codec == "utf-16" or not _is_utf8(data):
            return data.decode(codec, "replace")
        return data.decode("utf-8")


def _iso(digits: str) -> str | None:
    for length in (2, 1):
        part = int(digits[:length] or 0)
        if 2 <= part <= 16 and part not in (9, 11, 12):
            return f"iso8859_{part}"
        if part in (9, 11):
            return {9: "cp1254", 11: "cp874"}[part]
    return "cp1252"


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guessed(data: bytes) -> str:
    """UTF-8 where it is mostly that (a line cut in the middle of a letter), else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\0" in data[:64]:
        return data.decode("utf-16", "replace")
    if SHIFTS in data and data.isascii():  # Japanese in seven bits tells itself
        return data.decode("iso2022_jp_ext", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    # Whole letters took more bytes than they count, wrong bytes did not.
    return (
        text if len(data) - len(text) > text.count("\ufffd") else data.decode("cp1252", "replace")
    )
