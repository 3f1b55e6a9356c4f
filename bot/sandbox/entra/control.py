"""Control of the tenant: who is in it, how it consents, what is revoked."""

from typing import Any, cast

from aiohttp import web

from bot.sandbox import fields
from bot.sandbox.directory import CONSENT_MODES, ConsentMode, Directory, User


def routes(directory: Directory) -> list[web.RouteDef]:
    """Return the routes for the control listener, which answers FieldError and unknown users."""
    control = _Control(directory)
    return [
        web.get("/control/directory", control.show),
        web.put("/control/consent", control.set_consent),
        web.post("/control/revoke", control.revoke),
        web.put("/control/app", control.set_app),
    ]


class _Control:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def show(self, request: web.Request) -> web.Response:
        app = self._directory.app
        return web.json_response(
            {
                "tenant_id": self._directory.tenant_id,
                "tenant_name": self._directory.tenant_name,
                "consent_mode": self._directory.consent_mode,
                "app_id": app.app_id,
                "redirect_uris": sorted(app.redirect_uris),
                "bot_endpoint": app.bot_endpoint,
                "users": [self._user(user) for user in self._directory.users],
            }
        )

    async def set_consent(self, request: web.Request) -> web.Response:
        content = fields.parse(await request.read())
        fields.check(content, required={"mode": str})
        if content["mode"] not in CONSENT_MODES:
            raise fields.FieldError(f"mode: one of {', '.join(CONSENT_MODES)}")
        self._directory.consent_mode = cast(ConsentMode, content["mode"])
        return web.json_response({"mode": self._directory.consent_mode})

    async def revoke(self, request: web.Request) -> web.Response:
        content = fields.parse(await request.read())
        fields.check(content, required={"user": str, "what": str})
        user = self._directory.find(content["user"])
        if content["what"] == "sessions":
            self._directory.revoke(user.oid)
        elif content["what"] == "consent":
            self._directory.withdraw_consent(user.oid)
        else:
            raise fields.FieldError("what: sessions or consent")
        return web.json_response({"user": user.oid, "what": content["what"]})

    async def set_app(self, request: web.Request) -> web.Response:
        content = fields.parse(await request.read())
        fields.check(content, optional={"redirect_uris": list, "bot_endpoint": str})
        app = self._directory.app
        uris = content.get("redirect_uris")
        if uris is not None:
            if not all(isinstance(uri, str) for uri in uris):
                raise fields.FieldError("redirect_uris: expected strings")
            app.redirect_uris = set(uris)
        if "bot_endpoint" in content:
            app.bot_endpoint = content["bot_endpoint"]
        return web.json_response(
            {"redirect_uris": sorted(app.redirect_uris), "bot_endpoint": app.bot_endpoint}
        )

    def _user(self, user: User) -> dict[str, Any]:
        return {
            "oid": user.oid,
            "upn": user.upn,
            "mail": user.mail,
            "name": user.name,
            "job_title": user.job_title,
            "is_admin": user.is_admin,
            "granted": sorted(self._directory.granted(user.oid)),
        }
