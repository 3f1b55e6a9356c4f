"""A bare loop of msgraph-sdk's `send_mail.post`, one in flight, nothing durable: `sdk_loop URL
MANY`. Retries are off, its token is there already. Writes {"cpu_ms": ...} per email.
"""

import asyncio
import sys
from typing import Any

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.single_value_legacy_extended_property import (
    SingleValueLegacyExtendedProperty,
)
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import (
    SendMailPostRequestBody,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from bot.domain.delivery import OutgoingMail
from tests.bench.letters import TOKEN, letter
from tests.bench.meter import Meter

_KEY = "String {6f5b1c1e-8a57-4c39-9d3e-2b7f0e4d9a61} Name MailroomKey"


class _Token(AccessTokenProvider):
    """The same token for every request, to this machine."""

    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        """Return it."""
        return TOKEN

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """Return who may be told: only this machine is asked."""
        return AllowedHostsValidator(["127.0.0.1"])


async def main(url: str, many: int) -> None:
    """Send so many, and say what each cost."""
    no_retries = RetryHandlerOption(max_retries=0, should_retry=False)
    http = GraphClientFactory.create_with_default_middleware(
        options={RetryHandlerOption.get_key(): no_retries}
    )
    authentication = BaseBearerTokenAuthenticationProvider(_Token())
    adapter = GraphRequestAdapter(authentication, client=http)
    adapter.base_url = url
    client = GraphServiceClient(request_adapter=adapter)
    await _send(client, 200)
    meter = Meter()
    await _send(client, many)
    meter.stop()
    meter.tell(many)


async def _send(client: GraphServiceClient, many: int) -> None:
    for number in range(many):
        body = SendMailPostRequestBody(message=_message(letter(number)), save_to_sent_items=True)
        await client.me.send_mail.post(body)


def _message(mail: OutgoingMail) -> Message:
    to = EmailAddress(address=mail.to_address, name=mail.to_name)
    return Message(
        subject=mail.subject,
        body=ItemBody(content_type=BodyType.Html, content=mail.html),
        to_recipients=[Recipient(email_address=to)],
        internet_message_id=mail.message_id,
        single_value_extended_properties=[
            SingleValueLegacyExtendedProperty(id=_KEY, value=mail.key)
        ],
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
