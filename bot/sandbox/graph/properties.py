"""Ids of extended properties: `String 0x1042` or `String {guid} Name Key`.

graph/api/resources/singlevaluelegacyextendedproperty names the forms;
singlevaluelegacyextendedproperty-get says that the name part is case-sensitive and values compare
without case. Graph answers with the id in its short form (`String 0x1a` for `String 0x001A`).
"""

import re

MESSAGE_CLASS = "String 0x1a"
INTERNET_MESSAGE_ID = "String 0x1035"
IN_REPLY_TO = "String 0x1042"
REFERENCES = "String 0x1039"
LIST_UNSUBSCRIBE = "String 0x1045"
TRANSPORT_HEADERS = "String 0x7d"
# Headers that exist as MAPI properties (MS-OXCMAIL 2.1.3.2).
OF_HEADERS = (
    ("In-Reply-To", IN_REPLY_TO),
    ("References", REFERENCES),
    ("List-Unsubscribe", LIST_UNSUBSCRIBE),
)

_TAGGED = re.compile(r"(?i)string 0x([0-9a-f]{1,4})")
_NAMED = re.compile(r"(?i)string (\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}) name (\S.*)")


def canonical(id: str) -> str:
    """Return the short form of a property id, the same for every way to write it.

    Raises:
        ValueError: not the id of a string property.
    """
    if tagged := _TAGGED.fullmatch(id):
        return f"String 0x{int(tagged.group(1), 16):x}"
    if named := _NAMED.fullmatch(id):
        return f"String {named.group(1).lower()} Name {named.group(2)}"
    raise ValueError(f"not the id of a string property: {id!r}")
