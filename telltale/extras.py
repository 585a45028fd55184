"""What is not installed by default, by the extra of pyproject.toml that brings it, and the sentence that says so."""

EXTRAS: dict[str, frozenset[str]] = {
    "lab": frozenset(
        (
            *("anywidget", "ipykernel", "IPython", "ipywidgets", "jupyter_client", "jupyter_server", "jupyterlab"),
            *("nbclient", "nbconvert", "nbformat", "numba", "pandas", "papermill", "plotly", "scipy", "tornado"),
            *("traitlets", "voila"),
        )
    ),
    "publish": frozenset(("apprise", "xlsxwriter")),
    "backup": frozenset(("cryptography",)),
    "spark": frozenset(("google", "grpc_status", "pyspark", "zstandard")),
    "idle": frozenset(("serial", "Xlib")),
    "capture": frozenset(("scapy",)),
}
"""Modules as they are imported."""
_PACKAGE = {
    "google": "googleapis-common-protos",
    "grpc_status": "grpcio-status",
    "serial": "pyserial",
    "Xlib": "python-xlib",
}
"""What a package is called where its module has another name."""


def not_installed(module: str, *, what: str = "") -> str | None:
    """The sentence that a module is missing and which extra brings it; None where no extra does.

    Args:
        module: what could not be imported, such as `pandas.core`.
        what: its name for people; by default the package's.
    """
    top = module.partition(".")[0]
    extra = next((name for name, modules in EXTRAS.items() if top in modules), None)
    return (
        f"{what or _PACKAGE.get(top, top)} is not installed here; run: pip install 'telltale[{extra}]'"
        if extra
        else None
    )
