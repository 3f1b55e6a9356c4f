"""Microsoft Teams: the only package that knows botbuilder. Its objects never leave it."""
