"""One's own profile, picture and self-check."""

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from lms.core import files, i18n, web
from lms.core.errors import NotFound, Refused
from lms.core.forms import blame
from lms.core.permissions import Permission, requires
from lms.people.account import own, queries, rules
from lms.people.account.forms import PhotoForm, ProfileForm, SelfCheckForm
from lms.people.account.views.room import blueprint
from lms.people.account.words import SEASON_NAMES


@blueprint.route("/profile", methods=["GET", "POST"])
@requires(Permission.MEMBER)
def profile() -> Response | tuple[str, int]:
    """Show and change one's own profile."""
    actor = web.actor()
    found = queries.profile(web.session(), person_id=actor.person_id or 0)
    form = _filled(found)
    if not form.validate_on_submit():
        return _profile_page(found, form, PhotoForm(formdata=None))
    try:
        return web.submit(
            lambda session: own.edit_profile(
                session,
                actor=actor,
                name=form.name.data or "",
                language=form.language.data or None,
                time_zone=form.time_zone.data or None,
                working_languages=form.working_languages.data or [],
                category_ids=form.category_ids(),
                about=(form.about.data or "").strip(),
                digest=form.digest.data,
                now=web.now(),
            ),
            then=url_for("account.profile"),
            message=_("Your profile is saved."),
        )
    except Refused as error:
        blame(form, error)
        return _profile_page(found, form, PhotoForm(formdata=None))


def _filled(found: queries.Profile) -> ProfileForm:
    first, second, *_rest = (*found.category_ids, 0, 0)
    form = ProfileForm(
        name=found.name,
        language=found.language or "",
        time_zone=found.time_zone or "",
        working_languages=list(found.working_languages),
        first_category=first,
        second_category=second,
        about=found.about,
        digest=found.digest,
    )
    form.offer(queries.categories(web.session()), found.site_zone)
    return form


def _profile_page(
    found: queries.Profile, form: ProfileForm, photo_form: PhotoForm
) -> tuple[str, int]:
    page = render_template(
        "account/profile.html",
        profile=found,
        form=form,
        photo_form=photo_form,
        season_names=SEASON_NAMES,
        language_names={entry.code: entry.name for entry in i18n.LANGUAGES.values()},
        answered=len(queries.self_check(web.session(), person_id=found.id)),
        questions=len(rules.SELF_CHECK),
    )
    return page, 422 if form.errors or photo_form.errors else 200


@blueprint.post("/profile/photo")
@requires(Permission.MEMBER)
def set_photo() -> Response | tuple[str, int]:
    """Show a picture of oneself: re-encoded, without the metadata that it came with."""
    actor = web.actor()
    form = PhotoForm()
    try:
        picture = _small_picture(files.read_upload(form.photo.data))
        digest = files.write_content(web.belay().config.files_dir, picture.content)
        return web.submit(
            lambda session: own.set_photo(
                session, actor=actor, digest=digest, picture=picture, now=web.now()
            ),
            then=url_for("account.profile"),
            message=_("Your picture is saved."),
        )
    except Refused as error:
        form.photo.errors = []
        error.field = "photo"
        blame(form, error)
    found = queries.profile(web.session(), person_id=actor.person_id or 0)
    profile_form = ProfileForm(formdata=None, data=_filled(found).data)
    profile_form.offer(queries.categories(web.session()), found.site_zone)
    return _profile_page(found, profile_form, form)


def _small_picture(content: bytes) -> files.Picture:
    """Return the largest re-encoding that is small enough to stand in a list."""
    if not content:
        raise Refused("no_picture")
    for side in rules.PHOTO_SIDES:
        picture = files.decode_picture(content, longest_side=side)
        if len(picture.content) <= rules.LARGEST_PHOTO:
            break
    return picture


@blueprint.post("/profile/photo/remove")
@requires(Permission.MEMBER)
def remove_photo() -> Response:
    """Take one's own picture away."""
    actor = web.actor()
    return web.submit(
        lambda session: own.remove_photo(session, actor=actor),
        then=url_for("account.profile"),
        message=_("Your picture is gone."),
    )


@blueprint.get("/photo/<sha256>")
@requires(Permission.MEMBER)
def photo(sha256: str) -> Response:
    """Send somebody's picture. A picture that nobody shows any more is not found."""
    stored = queries.photo(web.session(), sha256=sha256)
    if stored is None:
        raise NotFound
    path = files.path_of(web.belay().config.files_dir, stored.sha256)
    if not path.is_file():
        raise NotFound
    response = Response(path.read_bytes(), mimetype=stored.media_type)
    response.set_etag(stored.sha256)
    response.headers["Cache-Control"] = "private, max-age=604800, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.make_conditional(request)
    return response


@blueprint.route("/profile/self-check", methods=["GET", "POST"])
@requires(Permission.MEMBER)
def self_check() -> Response | tuple[str, int]:
    """Ask the questions of day one; show and take the answers."""
    actor = web.actor()
    latest = queries.self_check(web.session(), person_id=actor.person_id or 0)
    form = SelfCheckForm(data={slug: row.answer for slug, row in latest.items()})
    if form.validate_on_submit():
        answers = {slug: form[slug].data or "" for slug in rules.SELF_CHECK}
        return web.submit(
            lambda session: own.answer_self_check(
                session, actor=actor, answers=answers, now=web.now()
            ),
            then=url_for("account.self_check"),
            message=_("Thank you. Your answers are kept."),
        )
    page = render_template(
        "account/self_check.html", form=form, questions=rules.SELF_CHECK, latest=latest
    )
    return page, 422 if request.method == "POST" else 200
