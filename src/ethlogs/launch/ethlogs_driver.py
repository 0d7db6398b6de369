"""The program that spark-submit runs; alone in its folder, since Spark puts that folder on sys.path."""

import os
import sys

from ethlogs.spark.context import begin_context

begin_context()

from ethlogs.driver.main import main  # noqa: E402 - loaded while Spark starts

status = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
# Not sys.exit: a thread may still wait for an answer that nobody needs any more.
os._exit(status)
