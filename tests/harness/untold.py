"""Notifications that Graph loses, repeats or brings late: nobody promises them
(change-notifications-overview, change-notifications-delivery-webhooks).
"""

from tests.harness.cloud import Cloud

_HALF_AN_HOUR = 1800.0
# Each is drawn where the ones before did not strike; the first three do so once for certain.
_FAULTS = (
    {"kind": "drop_notification", "count": 1},
    {"kind": "duplicate_notification", "count": 1},
    {"kind": "delay_notification", "seconds": _HALF_AN_HOUR, "count": 1},
    {"kind": "drop_notification", "probability": 0.2},
    {"kind": "duplicate_notification", "probability": 0.2 / 0.8},
    {"kind": "delay_notification", "seconds": _HALF_AN_HOUR, "probability": 0.1 / 0.6},
)


async def lose_notifications(cloud: Cloud) -> None:
    """Have one of five lost from now on, one of five told twice, and one of ten half an hour
    late.
    """
    for each in _FAULTS:
        await cloud.call("POST", "/control/faults", {"match": {}, **each})
