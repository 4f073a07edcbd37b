"""`python -m lms.translations update|compile|check`: keep the catalogues level with the source.

`update` reads every string of the program into messages.pot and merges it into the catalogues,
`compile` writes the binary ones that pages read, `check` says what is missing, fuzzy, left over
or not compiled, and exits 1 if there is anything.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lms.core.i18n import LANGUAGES

HERE = Path(__file__).parent
SOURCE = HERE.parent
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
LEFT_OUT = ("bench", "migrations", "demo", "translations")


def source_strings() -> Catalog:
    """Return every wrapped string of the program."""
    with (HERE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = Catalog(project="Belay", charset="utf-8")
    keywords = {
        "_": None,
        "gettext": None,
        "lazy_gettext": None,
        "ngettext": (1, 2),
        "lazy_ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
    }
    found = extract_from_dir(
        str(SOURCE), methods, options, keywords=keywords, comment_tags=("i18n:",)
    )
    for name, _line, message, comments, context in sorted(found, key=lambda f: (f[0], f[1])):
        if not name.startswith(LEFT_OUT):
            catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context or None)
    return catalog


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of a language lies."""
    return HERE / LANGUAGES[language].locale / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return a language's catalogue, an empty one when there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=LANGUAGES[language].locale, project="Belay", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGES[language].locale)


def translated() -> list[str]:
    """Return the languages that have a catalogue."""
    return [code for code in LANGUAGES if code != "en"]


def update() -> None:
    """Merge the program's strings into each catalogue; nothing is guessed."""
    template = source_strings()
    for language in translated():
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        out = BytesIO()
        write_po(out, catalog, width=100, omit_header=False, include_lineno=False)
        path.write_bytes(_without_dates(out.getvalue()))


def compile_all() -> None:
    """Write the binary catalogue of each language."""
    for language in translated():
        catalogue_path(language).with_suffix(".mo").write_bytes(binary(language))


def binary(language: str) -> bytes:
    """Return a language's binary catalogue as it should be."""
    catalog = read(language)
    # Without a date of its own a catalogue takes the present one, and never compiles alike.
    catalog.creation_date = catalog.revision_date = _UNDATED
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def problems() -> Iterator[str]:
    """Yield what is missing, left over, wrongly filled or not compiled."""
    template = source_strings()
    wanted = {message.id if isinstance(message.id, str) else message.id[0] for message in template}
    for language in translated():
        catalog = read(language)
        have = set()
        for message in catalog:
            key = message.id if isinstance(message.id, str) else message.id[0]
            if not key:
                continue
            have.add(key)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            if not all(strings):
                yield f"{language}: not translated: {key}"
            elif message.fuzzy:
                yield f"{language}: fuzzy: {key}"
            else:
                for error in message.check(catalog):
                    yield f"{language}: {error}: {key}"
        yield from (f"{language}: not in the catalogue: {key}" for key in wanted - have if key)
        yield from (f"{language}: left over: {key}" for key in have - wanted)
        path = catalogue_path(language).with_suffix(".mo")
        if not path.exists() or path.read_bytes() != binary(language):
            yield f"{language}: not compiled"


def _without_dates(content: bytes) -> bytes:
    """Drop the header lines that change with every run."""
    lines = content.split(b"\n")
    return b"\n".join(
        line for line in lines if not line.startswith((b'"POT-Creation', b'"PO-Revision'))
    )


def main(arguments: list[str]) -> int:
    """Run the command named; return 0 for fine, 1 for findings, 2 for usage."""
    if arguments == ["update"]:
        update()
        return 0
    if arguments == ["compile"]:
        compile_all()
        return 0
    if arguments == ["check"]:
        found = sorted(problems())
        sys.stdout.write("".join(f"{line}\n" for line in found))
        return 1 if found else 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
