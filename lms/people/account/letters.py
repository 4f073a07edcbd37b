"""Writing a mail: plain text, in the reader's language, with a name that a repeat shares."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

from flask_babel import force_locale

from lms.core import i18n
from lms.core.config import Config


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Speak this language inside. Needs an application context."""
    with force_locale(i18n.LANGUAGES[code].locale):
        yield


def letter(config: Config, *, to: str, subject: str, body: str, key: str) -> EmailMessage:
    """Return a mail from Belay. The same `key` gives the same Message-ID.

    Control characters never reach a header; raises ValueError when `to` is no mail address.
    """
    message = EmailMessage()
    message["From"] = config.mail_from
    message["To"] = str(Address(addr_spec=to))
    message["Subject"] = one_line(subject)[:200]
    host = urlsplit(config.base_url).hostname or "localhost"
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    return message


def one_line(text: str) -> str:
    """Return the text without line breaks and other control characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
