"""Invented names for the people of the demo, from the places its customers come from."""

from collections.abc import Iterator

FIRST = (
    "Maya", "Ben", "Aiko", "Jonas", "Leila", "Tariq", "Sofia", "Emil", "Hana", "Pedro", "Freya",
    "Ivo", "Noor", "Silas", "Wanda", "Yusuf", "Clara", "Otis", "Greta", "Milan", "Petra", "Anton",
    "Rosa", "Felix", "Ida", "Marek", "Nina", "Oskar", "Paula", "Stefan", "Thea", "Viktor", "Zoe",
    "Arne", "Bela", "Carmen", "David", "Elif", "Farid", "Gwen", "Henrik", "Irma", "Jakub", "Karin",
)  # fmt: skip
LAST = (
    "Winter", "Okoro", "Sato", "Brandt", "Haddad", "Rahimi", "Rossi", "Lund", "Novak", "Alvarez",
    "Sund", "Petrov", "Bakker", "Moreau", "Kowal", "Demir", "Fischer", "Quayle", "Holm", "Horvat",
    "Ilves", "Jansen", "Keller", "Larsen", "Meyer", "Nagy", "Olsen", "Popov", "Reyes", "Silva",
    "Toth", "Urban", "Vogel", "Weber", "Yilmaz", "Zeman", "Ahlgren", "Bergman", "Castro", "Duarte",
)  # fmt: skip
LOCAL = (
    ("ליאור כהן", "lior.cohen"),
    ("תמר לוי", "tamar.levi"),
    ("王小雨", "xiaoyu.wang"),
    ("陈思远", "siyuan.chen"),
    ("Ольга Белова", "olga.belova"),
    ("Дмитрий Орлов", "dmitri.orlov"),
)


def names() -> Iterator[tuple[str, str]]:
    """Return endless different names with the first part of their mail addresses."""
    yield from LOCAL
    number = 0
    while True:
        first = FIRST[number % len(FIRST)]
        last = LAST[(number * 7 + number // len(FIRST)) % len(LAST)]
        lap = number // (len(FIRST) * len(LAST))
        suffix = str(lap + 1) if lap else ""
        # The pairs repeat only after every combination, then get a number in the address.
        yield f"{first} {last}", f"{first}.{last}{suffix}".lower()
        number += 1
