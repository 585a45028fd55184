"""`telltale export`: records in the formats that other programs read."""

import click

from telltale.cli.lazy import VendorGroup


@click.group(cls=VendorGroup, words="export", epilog="Example: telltale export --help")
def export() -> None:
    """Write stored records in a format that another program reads."""
