"""Every flow through the sandbox's Graph, judged by the contract derived from Microsoft's metadata.

The contract lies outside the repository: `MAILROOM_CONTRACT`, default `../shared/contract`.
"""

import importlib
import inspect
import itertools
import json
import os
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.flows import test_sandbox_delta as delta_flows
from tests.flows import test_sandbox_graph as graph_flows
from tests.flows import test_sandbox_mime as mime_flows
from tests.flows import test_sandbox_subscriptions as subscription_flows
from tests.flows.graph_scene import ROOT, Exchange, Scene

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

CONTRACT = ROOT / os.environ.get("MAILROOM_CONTRACT", "../shared/contract")


def flows() -> Iterator[Any]:
    """Every flow with every set of its parameters."""
    for module in (graph_flows, subscription_flows, delta_flows, mime_flows):
        for name, flow in vars(module).items():
            if name.startswith("test_") and inspect.iscoroutinefunction(flow):
                for number, arguments in enumerate(parameters(flow)):
                    yield pytest.param(flow, arguments, id=f"{name[5:]}-{number}")


def parameters(flow: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """What pytest would call the flow with, beside the scene."""
    sets = []
    for mark in getattr(flow, "pytestmark", []):
        names, values = mark.args
        keys = [names] if isinstance(names, str) else list(names)
        rows = [[value] if isinstance(names, str) else value for value in values]
        sets.append([dict(zip(keys, row, strict=True)) for row in rows])
    for combination in itertools.product(*sets):
        yield {key: value for row in combination for key, value in row.items()}


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    """The contract's own module."""
    if not (CONTRACT / "contract_proxy.py").is_file():
        reason = (
            f"contract not run: nothing in {os.environ.get('MAILROOM_CONTRACT', CONTRACT.name)}"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    sys.path.insert(0, str(CONTRACT))
    try:
        return importlib.import_module("contract_proxy")
    finally:
        sys.path.remove(str(CONTRACT))


@pytest.fixture(scope="module")
def contract(judge: ModuleType) -> Any:
    """The contract, loaded once."""
    return judge.Contract()


@pytest.mark.parametrize(("flow", "arguments"), list(flows()))
async def test_a_flow_keeps_to_the_contract(
    scene: Scene, judge: ModuleType, contract: Any, flow: Callable[..., Any], arguments: Any
) -> None:
    await flow(scene, **arguments)

    for exchange in scene.exchanges:
        assert violations(judge, contract, exchange) == [], exchange.request.url
    for body in scene.hook.received:
        assert contract.notification(body) == []


def test_the_judge_objects_to_what_is_wrong(judge: ModuleType, contract: Any) -> None:
    headers = {"Content-Type": "application/json"}
    request = judge.Req("GET", "/v1.0/me/messages", [], {}, None)
    wrong = json.dumps({"value": [{"id": "x", "subjet": "y"}]}).encode()

    assert contract.response(request, judge.Resp(200, headers, wrong)) != []
    assert contract.notification(b'{"value": [{"changeType": "made"}]}') != []


def violations(judge: ModuleType, contract: Any, exchange: Exchange) -> list[str]:
    """What the contract objects to. A request that it refuses must have been refused; which of the
    two looked closer does not matter.
    """
    request, response = exchange.request, exchange.response
    query = urllib.parse.parse_qsl(request.url.query.decode())
    asked = judge.Req(
        request.method, request.url.path, query, dict(request.headers), request.content
    )
    objections: list[str] = contract.request(asked)
    if objections:
        return [] if response.status_code >= 400 else objections
    answered = judge.Resp(response.status_code, dict(response.headers), response.content)
    return list(contract.response(asked, answered))
