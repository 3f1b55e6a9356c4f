"""Fixtures of the flows through the sandbox."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.flows.graph_scene import SandboxProcess, Scene, scene_of


@pytest.fixture(scope="session")
def graph_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for all flows through Graph; its clock stands still."""
    sandbox = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    assert sandbox.stop() == 0, sandbox.log.read_text()
    assert sandbox.log.read_text() == ""


@pytest.fixture
async def scene(graph_sandbox: SandboxProcess) -> AsyncIterator[Scene]:
    """A flow's own scene in the common sandbox."""
    async with scene_of(graph_sandbox) as scene:
        yield scene
        assert await scene.journal("sandbox.error") == []
