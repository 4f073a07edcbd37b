"""The account room's blueprint, to which its pages attach themselves."""

from flask import Blueprint, render_template

from lms.core import web
from lms.people import sign_in
from lms.people.account import queries

blueprint = Blueprint("account", __name__)


def signed_out_page(template: str, **context: object) -> str:
    """Return a page for people who are not signed in, under the company's name and logo."""
    name, logo = queries.company_face(web.session())
    face = {"company_name": name, "company_logo": sign_in.logo_url(logo)}
    return render_template(template, **face, **context)
