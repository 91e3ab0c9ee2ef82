"""The switch that any operator can set: an SSM parameter; any value but ``off`` freezes."""

from __future__ import annotations

from typing import Any


class Freeze:
    """The freeze parameter of one deployment."""

    def __init__(self, ssm: Any, parameter: str | None) -> None:
        self._ssm = ssm
        self._parameter = parameter

    def is_on(self) -> bool:
        """Return whether rotations are frozen; a parameter that is gone freezes nothing."""
        if self._parameter is None:
            return False
        try:
            value: str = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return False
        return value.strip().lower() != "off"
