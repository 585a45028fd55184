"""What every table of telltale.toml is built on."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of telltale.toml: frozen; unknown keys, `inf` and `nan` are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
