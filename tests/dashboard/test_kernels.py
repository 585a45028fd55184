"""A spare kernel that was taken for a page lives until the browser is there."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from jupyter_client.session import utcnow

from telltale.dashboard.kernels import CULL_S, Kernels

pytestmark = pytest.mark.filterwarnings("default")  # jupyter_client warns of its own futures


def test_an_old_spare_kernel_is_not_culled_before_its_page_connects() -> None:
    async def lives() -> list[bool]:
        kernels = Kernels()
        kernels.cull_idle_timeout = CULL_S
        kernel_id = await kernels.start_kernel()
        kernel: Any = kernels.get_kernel(kernel_id)
        kernel.last_activity, kernel.execution_state = utcnow() - timedelta(hours=1), "idle"
        found = []
        try:
            for kernels.grace_s in (float(CULL_S), 0.0):
                await kernels.cull_kernel_if_idle(kernel_id)
                found.append(kernel_id in kernels)
        finally:
            await kernels.shutdown_all(now=True)
        return found

    assert asyncio.run(lives()) == [True, False]
