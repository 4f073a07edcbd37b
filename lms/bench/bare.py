"""The bare page: what any signed-in Flask page costs with one query and one template.

The user is loaded through the ORM on each request, as Flask-Login's documentation does it; the
page lists twenty rows and weighs about 16 kB.
"""

from pathlib import Path

from flask import Flask, render_template_string, session
from flask_login import LoginManager, UserMixin, login_required
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

PAGE = """<!doctype html><title>Bare</title><h1>{{ current_user.name }}</h1><table>
{% for row in rows %}<tr><td>{{ row.id }}</td><td>{{ row.title }}</td><td>{{ row.body }}</td></tr>
{% endfor %}</table>"""


class BareBase(DeclarativeBase):
    """Tables of the bare application."""


class BareUser(UserMixin, BareBase):  # type: ignore[misc]
    """Somebody signed in."""

    __tablename__ = "bare_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class BareRow(BareBase):
    """One of the twenty rows."""

    __tablename__ = "bare_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


def fill(url: str) -> None:
    """Make the bare application's tables with one user and twenty rows."""
    engine = create_engine(url)
    BareBase.metadata.create_all(engine)
    with Session(engine) as writable:
        writable.add(BareUser(id=1, name="Maya Winter"))
        body = "A few words about this row & what it is good for. " * 14
        writable.add_all(BareRow(id=n, title=f"Row {n}", body=body) for n in range(1, 21))
        writable.commit()
    engine.dispose()


def create_bare_app(url: str, secret: str) -> Flask:
    """Make the bare application."""
    app = Flask("bare", root_path=str(Path(__file__).parent))
    app.secret_key = secret
    engine = create_engine(url)
    manager = LoginManager(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(user_id: str) -> BareUser | None:
        with Session(engine) as readable:
            return readable.get(BareUser, int(user_id))

    @app.get("/")
    @login_required  # type: ignore[untyped-decorator]
    def page() -> str:
        with Session(engine) as readable:
            rows = readable.scalars(select(BareRow).order_by(BareRow.id)).all()
            return render_template_string(PAGE, rows=rows)

    @app.get("/enter")
    def enter() -> str:
        session["_user_id"] = "1"
        session["_fresh"] = True
        return "in"

    return app
