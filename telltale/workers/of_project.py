"""A project's records, decoded again by the workers it names."""

from collections.abc import Callable
from functools import partial

from telltale.contract import ConfigError
from telltale.engine.stages import Tell
from telltale.lake import Redecoded
from telltale.workbench.project import Project
from telltale.workers.job import Workers
from telltale.workers.redecode import Decoder, redecode_on


def on_spark(project: Project, *, tell: Tell | None = None) -> Callable[..., Redecoded]:
    """`telltale.lake.redecode.redecode` of this project by the workers of its Spark: it takes the same stretch.

    Args:
        project: whose records.
        tell: shown a line of how far Spark is, in place of the one before; empty when there is none any more.

    Raises:
        ConfigError: there is no Spark set, its workers could not reach the lake, or it cannot be opened.
        SparkLost: nothing answers there.
    """
    chosen = project.settings.engine
    if not chosen.spark:
        raise ConfigError(
            'telltale.toml [engine] spark is not set: expected where Spark is, such as "local[2]" or '
            '"sc://127.0.0.1:15002"; see docs/spark.md'
        )
    folder = project.lake.root.folder
    if folder is None:
        raise ConfigError(
            f"telltale.toml [paths] lake_root: workers decode a lake in a folder only, {project.lake.root.shown} is "
            "none; decode it here, without --engine spark"
        )
    workers = Workers(chosen.spark, folder, memory=chosen.memory, tell=tell)
    return partial(redecode_on, workers, project.lake, decoder_of(project))


def decoder_of(project: Project) -> Decoder:
    """What the project's decoder is made of."""
    settings = project.settings
    return Decoder(
        project.pseudonymizer,
        lambda source: settings.source(source).options,
        tuple(settings.settle.limits),
        (settings.site.timezone, settings.site.rotation),
        {name: (site.timezone, site.rotation) for name, site in settings.sites.items()},
    )
