"""The pages a browser sees at the login host. Jinja escapes every value."""

from collections.abc import Mapping, Sequence

from jinja2 import DictLoader, Environment

from bot.sandbox.directory import AppRegistration, User
from bot.sandbox.entra.errors import EntraError

_LAYOUT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %}</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #eef1f6;
  font: 15px/1.45 "Segoe UI", system-ui, sans-serif; color: #1b1b1b; }
main { background: #fff; width: min(440px, calc(100vw - 32px)); padding: 36px 40px; margin: 24px 0;
  box-shadow: 0 2px 8px rgb(0 0 0 / 15%); box-sizing: border-box; }
h1 { font-size: 22px; font-weight: 600; margin: 0 0 4px; }
h2 { font-size: 15px; font-weight: 600; margin: 24px 0 8px; }
.host { color: #595959; margin: 0 0 20px; }
ul { margin: 0; padding-left: 20px; }
label.account { display: flex; gap: 12px; align-items: center; padding: 10px 8px; cursor: pointer;
  border-top: 1px solid #e1e1e1; }
label.account:hover { background: #f3f6fb; }
label.account small { display: block; color: #595959; }
label.all { display: block; margin-top: 16px; }
footer { display: flex; gap: 8px; justify-content: flex-end; margin-top: 28px; }
button { font: inherit; min-width: 108px; padding: 6px 12px; border: 1px solid #8a8a8a;
  background: #fff; cursor: pointer; }
button.primary { background: #0f5fb8; border-color: #0f5fb8; color: #fff; }
button:focus-visible, input:focus-visible { outline: 2px solid #000; outline-offset: 2px; }
code { overflow-wrap: anywhere; }
.note { color: #595959; font-size: 13px; margin-top: 24px; }
</style>
</head>
<body><main>
{% block main %}{% endblock %}
</main></body>
</html>
"""

_SIGN_IN = """{% extends "layout" %}
{% block title %}Sign in to {{ app.name }}{% endblock %}
{% block main %}
<h1>Sign in to {{ app.name }}</h1>
<p class="host">{{ tenant_name }} (local sandbox, no password)</p>
<form method="post">
{% for user in users %}
<label class="account">
<input type="radio" name="account" value="{{ user.upn }}" required
{%- if user.upn == selected %} checked{% endif %}>
<span>{{ user.name }}<small>{{ user.upn }} · {{ user.job_title }}</small></span>
</label>
{% endfor %}
<h2>{{ app.name }} would like to</h2>
<ul>{% for line in permissions %}<li>{{ line }}</li>{% endfor %}</ul>
{% if offers_organization %}
<label class="all"><input type="checkbox" name="organization" value="on">
Consent on behalf of your organization (administrators only)</label>
{% endif %}
<footer>
<button name="decision" value="decline" formnovalidate>Cancel</button>
<button class="primary" name="decision" value="accept">Accept</button>
</footer>
</form>
{% endblock %}
"""

_APPROVAL = """{% extends "layout" %}
{% block title %}Need admin approval{% endblock %}
{% block main %}
<h1>Need admin approval</h1>
<p class="host">{{ user.upn }}</p>
<p>{{ app.name }} needs permission to access resources in your organization that only an admin can
grant. Please ask an admin to grant permission to this app before you can use it.</p>
<p><a href="">Have an admin account? Sign in with that account</a></p>
<form method="post">
<input type="hidden" name="account" value="{{ user.upn }}">
<footer><button name="decision" value="decline">Return to the application without granting
consent</button></footer>
</form>
<p class="note">AADSTS90094</p>
{% endblock %}
"""

_ERROR = """{% extends "layout" %}
{% block title %}Sorry, but we're having trouble signing you in{% endblock %}
{% block main %}
<h1>Sorry, but we're having trouble signing you in.</h1>
<p><code>AADSTS{{ error.code }}: {{ error.message }}</code></p>
{% endblock %}
"""

_FORM_POST = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Working...</title></head>
<body onload="document.forms[0].submit()">
<form method="post" action="{{ url }}">
{% for name, value in fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<noscript><button>Continue</button></noscript>
</form></body></html>
"""

_PAGES = Environment(
    autoescape=True,
    loader=DictLoader(
        {
            "layout": _LAYOUT,
            "sign in": _SIGN_IN,
            "approval": _APPROVAL,
            "error": _ERROR,
            "form post": _FORM_POST,
        }
    ),
)


def sign_in(
    app: AppRegistration,
    tenant_name: str,
    users: Sequence[User],
    permissions: Sequence[str],
    *,
    selected: str | None = None,
    offers_organization: bool = True,
) -> str:
    """Return the page that shows the tenant's accounts and what the app asks for.

    It posts `account` (a UPN), `decision` (accept or decline) and, where ticked, `organization`.
    """
    return _PAGES.get_template("sign in").render(
        app=app,
        tenant_name=tenant_name,
        users=users,
        permissions=permissions,
        selected=selected,
        offers_organization=offers_organization,
    )


def approval(app: AppRegistration, user: User) -> str:
    """Return "Need admin approval" (application-sign-in-unexpected-user-consent-error)."""
    return _PAGES.get_template("approval").render(app=app, user=user)


def trouble(error: EntraError) -> str:
    """Return the page for an error that cannot be sent to the app."""
    return _PAGES.get_template("error").render(error=error)


def form_post(url: str, fields: Mapping[str, str]) -> str:
    """Return the self-submitting form of `response_mode=form_post`."""
    return _PAGES.get_template("form post").render(url=url, fields=fields)
