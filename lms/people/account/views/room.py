"""The account room's blueprint, to which its pages attach themselves."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)
