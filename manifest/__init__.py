"""The Teams app: its manifest, its icons and the zip that an admin uploads."""
