"""Errors in Graph's shape (graph/errors: `{"error": {"code", "message", "innerError"}}`)."""

from collections.abc import Mapping


class GraphError(Exception):
    """An answer other than success. `headers` go out with it."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})

    @property
    def message(self) -> str:
        """The text for people."""
        return str(self)


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """Return a 400."""
    return GraphError(400, code, message)


def unknown_property(name: str) -> GraphError:
    """Return what a query that names an unknown property of a message gets."""
    return bad_request(
        f"Could not find a property named '{name}' on type 'microsoft.graph.message'.",
        "RequestBroker--ParseUri",
    )


def item_not_found() -> GraphError:
    """Return what an id that names nothing gets (graph/errors; outlook-immutable-id: a moved item
    is not found under its old id).
    """
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def access_denied() -> GraphError:
    """Return what a token without the permission for mail gets."""
    return GraphError(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )
