"""`python -m manifest --app-id … --public-url …`: writes the zip that a Teams admin uploads."""

import argparse
import json
import sys
import zipfile
from pathlib import Path

from manifest.app_manifest import Publisher, app_manifest

_HERE = Path(__file__).parent
_ICONS = ("color.png", "outline.png")


def main() -> int:
    """Write the package; return the exit code."""
    given = _arguments()
    try:
        told = app_manifest(given.app_id, given.public_url.rstrip("/"), _publisher(given))
    except ValueError as error:
        print(f"No package was made: {error}.", file=sys.stderr)
        return 2
    with zipfile.ZipFile(given.output, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("manifest.json", json.dumps(told, indent=2, ensure_ascii=False))
        for icon in _ICONS:
            package.write(_HERE / icon, icon)
    print(f"{given.output} is ready: upload it in the Teams admin center, “Manage apps”.")
    return 0


def _publisher(given: argparse.Namespace) -> Publisher:
    website = given.website or given.public_url
    return Publisher(
        name=given.publisher,
        website=website,
        privacy=given.privacy_url or website,
        terms=given.terms_url or website,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m manifest", description=__doc__)
    parser.add_argument("--app-id", required=True, help="Application (client) ID of the Entra app")
    parser.add_argument("--public-url", required=True, help="MAILROOM_PUBLIC_URL of the bot")
    parser.add_argument("--publisher", default="Mailroom", help="who runs it, up to 32 letters")
    parser.add_argument("--website", default="", help="default: the public URL")
    parser.add_argument("--privacy-url", default="", help="default: the website")
    parser.add_argument("--terms-url", default="", help="default: the website")
    parser.add_argument("--output", type=Path, default=Path("mailroom-teams.zip"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
