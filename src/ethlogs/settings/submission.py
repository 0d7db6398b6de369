"""Settings of the submitter: Spark, YARN, the driver's environment. They are not shipped to the driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ethlogs.settings.kinds import Choice, Count, KeyValue, Seconds, Text
from ethlogs.settings.option import Heading, OptionGroup, option, repeated, switch

StreamJobName = Literal["produce", "backfill"]
STREAM_JOBS: tuple[StreamJobName, ...] = get_args(StreamJobName)
"""The jobs that write a stream; both may run at a time."""


@dataclass(frozen=True)
class SparkProgram(OptionGroup):
    """The Spark to use."""

    heading: ClassVar[Heading] = "Spark"
    spark_submit: str | None = option(
        "--spark-submit", Text("PATH"), "Path to spark-submit. [default: $SPARK_HOME, PATH, pyspark]"
    )


@dataclass(frozen=True)
class SparkSettings(SparkProgram):
    """The settings of spark-submit, named as spark-submit names them."""

    heading: ClassVar[Heading] = "Spark"
    master: str | None = option(
        "--master",
        Text("URL"),
        "Spark master that runs the driver: yarn or local[*]."
        " [default: spark-defaults.conf, yarn where HADOOP_CONF_DIR is set, local[*]]",
    )
    driver_memory: str | None = option(
        "--driver-memory", Text("SIZE"), "Memory of the driver's JVM, like 1g."
    )
    conf: tuple[tuple[str, str], ...] = repeated(
        "--conf", KeyValue(), "Spark setting. Repeatable.", secret=True
    )
    properties_file: str | None = option(
        "--properties-file", Text("FILE"), "File of Spark settings. [default: conf/spark-defaults.conf]"
    )
    name: str | None = option("--name", Text(), "Name of the application. [default: ethlogs, job and topic]")


@dataclass(frozen=True)
class RunFolderOptions(OptionGroup):
    """The folder of a run's files on this machine."""

    heading: ClassVar[Heading] = "Output"
    run_dir: str | None = option(
        "--run-dir",
        Text("DIR"),
        "Folder for the runs' own folders, with report and log. [default: ~/.local/state/ethlogs/runs]",
    )


@dataclass(frozen=True)
class CleanOptions(OptionGroup):
    """The runs and archives that ``clean`` removes."""

    heading: ClassVar[Heading] = "Limits"
    older_than: int = option(
        "--older-than",
        Count(metavar="DAYS"),
        "Age in days from which runs and archives are removed.",
        default=30,
    )
    list_only: bool = switch("--list", "Show what would be removed, and remove nothing.", is_setting=False)


@dataclass(frozen=True)
class HdfsOptions(OptionGroup):
    """The folder of ethlogs on HDFS."""

    heading: ClassVar[Heading] = "YARN"
    hdfs_dir: str | None = option(
        "--hdfs-dir",
        Text("DIR"),
        "HDFS folder of runs and archives. [default: .ethlogs in your HDFS home]",
    )


@dataclass(frozen=True)
class ProxyOptions(OptionGroup):
    """The user that applications run as."""

    heading: ClassVar[Heading] = "YARN"
    proxy_user: str | None = option("--proxy-user", Text("USER"), "User to run the application as.")


@dataclass(frozen=True)
class YarnOptions(HdfsOptions, ProxyOptions):
    """The resources of an application, named as spark-submit names them; ``None`` leaves its default."""

    heading: ClassVar[Heading] = "YARN"
    livy_url: str | None = option(
        "--livy-url",
        Text("URL"),
        "URL of a Livy that submits to YARN. [default: spark-submit on this machine]",
        secret=True,
    )
    livy_ca_file: str | None = option(
        "--livy-ca-file",
        Text("FILE"),
        "CA certificates (PEM) for an https --livy-url. [default: REQUESTS_CA_BUNDLE, then certifi's]",
    )
    queue: str | None = option("--queue", Text("QUEUE"), "YARN queue. [default: Spark's setting]")
    driver_cores: int | None = option("--driver-cores", Count(min=1), "Cores of the driver's container.")
    num_executors: int | None = option(
        "--num-executors",
        Count(),
        "Number of executors. [default: none; for backfill Spark's setting, or 2]",
    )
    executor_cores: int | None = option(
        "--executor-cores",
        Count(min=1),
        "Cores of each executor: how many tasks it runs at a time. [default: Spark's setting, or 1]",
    )
    executor_memory: str | None = option(
        "--executor-memory", Text("SIZE"), "Memory of each executor's JVM, like 1g."
    )
    max_app_attempts: int | None = option(
        "--max-app-attempts",
        Count(min=1),
        "Number of times that YARN starts the driver. [default: the cluster's]",
    )
    env_archive: str | None = option(
        "--env-archive",
        Text("FILE|URL"),
        "Packed environment, here or on HDFS. [default: packed when needed, see ethlogs pack]",
    )
    submit_timeout: float | None = option(
        "--submit-timeout",
        Seconds(above=True),
        "Time to wait for a container, also with --detach, before the application is ended."
        " [default: no limit]",
    )


@dataclass(frozen=True)
class ApplicationOptions(OptionGroup):
    """The application that a command works on."""

    heading: ClassVar[Heading] = "YARN"
    application: str | None = option(
        "--application", Text("ID"), "Id of the YARN application. [default: the newest of the stream]"
    )

    job: StreamJobName | None = option(
        "--job",
        Choice(STREAM_JOBS),
        "Job of the run, where a stream has one of each. [default: the only one that runs]",
    )


@dataclass(frozen=True)
class EnvironmentOptions(OptionGroup):
    """The environment: at most one of file, prefix and name; by default the one that ethlogs brings."""

    heading: ClassVar[Heading] = "Environment"
    env_file: str | None = option(
        "--env-file",
        Text("FILE"),
        "List of the driver's packages: a conda-env.yml or requirements.txt. [default: that of ethlogs]",
    )
    env_prefix: str | None = option(
        "--env-prefix", Text("DIR"), "Folder of an environment made by conda, mamba or micromamba."
    )
    env_name: str | None = option("--env-name", Text("NAME"), "Name of a conda environment to pack.")
    glibc: str | None = option(
        "--glibc", Text("VERSION"), "Version of the cluster's glibc, where it is older than this machine's."
    )


@dataclass(frozen=True)
class ArchiveOptions(OptionGroup):
    """The place of a packed environment."""

    heading: ClassVar[Heading] = "Environment"
    output: str | None = option(
        "--output", Text("PATH"), "File or folder for the archive. [default: the cache]"
    )
    upload: str | None = option("--upload", Text("HDFS_DIR"), "HDFS folder to upload the archive to.")
    force: bool = switch("--force", "Solve and pack again, even if nothing has changed.")


@dataclass(frozen=True)
class StartOptions(OptionGroup):
    """The way in which a command starts its application."""

    heading: ClassVar[Heading] = "YARN"
    detach: bool = switch(
        "--detach", "Print the id of the YARN application, or of the run on this machine, and do not wait."
    )
    replace: bool = switch(
        "--replace", "Take the stream from another run; on YARN its application is stopped first."
    )
    dry_run: bool = switch("--dry-run", "Print the spark-submit line and run nothing.", is_setting=False)
